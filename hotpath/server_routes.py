"""Everything a worker answers besides pixels: bids, notices, and how it is doing."""

import zlib
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import msgspec

from hotpath.access import AccessBook
from hotpath.metrics import KIND_BY_NAME
from hotpath.notices import FACT_OF, Notices
from hotpath.notices import PATH as NOTICE_PATH
from hotpath.pixels import PATH as PIXEL_PATH
from hotpath.ports import Bidder
from hotpath.server_door_cy import Request
from hotpath.server_replies import NO_STORE, Replies

GZIP = 31  # zlib's wbits for a gzip wrapper
GZIP_BYTES_MIN = 1024
VERSION_CHARS_MAX = 16
VERSIONS_MAX = 64
TECHNICAL_ERROR = b"x-nbr: 1\r\n"  # OpenRTB 2.6 section 5.24
KIND_BID = KIND_BY_NAME["bid"]
BID_PATH = b"/v1/bid"


class BodyRefused(ValueError):
    """A body that cannot be read: HTTP status, code and the sentence for its sender."""


class Routes:
    """Maps a request to its answer; called by a connection for all that is not a pixel."""

    def __init__(
        self,
        *,
        replies: Replies,
        access: AccessBook,
        bidder: Bidder,
        notices: Notices,
        readiness: Callable[[], dict[str, str]],
        exposition: Callable[[], bytes],
        body_bytes_max: int,
    ) -> None:
        self._replies = replies
        self._access = access
        self._bidder = bidder
        self._notices = notices
        self._readiness = readiness
        self._exposition = exposition
        self._body_bytes_max = body_bytes_max
        self._lost: dict[bytes, bytes] = {}
        self._lost_at = b""
        self._routes: dict[bytes, tuple[bytes, Callable[[Request, bytes], None]]] = {
            BID_PATH: (b"POST", self._bid),
            b"/healthz": (b"GET", self._healthz),
            b"/readyz": (b"GET", self._readyz),
            b"/metrics": (b"GET", self._metrics),
            **{NOTICE_PATH + name.encode(): (b"GET", self._notice) for name in FACT_OF},
        }

    def __call__(self, request: Request) -> None:
        """Answer one request."""
        path, _, query = request.target.partition(b"?")
        if path == BID_PATH and request.method == b"POST":
            self._bid(request, query)
        elif path == b"*" and request.method == b"OPTIONS":
            self._options(request, b"GET, HEAD, POST, OPTIONS")
        elif path in self._routes:
            method, route = self._routes[path]
            # A HEAD must change nothing, so what writes rows does not answer it.
            heads = method == b"GET" and not path.startswith(NOTICE_PATH)
            if request.method == method or (heads and request.method == b"HEAD"):
                route(request, query)
            else:
                self._other_method(request, method + (b", HEAD" if heads else b""))
        elif path.startswith(PIXEL_PATH):
            self._other_method(request, b"GET")
        else:
            problem = self._replies.problem(404, "not_found", "There is nothing at this path.")
            request.answer(404, problem)

    def _other_method(self, request: Request, allowed: bytes) -> None:
        allowed += b", OPTIONS"
        if request.method == b"OPTIONS":
            self._options(request, allowed)
            return
        detail = f"This path answers {allowed.decode()}."
        headers = b"Allow: " + allowed + b"\r\n"
        problem = self._replies.problem(405, "method_not_allowed", detail, headers=headers)
        request.answer(405, problem)

    def _options(self, request: Request, allowed: bytes) -> None:
        request.answer(204, self._replies.build(204, headers=b"Allow: " + allowed + b"\r\n"))

    def _healthz(self, request: Request, _query: bytes) -> None:
        self._json(request, 200, {"status": "alive"})

    def _readyz(self, request: Request, _query: bytes) -> None:
        states = self._readiness()
        ready = all(
            state in {"connected", "present", "loaded", "open"} for state in states.values()
        )
        body = {"status": "ready" if ready else "not_ready", "dependencies": states}
        self._json(request, 200 if ready else 503, body)

    def _metrics(self, request: Request, _query: bytes) -> None:
        kind = b"text/plain; version=0.0.4; charset=utf-8"
        request.answer(200, self._replies.build(200, self._exposition(), kind, NO_STORE))

    def _json(self, request: Request, status: int, body: object) -> None:
        content = msgspec.json.encode(body)
        request.answer(status, self._replies.build(status, content, b"application/json", NO_STORE))

    def _notice(self, request: Request, query: bytes) -> None:
        path = request.target.partition(b"?")[0]
        self._notices.answer(request, path[len(NOTICE_PATH) :].decode(), query)

    def _bid(self, request: Request, query: bytes) -> None:
        request.kind = KIND_BID
        exchange = self._access.exchange(_key(query))
        if exchange is None:
            headers = b'WWW-Authenticate: Key realm="bid"\r\n'
            detail = "The exchange key in `k` is not known."
            request.answer(401, self._replies.problem(401, "key_unknown", detail, headers=headers))
            return
        try:
            body = self._inflated(request.body, request.content_encoding)
        except BodyRefused as refused:
            status, code, detail = refused.args
            request.answer(status, self._replies.problem(status, code, detail))
            return
        version, echo = _version(request.openrtb_version)
        answer = self._bidder.answer(body, exchange, version, request.received_ns)
        if answer.status == 400:  # noqa: PLR2004 - Bad Request
            problem = self._replies.problem(400, "not_a_bid_request", answer.reason)
            request.answer(400, problem)
            return
        response = self._bid_response(request, answer.status, answer.body, answer.headers + echo)
        request.record(
            exchange.tenant, answer.rows, answer.status, response, 204, self._lost_bid(echo)
        )

    def _lost_bid(self, echo: bytes) -> bytes:
        # Hardly ever sent and needed with every bid, so it is built once a second.
        if self._lost_at is not self._replies.date or len(self._lost) > VERSIONS_MAX:
            self._lost, self._lost_at = {}, self._replies.date
        lost = self._lost.get(echo)
        if lost is None:
            lost = self._replies.build(204, headers=TECHNICAL_ERROR + echo)
            self._lost[echo] = lost
        return lost

    def _bid_response(self, request: Request, status: int, body: bytes, headers: bytes) -> bytes:
        if len(body) > GZIP_BYTES_MIN and _takes_gzip(request.accept_encoding):
            squeezer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
            body = squeezer.compress(body) + squeezer.flush()
            headers += b"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
        return self._replies.build(status, body, b"application/json" if body else b"", headers)

    def _inflated(self, body: bytes, encoding: bytes) -> bytes:
        if not encoding:
            return body
        named = encoding.strip().lower()
        if named in {b"", b"identity"}:
            return body
        if named not in {b"gzip", b"x-gzip"}:
            raise BodyRefused(415, "encoding_unknown", "Only gzip can be inflated here.")
        inflater = zlib.decompressobj(GZIP)
        try:
            inflated = inflater.decompress(body, self._body_bytes_max + 1)
        except zlib.error:
            raise BodyRefused(400, "gzip_broken", "The body is not gzip.") from None
        if len(inflated) > self._body_bytes_max:
            raise BodyRefused(413, "body_too_long", "The inflated body is too long.")
        if not inflater.eof or inflater.unused_data:
            raise BodyRefused(400, "gzip_broken", "The body is not one whole gzip member.")
        return inflated


@lru_cache(maxsize=256)
def _key(query: bytes) -> str:
    for pair in query.split(b"&"):
        if pair.startswith(b"k="):
            return unquote_to_bytes(pair[2:]).decode("latin-1")
    return ""


@lru_cache(maxsize=256)
def _version(header: bytes) -> tuple[str, bytes]:
    """Return the version that a request names and the header that echoes it."""
    # What we echo is short and plain, whatever was sent.
    version = header.strip()[:VERSION_CHARS_MAX].decode("latin-1")
    if not (version.replace(".", "").isalnum() and version.isascii()):
        return "", b""
    return version, b"x-openrtb-version: " + version.encode() + b"\r\n"


@lru_cache(maxsize=256)
def _takes_gzip(accept_encoding: bytes) -> bool:
    for part in accept_encoding.lower().split(b","):
        name, _, weight = part.partition(b";")
        if name.strip() in {b"gzip", b"*"}:
            return weight.replace(b" ", b"").strip() not in {
                b"q=0",
                b"q=0.0",
                b"q=0.00",
                b"q=0.000",
            }
    return False
