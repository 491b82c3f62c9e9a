from libc.stdint cimport int64_t

from hotpath.server_answers_cy cimport Answers
from hotpath.server_head_cy cimport Head


cdef class Connection(Answers):
    cdef object parser
    cdef str peer
    cdef bytes peer_ip
    cdef bint peer_trusted
    # The request being read.
    cdef int state
    cdef Head head
    cdef Py_ssize_t body_bytes
    cdef Py_ssize_t fed_bytes
    cdef Py_ssize_t begun_bytes
    cdef Py_ssize_t body_bytes_here
    cdef bint begun_before
    cdef list body
    cdef int64_t received_ns
    cdef int64_t at_us
    cdef int refuse(self, int status, str code, str detail) except -1
    cdef int check_begun(self, bytes received) except -1
    cdef int take(self) except -1
