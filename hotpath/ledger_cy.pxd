from libc.stdint cimport int64_t

from hotpath._facts_cy cimport Batch
from hotpath.metrics_cy cimport Meters
from hotpath.publisher_cy cimport Link, Waiting


cdef class Sink:
    cdef int deliver(self, Py_ssize_t number, bytes response, bint more) except -1
    cdef int unavailable(self, Py_ssize_t number, bint more) except -1


cdef class Waiter:
    cdef Sink sink
    cdef Py_ssize_t number
    cdef bytes response
    cdef bytes fallback
    cdef int kind
    cdef int status
    cdef int fallback_status
    cdef int64_t received_ns


cdef class Lane:
    cdef Ledger ledger
    cdef bytes subject
    cdef Batch batch
    cdef list waiters
    cdef int in_flight
    cdef Py_ssize_t unacknowledged
    cdef bint dirty
    cdef int enlist(self, Waiter waiter) except -1
    cdef int publish(self) except -1
    cdef int settled(self, Sent sent, bint durable) except -1


cdef class Sent(Waiting):
    cdef Lane lane
    cdef list waiters
    cdef Py_ssize_t size
    cdef Py_ssize_t count


cdef class Ledger:
    cdef object loop
    cdef Link link
    cdef dict lanes
    cdef list dirty
    cdef bint flushing
    cdef readonly int partitions
    cdef Py_ssize_t batch_bytes_max
    cdef Py_ssize_t lane_bytes_max
    cdef int in_flight_max
    cdef readonly Meters meters
    cdef Lane open_lane(self, str tenant, unsigned char first_byte)
    cdef int fail(self, list waiters) except -1


cdef int record(Ledger ledger, str tenant, list rows, Waiter waiter) except -1
