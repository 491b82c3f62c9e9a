# Types of the compiled door and request; the words are in `server_door_cy.pyx`.
from collections.abc import Callable

from hotpath.ledger_cy import Ledger
from hotpath.limits import Limits
from hotpath.pixels_cy import Pixels
from hotpath.server_peers import Peers
from hotpath.server_replies import Replies

class Request:
    kind: int
    method: bytes
    target: bytes
    body: bytes
    agent: bytes
    ip: bytes
    content_encoding: bytes
    accept_encoding: bytes
    openrtb_version: bytes
    received_ns: int
    at_us: int
    def answer(self, status: int, response: bytes) -> None: ...
    def record(
        self,
        tenant: str,
        rows: list[bytes],
        status: int,
        response: bytes,
        fallback_status: int = 503,
        fallback: bytes | None = None,
    ) -> None: ...
    def reject(self, reason: str) -> None: ...

class Door:
    stopping: bool
    second: int
    open_connections: int
    def __init__(
        self,
        ledger: Ledger,
        pixels: Pixels,
        replies: Replies,
        peers: Peers,
        limits: Limits,
        route: Callable[[Request], None],
    ) -> None: ...
    def tick(self) -> None: ...
    def stop(self) -> None: ...
    def abort(self) -> None: ...
