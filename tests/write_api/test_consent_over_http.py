import asyncio
import json
from datetime import UTC, datetime

import pytest

from tests.hotpath.consent_strings import DAY_DS, naming_everyone, tc_string

TODAY = int(datetime.now(UTC).timestamp()) // 86_400
YES = tc_string(
    purposes=range(1, 12), vendors={21, 755}, updated_ds=(TODAY - 9) * DAY_DS, policy=5,
    disclosed={21, 25, 755},
)  # fmt: skip
LESS = tc_string(purposes={1, 7}, vendors={755}, updated_ds=(TODAY - 2) * DAY_DS)
JANE = "/v1/consent/jane%40example.com"


async def put(client, address=JANE, headers=None, **body):
    return await client.put(address, json=body, headers=headers)


async def read(client, answer, address=JANE, **query):
    token = {"X-Consistency-Token": answer.headers["x-consistency-token"]}
    shown = await client.get(address, headers=token, params=query)
    assert shown.status_code == 200, shown.text
    return shown.json()


def check_problem(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


async def test_a_string_becomes_consent(ana):
    answer = await put(ana, tc_string=YES, region="DE")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    receipt = answer.json()
    assert (receipt["id"], receipt["version"]) == ("jane@example.com", 1)
    assert (receipt["state"], receipt["recorded"]) == ("full_consent", True)
    assert receipt["reason"] is None


async def test_the_same_and_older_strings_are_silent_with_a_reason(ana):
    await put(ana, tc_string=LESS)
    again, older = await put(ana, tc_string=LESS), await put(ana, tc_string=YES)
    assert [each.json()["reason"] for each in (again, older)] == [
        "known_already",
        "older_than_known",
    ]
    assert [each.status_code for each in (again, older)] == [200, 200]
    assert older.json()["version"] == 1


async def test_withdrawal_and_revocation_narrow_what_is_read_at_once(ana):
    first = await put(ana, tc_string=YES)
    assert (await read(ana, first, purpose="3", partner="dv360"))["allowed"] is True
    second = await put(ana, tc_string=LESS)
    shown = await read(ana, second, purpose="3", partner="dv360")
    assert (shown["state"], shown["allowed"]) == ("partial_consent", False)
    assert shown["partners"]["dv360"] == ["1", "7"]
    third = await ana.post(f"{JANE}/revoke")
    assert third.json()["state"] == "no_consent"
    shown = await read(ana, third, purpose="1")
    assert (shown["state"], shown["allowed"]) == ("no_consent", False)
    assert shown["revoked_at"]
    assert not any(shown["purposes"].values())


async def test_revoking_twice_is_silent(ana):
    first, second = await ana.post(f"{JANE}/revoke"), await ana.post(f"{JANE}/revoke", json={})
    assert [each.json()["recorded"] for each in (first, second)] == [True, False]
    assert second.json()["version"] == 1


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"gpp": f"DBABMA~{YES}"}, "full_consent"),
        ({"gpp": "DBABTA~1YNN"}, "full_consent"),
        ({"gpp": "DBABTA~1YYN"}, "partial_consent"),
        ({"gpp": "DBABTA~1YNN", "region": "DE"}, "no_consent"),
        ({"gpp": "DBAA", "purposes": [1]}, "partial_consent"),
        ({"us_privacy": "1YNN", "region": "US-CA"}, "full_consent"),
        ({"us_privacy": "1---", "region": "US-CA"}, "no_consent"),
        ({"gpc": True}, "partial_consent"),
        ({"gpc": True, "region": "FR"}, "no_consent"),
        ({"purposes": ["all"], "partners": ["all"]}, "full_consent"),
        ({"purposes": [1, "analytics"], "partners": ["dv360", 21]}, "partial_consent"),
        ({"purposes": {"analytics": False}, "partners": {}}, "no_consent"),
        ({"purposes": [], "partners": []}, "no_consent"),
        ({"purposes": {"Newsletter": True}}, "partial_consent"),
        ({"tc_string": YES, "gpp": f"DBABMA~{LESS}"}, "partial_consent"),
        ({"tc_string": YES, "gpc": True}, "partial_consent"),
        ({"tc_string": YES, "purposes": []}, "no_consent"),
        ({"purposes": {"Analytics": False, "analytics": True}}, "no_consent"),
        ({"cmp": "loaded"}, "checking"),
        ({"cmp": "shown", "tc_string": YES}, "full_consent"),
        ({"tc_string": naming_everyone(1_000)}, "partial_consent"),
    ],
)
async def test_every_way_to_tell_it_leads_to_a_state(ana, body, state):
    answer = await put(ana, **body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == state
    assert (await read(ana, answer))["state"] == state


async def test_the_browsers_own_header_counts(ana):
    answer = await put(ana, tc_string=YES, headers={"Sec-GPC": "1"})
    assert answer.json()["state"] == "partial_consent"
    assert (await read(ana, answer))["partners"]["dv360"] == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"tc_string": ""}, "empty"),
        ({"tc_string": "not a string"}, "not_base64url"),
        ({"tc_string": YES[:40]}, "cut_short"),
        ({"tc_string": "C" * 20_000}, "too_long"),
        ({"tc_string": "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"}, "version_1"),
        ({"tc_string": YES.partition(".")[0]}, "disclosed_vendors_missing"),
        ({"gpp": "DBACNYA~x"}, "sections_miscounted"),
        ({"us_privacy": "1YY"}, "us_privacy_malformed"),
    ],
)
async def test_a_broken_string_is_refused_and_consents_to_nothing(ana, body, reason):
    told = check_problem(await put(ana, **body), 422, "consent_string_broken")
    assert told["details"]["reason"] == reason
    assert told["errors"][0]["pointer"] == f"/{next(iter(body))}"
    shown = await ana.get(JANE)
    assert shown.json()["state"] == "no_consent"


async def test_a_broken_string_takes_nothing_away_either(ana):
    await put(ana, tc_string=YES)
    check_problem(await put(ana, tc_string=YES[:-1] + "!"), 422, "consent_string_broken")
    assert (await put(ana, tc_string=YES)).json()["state"] == "full_consent"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"purposes": [0]}, "/purposes"),
        ({"purposes": ["a b"]}, "/purposes"),
        ({"purposes": "analytics"}, "/purposes"),
        ({"purposes": {"analytics": "yes"}}, "/purposes"),
        ({"partners": [70_000]}, "/partners"),
        ({"partners": ["p"] * 257}, "/partners"),
        ({"tc_string": 7}, "/tc_string"),
        ({"tc_string": "C" * 40_000}, "/tc_string"),
        ({"region": "Germany"}, "/region"),
        ({"region": "de"}, "/region"),
        ({"gpc": "1"}, "/gpc"),
        ({"cmp": "hidden"}, "/cmp"),
        ({"consent": True}, "/consent"),
        ({"source": "jane@example.com"}, "/source"),
    ],
)
async def test_a_wrong_field_is_named(ana, body, pointer):
    told = check_problem(await put(ana, **body), 422, "fields_wrong")
    assert [each["pointer"] for each in told["errors"]] == [pointer]


async def test_saying_nothing_is_refused(ana):
    check_problem(await put(ana), 422, "consent_signal_missing")
    check_problem(await ana.put(JANE), 422, "consent_signal_missing")


async def test_what_is_no_json_is_refused(ana):
    answer = await ana.put(JANE, content=b"{", headers={"Content-Type": "application/json"})
    check_problem(answer, 400, "json_malformed")


async def test_a_person_may_have_any_name_that_fits_an_address(ana):
    for name in ("Zoë", "日本", "a b", "+49 151", "x" * 256):
        answer = await ana.put(f"/v1/consent/{name}", json={"tc_string": YES})
        assert answer.json()["id"] == name


@pytest.mark.parametrize("name", ["x" * 257, "é" * 129, "a%00b", "a%0Ab"])
async def test_a_name_that_is_none_is_refused(ana, name):
    for answer in (
        await put(ana, f"/v1/consent/{name}", tc_string=YES),
        await ana.post(f"/v1/consent/{name}/revoke"),
        await ana.get(f"/v1/consent/{name}"),
        await ana.get(f"/v1/consent/{name}/history"),
    ):
        check_problem(answer, 422, "subject_invalid")


async def test_the_version_is_honoured_when_it_is_sent(ana):
    await put(ana, tc_string=YES)
    check_problem(await put(ana, tc_string=LESS, headers={"If-Match": '"7"'}), 412, "stale_version")
    answer = await put(ana, tc_string=LESS, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')


async def test_a_request_that_comes_twice_is_answered_once(ana):
    key = {"Idempotency-Key": "consent-1"}
    first, second = (
        await put(ana, tc_string=YES, headers=key),
        await put(ana, tc_string=YES, headers=key),
    )
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json()["version"] == first.json()["version"]
    check_problem(await put(ana, tc_string=LESS, headers=key), 422, "key_reused")


async def test_forty_browsers_at_once_leave_the_newest_standing(ana):
    strings = [
        tc_string(purposes={1, 1 + n % 11}, vendors={755}, updated_ds=(TODAY - 50 + n) * DAY_DS)
        for n in range(40)
    ]
    answers = await asyncio.gather(*(put(ana, tc_string=text) for text in strings))
    assert {each.status_code for each in answers} == {200}
    assert (await put(ana, tc_string=strings[-1])).json()["reason"] == "known_already"
    for text in strings[:-1]:
        assert (await put(ana, tc_string=text)).json()["reason"] == "older_than_known"


async def test_another_tenant_knows_nothing_of_the_person(ana, rita, world):
    await put(ana, tc_string=YES)
    await world.settled()
    shown = (await rita.get(JANE)).json()
    assert (shown["state"], shown["ref"], shown["version"]) == ("no_consent", None, 0)
    assert (await rita.get(f"{JANE}/history")).json()["items"] == []
    await rita.post(f"{JANE}/revoke")
    await world.settled()
    assert (await ana.get(JANE)).json()["state"] == "full_consent"


async def test_strangers_are_turned_away(stranger):
    check_problem(await put(stranger, tc_string=YES), 401, "unauthenticated")
    check_problem(await stranger.get(JANE), 401, "unauthenticated")


async def test_the_log_holds_neither_the_name_nor_the_string(ana, world):
    await put(ana, tc_string=YES)
    await ana.post(f"{JANE}/revoke")
    for recorded in await world.log.after(0, limit=1_000):
        said = json.dumps([recorded.stream, recorded.data.decode(), recorded.actor])
        assert "jane" not in said
        assert YES not in said
