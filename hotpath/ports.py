"""What the server asks of the rest of the hot path, and what it promises in return."""

from typing import NamedTuple, Protocol, runtime_checkable

import msgspec


class Exchange(NamedTuple):
    """Whoever holds an exchange key: the tenant it bids for and its own name in our rows."""

    tenant: str
    name: str


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A bidder's answer, sent once its rows are durable.

    `status` is 200, 204 or 400. `body` is the uncompressed response (empty with 204).
    `headers` are further header lines, each ended by CRLF, for example `x-nbr: 8` and CRLF.
    `rows` are rows from `hotpath.facts.encode_row`; the server appends them as they are, all
    into the partition of the first. Every 200 and 204 carries at least one; a 400 carries
    none and its `reason` becomes the problem's detail. `reason` is the funnel stage of a
    no-bid and empty for a bid.
    """

    status: int
    body: bytes
    headers: bytes
    rows: list[bytes]
    reason: str


@runtime_checkable
class Bidder(Protocol):
    """Answers OpenRTB requests, one at a time, without waiting for anything.

    `loaded` is true once a campaign index, even an empty one, has been loaded; `/readyz` is
    503 before that.
    """

    @property
    def loaded(self) -> bool: ...

    def answer(
        self, body: bytes, exchange: Exchange, openrtb_version: str, received_ns: int
    ) -> Answer:
        """Answer one request.

        `body` is already inflated, `openrtb_version` is the `x-openrtb-version` header or
        empty, `received_ns` is `time.monotonic_ns()` when the request's bytes arrived.
        """
        ...
