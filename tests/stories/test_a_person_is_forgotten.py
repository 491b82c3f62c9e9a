"""From HTTP to HTTP: someone is seen, asks what is known, asks to be forgotten, and is."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from tests.stories.actors import eventually, person

pytestmark = pytest.mark.engines

MARIA, JONAS, TAG = "maria@example.org", "jonas@example.org", "forgotten"


def visits(platform, player):
    url = f"{platform.credentials['hot_url']}/api/pixel/visit"
    seen = httpx.get(url, params={"playerId": player, "bannerTag": TAG})
    assert seen.status_code == 200, seen.text


def counted(client):
    today = datetime.now(UTC).date().isoformat()
    answer = client.get(
        f"/api/metrics/campaigns/{TAG}", params={"startDate": today, "endDate": today}
    )
    return answer.json()["totals"]["visit"]


def asked(client, kind, subject=MARIA):
    answer = client.post("/v1/privacy/requests", json={"subject": subject, "kind": kind})
    assert answer.status_code == 201, answer.text
    return finished(client, answer.json()["id"])


def finished(client, request):
    def ask():
        answer = client.get(f"/v1/privacy/requests/{request}")
        return answer.json() if answer.status_code == 200 else {"status": "unseen"}

    return eventually(ask, lambda shown: shown["status"] == "done", within_s=30.0)


def exported(client, shown):
    answer = client.get(shown["export"])
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_person_is_told_everything_and_then_forgotten(platform):
    with person(platform, "admin_key") as ana:
        for player in (MARIA, JONAS):
            visits(platform, player)
        for name in (MARIA, JONAS):
            assert ana.post("/v1/loyalty/members", json={"member": name}).status_code == 201
        eventually(lambda: counted(ana), lambda count: count == 2)

        told = exported(ana, asked(ana, "access"))
        assert (told[0]["subject"], told[-1]["type"]) == (MARIA, "end")
        facts = [line["row"] for line in told if line["type"] == "fact"]
        assert [(row["player"], row["banner_tag"]) for row in facts] == [(MARIA, TAG)]
        assert any(line.get("stream", "").startswith("member-") for line in told)

        shown = asked(ana, "erasure")
        counts = {step["step"]: step["counts"] for step in shown["steps"]}
        assert counts["found"] == {"visit": 1}
        assert counts["facts"] == {"rows_left": 0}
        assert shown["certificate"]["log_position"] > 0
        assert MARIA not in json.dumps(shown["certificate"])

        assert ana.get(f"/v1/loyalty/members/{MARIA}").status_code == 404
        assert ana.get(f"/v1/loyalty/members/{JONAS}").status_code == 200
        assert counted(ana) == 2
        assert ana.get("/v1/audit/verify").json()["intact"]
        again = exported(ana, asked(ana, "access"))
        assert not [line for line in again if line["type"] == "fact"]
        jonas = exported(ana, asked(ana, "access", JONAS))
        assert [line["row"]["player"] for line in jonas if line["type"] == "fact"] == [JONAS]


def test_nothing_on_the_disk_of_the_log_names_whoever_was_forgotten(platform):
    name = "petra@example.org"
    with person(platform, "admin_key") as ana:
        ana.post("/v1/loyalty/members", json={"member": name})
        ana.put(f"/v1/consent/{name}", json={"purposes": {"1": True}, "partners": {}})
        asked(ana, "erasure", name)
    kept = [
        path
        for path in platform.directory.rglob("*")
        if path.is_file() and path.suffix in {".sqlite", ".sqlite-wal", ".log", ".json"}
    ]
    assert any(path.name == "events.sqlite" for path in kept)
    assert [path.name for path in kept if name.encode() in path.read_bytes()] == []
