# cython: language_level=3, boundscheck=False, wraparound=False
"""Group commit: rows gather in a lane's open batch, and an ack answers everyone in it.

A lane is one (partition, tenant). Its batch is published at the end of the event loop's round
when fewer than two are in flight, or at once when full; the ack of one publishes the next. No
timer, and nothing is answered before the ack of the batch that holds its row.
"""

import msgspec
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cython cimport final, freelist
from libc.stdint cimport int64_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

from hotpath._facts_cy cimport Batch
from hotpath.metrics_cy cimport Meters
from hotpath.publisher_cy cimport Link, Waiting


class Ack(msgspec.Struct):
    """JetStream's reply to a publish: `seq` when stored, `error` when not."""

    seq: int = 0
    error: msgspec.Raw | None = None


cdef Py_ssize_t FRAME_HEAD_SIZE = 8
cdef object decode_ack = msgspec.json.Decoder(Ack).decode


cdef inline int64_t now_ns() noexcept nogil:
    cdef timespec moment
    clock_gettime(CLOCK_MONOTONIC, &moment)
    return <int64_t>moment.tv_sec * 1_000_000_000 + moment.tv_nsec


cdef class Sink:
    """Whoever takes answers by number: a connection.

    `more` says that another answer for the same sink follows at once, so one write will do.
    """

    cdef int deliver(self, Py_ssize_t number, bytes response, bint more) except -1:
        raise NotImplementedError

    cdef int unavailable(self, Py_ssize_t number, bint more) except -1:
        raise NotImplementedError


@final
@freelist(1024)
cdef class Waiter:
    """One answer that waits: `response` once durable, `fallback` (or a 503) when lost."""


@final
cdef class Sent(Waiting):
    """A published batch and everyone in it."""

    cpdef answered(self, bytes body):
        try:
            ack = decode_ack(body)
            durable = ack.seq > 0 and ack.error is None
        except msgspec.DecodeError:
            durable = False
        self.lane.settled(self, durable)

    cpdef lost(self, str why):
        self.lane.settled(self, False)


@final
cdef class Lane:
    """The open batch of one (partition, tenant), and what is in flight."""

    cdef int enlist(self, Waiter waiter) except -1:
        # The row is already in the batch; the waiter hears when that batch is settled.
        self.waiters.append(waiter)
        if self.batch.size >= self.ledger.batch_bytes_max:
            return self.publish()
        # With enough in flight the next ack publishes, so there is nothing to schedule.
        if not self.dirty and self.in_flight < self.ledger.in_flight_max:
            self.dirty = True
            self.ledger.dirty.append(self)
            if not self.ledger.flushing:
                self.ledger.flushing = True
                self.ledger.loop.call_soon(self.ledger.flush)
        return 0

    cdef int publish(self) except -1:
        cdef Sent sent = Sent.__new__(Sent)
        sent.lane = self
        sent.size = self.batch.size
        sent.count = self.batch.count
        sent.waiters = self.waiters
        self.waiters = []
        self.in_flight += 1
        self.unacknowledged += sent.size
        payload = self.batch.take()
        if self.ledger.link is None:
            self.settled(sent, False)
        else:
            self.ledger.link.publish(self.subject, payload, sent)
        return 0

    cdef int settled(self, Sent sent, bint durable) except -1:
        cdef Meters meters = self.ledger.meters
        cdef Waiter waiter
        cdef int64_t now
        cdef Py_ssize_t index
        self.in_flight -= 1
        self.unacknowledged -= sent.size
        if self.batch.count and self.in_flight < self.ledger.in_flight_max:
            # The log works on the next batch while we answer this one.
            self.publish()
        if not durable:
            meters.batches_lost += 1
            return self.ledger.fail(sent.waiters)
        meters.batches_durable += 1
        meters.rows_durable += sent.count
        meters.bytes_durable += sent.size
        now = now_ns()
        for index in range(len(sent.waiters)):
            waiter = <Waiter>sent.waiters[index]
            meters.answer(waiter.kind, waiter.status, now - waiter.received_ns)
            waiter.sink.deliver(waiter.number, waiter.response, more(sent.waiters, index))
        return 0


cdef class Ledger:
    """All lanes of a worker; declines rows while no log is attached."""

    def __init__(self, loop, limits, meters, *, int partitions):
        self.loop = loop
        self.meters = meters
        self.partitions = partitions
        self.batch_bytes_max = limits.batch_bytes_max
        self.lane_bytes_max = limits.lane_bytes_max
        self.in_flight_max = limits.batches_in_flight_max
        self.lanes = {}
        self.dirty = []

    @property
    def attached(self):
        """Whether rows are taken."""
        return self.link is not None

    @property
    def waiting(self):
        """How many answers wait in open batches."""
        return sum(len((<Lane>lane).waiters) for lane in self.lanes.values())

    @property
    def in_flight(self):
        """How many batches are published and not yet acknowledged."""
        return sum((<Lane>lane).in_flight for lane in self.lanes.values())

    def attach(self, Link link not None):
        """Publish to this link from now on."""
        self.link = link

    def detach(self):
        """Decline rows, and fail those that wait unpublished."""
        cdef Lane lane
        self.link = None
        for lane in self.lanes.values():
            waiters, lane.waiters = lane.waiters, []
            lane.batch.take()
            self.fail(waiters)

    def flush(self):
        """Publish every lane that has rows and room in flight."""
        cdef Lane lane
        dirty, self.dirty = self.dirty, []
        self.flushing = False
        for lane in dirty:
            lane.dirty = False
            if lane.batch.count and lane.in_flight < self.in_flight_max:
                lane.publish()

    cdef Lane open_lane(self, str tenant, unsigned char first_byte):
        # The partition follows from the event id, so that a repeat meets its original.
        cdef int partition = first_byte % self.partitions
        cdef Lane lane
        if self.link is None:
            return None
        lane = self.lanes.get((tenant, partition))
        if lane is None:
            lane = Lane.__new__(Lane)
            lane.ledger = self
            lane.subject = f"facts.{partition:02d}.{tenant}".encode("ascii")
            lane.batch = Batch()
            lane.waiters = []
            self.lanes[tenant, partition] = lane
        if lane.unacknowledged + lane.batch.size > self.lane_bytes_max:
            return None
        return lane

    cdef int fail(self, list waiters) except -1:
        cdef Waiter waiter
        cdef int64_t now = now_ns()
        cdef Py_ssize_t index
        cdef bint again
        for index in range(len(waiters)):
            waiter = <Waiter>waiters[index]
            again = more(waiters, index)
            if waiter.fallback is None:
                self.meters.answer(waiter.kind, 503, now - waiter.received_ns)
                waiter.sink.unavailable(waiter.number, again)
            else:
                self.meters.answer(waiter.kind, waiter.fallback_status, now - waiter.received_ns)
                waiter.sink.deliver(waiter.number, waiter.fallback, again)
        return 0


cdef inline bint more(list waiters, Py_ssize_t index):
    # Pipelined requests stand side by side, since they arrived in one piece.
    if index + 1 >= len(waiters):
        return False
    return (<Waiter>waiters[index + 1]).sink is (<Waiter>waiters[index]).sink


cdef int record(Ledger ledger, str tenant, list rows, Waiter waiter) except -1:
    """Append encoded rows to the lane of the first; the waiter is told once they are durable."""
    cdef bytes row = rows[0]
    cdef Lane lane = ledger.open_lane(tenant, PyBytes_AS_STRING(row)[0])
    cdef Py_ssize_t size = 0
    for row in rows:
        size += PyBytes_GET_SIZE(row) + FRAME_HEAD_SIZE
    if lane is None or size > ledger.batch_bytes_max:
        return ledger.fail([waiter])
    if lane.batch.count and lane.batch.size + size > ledger.batch_bytes_max:
        # All rows of one answer travel in one message, which the log keeps whole or not at all.
        lane.publish()
    for row in rows:
        lane.batch.add_row(row)
    return lane.enlist(waiter)
