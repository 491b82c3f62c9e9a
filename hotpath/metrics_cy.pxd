from libc.stdint cimport int64_t


cdef enum:
    KINDS = 16
    STATUSES = 512
    BUCKETS = 18


cdef class Meters:
    cdef int64_t answered[KINDS][STATUSES]
    cdef int64_t buckets[KINDS][BUCKETS]
    cdef int64_t elapsed_ns[KINDS]
    cdef public int64_t rows_durable
    cdef public int64_t batches_durable
    cdef public int64_t batches_lost
    cdef public int64_t bytes_durable
    cdef public int64_t connections_refused
    cdef public int64_t answers_unsent
    cdef public dict rejected
    cdef void answer(self, int kind, int status, int64_t elapsed_ns) noexcept
