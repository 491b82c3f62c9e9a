"""HTTP as exchanges, browsers and marketers speak it: asked again when nobody could answer."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
import msgspec

PATIENCE_S = 25.0
ONE_ANSWER_S = 5.0
AGAIN_AFTER_S = 0.1
UNAVAILABLE = 503


class Unanswered(Exception):
    """Nobody answered, however often it was asked."""


class Reply(NamedTuple):
    """An answer: its status, headers (lower-case names) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever JSON was answered
        return msgspec.json.decode(self.body)


class Wire:
    """One session of HTTP clients."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def once(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply | None:
        """Ask once; None when the connection broke and nobody knows what became of it."""
        limit = aiohttp.ClientTimeout(total=ONE_ANSWER_S)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status, names, await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def surely(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask until somebody answers anything but 503; only for what may be repeated."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            reply = await self.once(method, url, body=body, headers=headers)
            if reply is not None and reply.status != UNAVAILABLE:
                return reply
            await asyncio.sleep(AGAIN_AFTER_S)
        raise Unanswered(f"{method} {url.partition('?')[0]} was not answered in {PATIENCE_S:.0f} s")
