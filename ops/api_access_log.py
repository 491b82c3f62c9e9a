"""One line for each request, gathered for a moment so that many share one write."""

import asyncio
import sys
from datetime import datetime

import msgspec

GATHERED_S = 0.05
# Addresses that go on with the name of a person, which no line may hold (product decision 18).
NAMING = ("/v1/consent/", "/v1/loyalty/members/")


ENCODER = msgspec.json.Encoder()


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer, with the time and the keys of the process's other lines."""

    process: str = "api"
    method: str
    route: str
    path: str
    status: int
    ms: float
    request_id: str
    event: str = "request"
    level: str = "info"
    timestamp: datetime


def nameless(path: str) -> str:
    """Return an address as it may be written down: without whatever names a person."""
    for start in NAMING:
        if path.startswith(start):
            return start + "..."
    return path


class GatheredLines:
    """Writes to stderr, where the process's lines go; each line alone would cost what ten cost.

    A write and flush for each line costs a fifth of a command. What is lost when the process is
    killed are the access lines of the last moment; everything else is logged at once.
    """

    def __init__(self) -> None:
        self._lines: list[RequestLine] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def keep(self, line: RequestLine) -> None:
        """Keep the line for the next write."""
        loop = asyncio.get_running_loop()
        if not self._lines or loop is not self._loop:
            self._loop = loop
            loop.call_later(GATHERED_S, self.flush)
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was gathered."""
        if self._lines:
            lines, self._lines = self._lines, []
            sys.stderr.write(ENCODER.encode_lines(lines).decode())
            sys.stderr.flush()
