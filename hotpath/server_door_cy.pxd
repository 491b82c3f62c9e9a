from libc.stdint cimport int64_t
from posix.time cimport clock_gettime, timespec

from hotpath.ledger_cy cimport Ledger, Sink
from hotpath.metrics_cy cimport Meters
from hotpath.pixels_cy cimport Pixels

cdef enum:
    KIND_OTHER = 15


cdef inline int64_t clock_ns(int which) noexcept nogil:
    cdef timespec moment
    clock_gettime(which, &moment)
    return <int64_t>moment.tv_sec * 1_000_000_000 + moment.tv_nsec


cdef class Door:
    cdef Ledger ledger
    cdef Pixels pixels
    cdef Meters meters
    cdef object replies
    cdef object peers
    cdef object limits
    cdef object route
    cdef readonly set connections
    cdef readonly bint stopping
    cdef readonly int64_t second
    cdef Py_ssize_t head_bytes_max
    cdef int headers_max
    cdef Py_ssize_t body_bytes_max
    cdef Py_ssize_t pipelined_max


cdef class Request:
    cdef Sink connection
    cdef Door door
    cdef Py_ssize_t number
    cdef public int kind
    cdef readonly bytes method
    cdef readonly bytes target
    cdef readonly bytes body
    cdef readonly bytes agent
    cdef readonly bytes ip
    cdef readonly bytes content_encoding
    cdef readonly bytes accept_encoding
    cdef readonly bytes openrtb_version
    cdef readonly int64_t received_ns
    cdef readonly int64_t at_us
    cdef bytes without_body(self, bytes response)
