from libc.stdint cimport int64_t

from hotpath.ledger_cy cimport Sink
from hotpath.server_door_cy cimport Door

cdef enum:
    NOT_LAST = -1


cdef class Answers(Sink):
    cdef Door door
    cdef object transport
    cdef int64_t since
    cdef Py_ssize_t numbered
    cdef Py_ssize_t sent
    cdef Py_ssize_t last
    cdef dict ready
    cdef bytes only
    cdef list outgoing
    cdef bint old
    cdef bint lingers
    cdef bint reading_paused
    cdef int64_t unread_since
    cdef int flush(self) except -1
    cdef int send(self, bytes response) except -1
    cdef int settle(self) except -1
