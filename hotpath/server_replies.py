"""HTTP responses as bytes, ready to be written; problems as RFC 9457 has them."""

import os
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus

import msgspec

GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
NO_STORE = b"Cache-Control: no-store\r\n"
_PHRASES = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
_BODYLESS = frozenset({204, 304})
_encode = msgspec.json.Encoder().encode


class FieldError(msgspec.Struct, frozen=True):
    """One bad parameter: a JSON pointer to it among the parameters, and what is wrong."""

    pointer: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a refusal (RFC 9457), with our `code` and the id of the request."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] = []


class Replies:
    """Builds responses; the Date header is renewed by `tick`, once a second."""

    def __init__(self) -> None:
        self.date = b""
        self.gif = b""
        self._starts: dict[int, bytes] = {}
        self.tick()

    def tick(self) -> None:
        """Renew the date and what is prepared with it."""
        self.date = b"Date: " + formatdate(usegmt=True).encode("ascii") + b"\r\n"
        self._starts = {}
        self.gif = self.build(200, GIF, b"image/gif", NO_STORE)

    def build(
        self, status: int, body: bytes = b"", kind: bytes = b"", headers: bytes = b""
    ) -> bytes:
        """Return a whole response; `headers` are lines that each end with CRLF."""
        start = self._starts.get(status)
        if start is None:
            start = b"HTTP/1.1 %d %b\r\n%b" % (status, _PHRASES[status], self.date)
            self._starts[status] = start
        if status in _BODYLESS:
            return start + headers + b"\r\n"
        if kind:
            headers = b"%bContent-Type: %b\r\n" % (headers, kind)
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (start, headers, len(body), body)

    def problem(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[tuple[str, str]] = (),
        headers: bytes = b"",
    ) -> bytes:
        """Return a problem; `errors` are (name, message) of each bad parameter."""
        body = Problem(
            type=f"urn:cx:problem:{code}",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            request_id=os.urandom(8).hex(),
            errors=[FieldError(f"/{name}", message) for name, message in errors],
        )
        content = _encode(body)
        return self.build(status, content, b"application/problem+json", NO_STORE + headers)

    def unavailable(self) -> bytes:
        """Return the answer to what could not be made durable."""
        return self.problem(
            503,
            "log_unavailable",
            "The log did not confirm this in time. Please send it again.",
            headers=b"Retry-After: 1\r\n",
        )
