cdef class Waiting:
    cdef long long sent_ns
    cpdef answered(self, bytes body)
    cpdef lost(self, str why)


cdef class Link:
    cdef object transport
    cdef bytes rest
    cdef bytes inbox
    cdef bytes greeting
    cdef dict waiting
    cdef long long token
    cdef int pings
    cdef object loop
    cdef public object opened
    cdef public object closed
    cdef readonly dict info
    cdef readonly str error
    cdef readonly bint alive
    cdef int send(self, bytes subject, bytes payload, Waiting waiting) except -1
    cdef Py_ssize_t message(self, bytes buffer, Py_ssize_t line, Py_ssize_t end) except -2
    cdef int line(self, bytes line) except -1
