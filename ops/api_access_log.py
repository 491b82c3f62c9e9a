"""One line for each request, gathered for a moment so that many share one write."""

import asyncio
import sys
from typing import Any

import msgspec
import structlog

GATHERED_S = 0.05


class GatheredLines:
    """A logger that structlog can wrap; it writes to stderr, where the process's lines go.

    A write and flush for each line costs a fifth of a command. What is lost when the process is
    killed are the access lines of the last moment; everything else is logged at once.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def msg(self, line: str) -> None:
        """Keep the line for the next write."""
        loop = asyncio.get_running_loop()
        if not self._lines or loop is not self._loop:
            self._loop = loop
            loop.call_later(GATHERED_S, self.flush)
        self._lines.append(line)

    info = msg

    def flush(self) -> None:
        """Write what was gathered."""
        if self._lines:
            lines, self._lines = self._lines, []
            sys.stderr.write("\n".join(lines) + "\n")
            sys.stderr.flush()


def access_log(lines: GatheredLines) -> Any:  # noqa: ANN401 - structlog's own proxies
    """Return the log of requests: JSON lines with the time, like those of the process."""
    return structlog.wrap_logger(
        lines,
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.BoundLogger,
        process="api",
    )


def _json(line: dict[str, Any], **_: object) -> str:
    return msgspec.json.encode(line).decode()
