from libc.stdint cimport int64_t

from hotpath._facts_cy cimport Batch
from hotpath.ledger_cy cimport Ledger, Sink

cdef class Pixels:
    cdef Ledger ledger
    cdef object access
    cdef object replies

    cdef Batch scratch
    cdef int take(
        self, Sink sink, Py_ssize_t number, bytes target, bytes agent, bytes ip,
        int64_t received_ns, int64_t at_us
    ) except -1
    cdef int reject(
        self, Sink sink, Py_ssize_t number, str event, str tenant, object read, bytes agent,
        bytes ip, int64_t received_ns, int64_t at_us
    ) except -1
    cdef bytes event_id(
        self, str tenant, bytes kind, int64_t at_us, list values, int64_t micros, bytes currency
    )
