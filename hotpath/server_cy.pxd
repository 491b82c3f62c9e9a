from libc.stdint cimport int64_t

from hotpath.ledger_cy cimport Sink
from hotpath.server_door_cy cimport Door
from hotpath.server_head_cy cimport Head


cdef class Connection(Sink):
    cdef Door door
    cdef object transport
    cdef object parser
    cdef str peer
    cdef bytes peer_ip
    cdef bint peer_trusted
    # The request being read.
    cdef int state
    cdef int64_t since
    cdef Head head
    cdef Py_ssize_t body_bytes
    cdef Py_ssize_t fed_bytes
    cdef Py_ssize_t begun_bytes
    cdef Py_ssize_t body_bytes_here
    cdef bint begun_before
    cdef list body
    cdef int64_t received_ns
    cdef int64_t at_us
    # Answers, in the order of their requests.
    cdef Py_ssize_t numbered
    cdef Py_ssize_t sent
    cdef Py_ssize_t last
    cdef dict ready
    cdef bytes only
    cdef list outgoing
    cdef bint lingers
    cdef bint reading_paused
    cdef int64_t unread_since
    cdef int send(self, bytes response) except -1
    cdef int settle(self) except -1
    cdef int flush(self) except -1
    cdef int refuse(self, int status, str code, str detail) except -1
    cdef int check_begun(self, bytes received) except -1
    cdef int take(self) except -1
