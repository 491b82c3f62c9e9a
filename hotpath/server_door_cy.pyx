# cython: language_level=3, boundscheck=False, wraparound=False
"""What the connections of a worker share, and the request they hand to the routes."""

from cython cimport freelist
from libc.stdint cimport int64_t
from posix.time cimport CLOCK_MONOTONIC

from hotpath.ledger_cy cimport Ledger, Waiter, record
from hotpath.pixels_cy cimport Pixels


cdef class Door:
    """What all connections of a worker share."""

    def __init__(
        self, Ledger ledger not None, Pixels pixels not None, replies, peers, limits, route
    ):
        self.ledger = ledger
        self.pixels = pixels
        self.meters = ledger.meters
        self.replies = replies
        self.peers = peers
        self.limits = limits
        self.route = route
        self.connections = set()
        self.head_bytes_max = limits.head_bytes_max
        self.headers_max = limits.headers_max
        self.second = 1
        self.body_bytes_max = limits.body_bytes_max
        self.pipelined_max = limits.pipelined_max

    @property
    def open_connections(self):
        """How many connections are open."""
        return len(self.connections)

    def tick(self):
        """Do what is due once a second: renew the date, end what takes too long."""
        self.second += 1
        self.replies.tick()
        for connection in list(self.connections):
            connection.check_time()

    def stop(self):
        """Let every connection finish what it has begun, and close."""
        self.stopping = True
        for connection in list(self.connections):
            connection.stop()

    def abort(self):
        """Cut every connection that is still open."""
        for connection in list(self.connections):
            connection.abort()


@freelist(64)
cdef class Request:
    """A whole request that is not a pixel, for the routes; answered exactly once."""

    def answer(self, int status, bytes response not None):
        """Answer at once."""
        cdef int64_t elapsed_ns = clock_ns(CLOCK_MONOTONIC) - self.received_ns
        self.door.meters.answer(self.kind, status, elapsed_ns)
        self.connection.deliver(self.number, self.without_body(response), False)

    def record(
        self, str tenant not None, list rows not None, int status, bytes response not None,
        int fallback_status=503, bytes fallback=None
    ):
        """Answer once the rows are durable; with `fallback`, or a 503, when they are lost."""
        cdef Waiter waiter = Waiter.__new__(Waiter)
        waiter.sink = self.connection
        waiter.number = self.number
        waiter.kind = self.kind
        waiter.status = status
        waiter.response = response
        waiter.fallback_status = fallback_status
        waiter.fallback = fallback
        waiter.received_ns = self.received_ns
        record(self.door.ledger, tenant, rows, waiter)

    def reject(self, str reason):
        """Count a reason under which something was refused."""
        counts = self.door.meters.rejected
        counts[reason] = counts.get(reason, 0) + 1

    cdef bytes without_body(self, bytes response):
        # An answer to HEAD has the same head (RFC 9110, section 9.3.2).
        if self.method == b"HEAD":
            return response[:response.index(b"\r\n\r\n") + 4]
        return response
