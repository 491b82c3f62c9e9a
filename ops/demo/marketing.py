"""The marketer and the approver of the story, and the campaign they bring to life."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

from ops.data_dir import Credentials
from ops.demo.wire import Reply, Wire

ADVERTISER = "Alpine Outfitters"
CURRENCY = "USD"
BID_CPM_MICROS = 10_000_000  # 10.00 a thousand
BUDGET_MICROS = 2_000_000  # 200 impressions at that price
OK, CREATED, FORBIDDEN = 200, 201, 403
LAUNCH = "launch"  # a channel of the agency's own, of which only its own rule speaks
LAUNCH_RULE = {
    "role": "manager",
    "min_approvals": 1,
    "channels": [LAUNCH],
    "creative_review": True,
}


class Unexpected(Exception):
    """The API answered otherwise than the story goes."""


class Desk:
    """One person at the API, known by their key."""

    def __init__(self, wire: Wire, keys: Credentials, key: str) -> None:
        self._wire = wire
        self._url = keys.api_url
        self._key = key

    async def read(self, path: str, *, position: int = 0) -> Any:  # noqa: ANN401 - whatever JSON the API answers
        """Return a resource as of a position; raises `Unexpected` unless it is 200."""
        headers = self._headers() | {"X-Consistency-Token": str(position)}
        reply = await self._wire.surely("GET", self._url + path, headers=headers)
        return _expected(reply, OK, path).json()

    async def send(self, path: str, body: object = None, *, status: int = OK) -> Any:  # noqa: ANN401 - likewise
        """Send a command, again until it is answered: its key makes that harmless."""
        return _expected(await self._sent("POST", path, body), status, path).json()

    async def put(self, path: str, body: object) -> None:
        """Write a resource, whatever stood there before."""
        _expected(await self._sent("PUT", path, body, {"If-Match": "*"}), OK, path)

    async def _sent(
        self, method: str, path: str, body: object, more: Mapping[str, str] | None = None
    ) -> Reply:
        headers = self._headers() | {
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "application/json",
            **(more or {}),
        }
        encoded = msgspec.json.encode({} if body is None else body)
        return await self._wire.surely(method, self._url + path, body=encoded, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"}


def brief(name: str, *, launches: bool = True) -> dict[str, object]:
    """Return a campaign with an offer for every medium and a budget of 200 impressions."""
    media = ["display", "video", "native", "audio"]
    return {
        "name": name,
        "advertiser": ADVERTISER,
        "channels": [*media, LAUNCH] if launches else media,
        "budget": {"total": _money(BUDGET_MICROS), "daily": None},
        "targeting": {"domains": {"block": ["blocked.example"]}},
        "offers": [
            _offer("leaderboard", size=[728, 90], creative_url="https://cdn.alpine.example/l.png"),
            _offer("rectangle", size=[300, 250], markup="<b>Boots, 20 % off</b>"),
            _offer("mobile", size=[320, 50], creative_url="https://cdn.alpine.example/m.png"),
            _offer("spot", size=[640, 360], creative_url="https://cdn.alpine.example/spot.mp4"),
            _offer("jingle", size=None, creative_url="https://cdn.alpine.example/jingle.mp3"),
        ],
    }


def _offer(key: str, *, size: list[int] | None, **creative: str) -> dict[str, object]:
    return {
        "id": key,
        "name": f"Spring boots, {key}",
        "size": size,
        "landing_url": "https://alpine.example/boots",
        "adomain": ["alpine.example"],
        "cat": ["IAB18"],
        "attr": [],
        "bid_cpm": _money(BID_CPM_MICROS),
        **creative,
    }


def _money(micros: int) -> dict[str, object]:
    return {"micros": micros, "currency": CURRENCY}


def _expected(reply: Reply, status: int, path: str) -> Reply:
    wanted = {status, CREATED} if status == OK else {status}
    if reply.status not in wanted:
        raise Unexpected(f"{path} was answered {reply.status}: {reply.body[:400]!r}")
    return reply
