cdef class Head:
    cdef Py_ssize_t size_max
    cdef int headers_max
    cdef Py_ssize_t body_size_max
    cdef Py_ssize_t size
    cdef Py_ssize_t length
    cdef int headers
    cdef int hosts
    cdef bint bad_transfer
    cdef bint has_length
    cdef bint has_transfer
    cdef bint old
    cdef bytes target
    cdef bytes agent
    cdef bytes forwarded
    cdef bytes content_encoding
    cdef bytes accept_encoding
    cdef bytes openrtb_version
    cdef bytes expect
    cdef int reset(self) except -1
    cdef int add(self, bytes name, bytes value) except -1
    cdef tuple fault(self, object parser, bint first)
