from libc.stdint cimport int64_t, uint32_t


cdef class Batch:
    cdef unsigned char *data
    cdef Py_ssize_t room
    cdef Py_ssize_t row_start
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t count
    cdef int reserve(self, Py_ssize_t more) except -1
    cdef int open_row(self) except -1
    cdef int close_row(self) except -1
    cdef int put(self, const void *source, Py_ssize_t size) except -1
    cdef int put_text(self, const char *text, Py_ssize_t size) except -1
    cdef int put_column(self, object text) except -1
    cdef int put_i64(self, int64_t number) except -1
    cdef int put_u32(self, uint32_t number) except -1
    cdef int add_row(self, bytes row) except -1
