"""The people of the stories, as HTTP clients of a running installation."""

import contextlib
import time

import httpx

from tests.api_world import BRIEF

PATIENCE_S = 10.0


def person(installation, key, **headers):
    """Return a client that asks with `admin_key` or `approver_key`."""
    credentials = installation.credentials
    return httpx.Client(
        base_url=credentials["api_url"],
        headers={"Authorization": f"Bearer {credentials[key]}", **headers},
        timeout=10,
    )


def drafted(author, **changes):
    """Draft a campaign and return its id once the board shows it."""
    answer = author.post("/v1/campaigns", json={**BRIEF, **changes})
    assert answer.status_code == 201, answer.text
    return read(author, answer)["id"]


def stepped(client, campaign, *actions):
    """Take workflow steps, each of which must succeed, and return the last answer."""
    answer = None
    for action in actions:
        answer = client.post(f"/v1/campaigns/{campaign}/{action}")
        assert answer.status_code == 200, answer.text
    return answer


def read(client, answer):
    """Return the campaign as it is after `answer`."""
    token = {"X-Consistency-Token": str(answer.json()["position"])}
    shown = client.get(f"/v1/campaigns/{answer.json()['id']}", headers=token)
    assert "x-stale" not in shown.headers
    return shown.json()


def eventually(question, wanted, *, within_s=PATIENCE_S):
    """Return the first answer for which `wanted` holds; fail when none comes in time."""
    deadline = time.monotonic() + within_s
    answer = None
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            answer = question()
            if wanted(answer):
                return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s} s: {answer}")
