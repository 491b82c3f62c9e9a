# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled twin of `_facts_py`: rows are written straight into the batch they travel in."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from hotpath._facts_py import BrokenBatch

cdef extern from "_crc32c.h":
    void cx_crc32c_start()
    uint32_t cx_crc32c(const unsigned char *data, size_t size) nogil

cx_crc32c_start()

cdef Py_ssize_t ROOM_AT_FIRST = 16_384
cdef Py_ssize_t MAGIC_SIZE = 4
cdef Py_ssize_t HEAD_SIZE = 8
cdef Py_ssize_t ROW_SIZE_MAX = 65_536
cdef Py_ssize_t ID_SIZE = 16


cdef class Batch:
    """A growing batch of framed rows, ready to be published as one message."""

    def __cinit__(self):
        self.room = ROOM_AT_FIRST
        self.data = <unsigned char *>PyMem_Malloc(self.room)
        if self.data is NULL:
            raise MemoryError
        memcpy(self.data, b"CXF1", MAGIC_SIZE)
        self.size = MAGIC_SIZE

    def __dealloc__(self):
        PyMem_Free(self.data)

    def add(self, bytes row not None):
        """Frame an encoded row."""
        self.add_row(row)

    def take(self):
        """Return the batch and start an empty one."""
        taken = PyBytes_FromStringAndSize(<char *>self.data, self.size)
        self.size = MAGIC_SIZE
        self.count = 0
        return taken

    cdef int add_row(self, bytes row) except -1:
        if PyBytes_GET_SIZE(row) > ROW_SIZE_MAX:
            raise ValueError("row is too long")
        self.open_row()
        self.put(PyBytes_AS_STRING(row), PyBytes_GET_SIZE(row))
        return self.close_row()

    cdef int reserve(self, Py_ssize_t more) except -1:
        cdef Py_ssize_t room = self.room
        cdef unsigned char *grown
        if self.size + more <= room:
            return 0
        while room < self.size + more:
            room *= 2
        grown = <unsigned char *>PyMem_Realloc(self.data, room)
        if grown is NULL:
            raise MemoryError
        self.data = grown
        self.room = room
        return 0

    cdef int open_row(self) except -1:
        self.reserve(HEAD_SIZE)
        self.row_start = self.size
        self.size += HEAD_SIZE
        return 0

    cdef int close_row(self) except -1:
        cdef unsigned char *row = self.data + self.row_start + HEAD_SIZE
        cdef Py_ssize_t size = self.size - self.row_start - HEAD_SIZE
        if size > ROW_SIZE_MAX:
            self.size = self.row_start
            raise ValueError("row is too long")
        _store_u32(row - 8, <uint32_t>size)
        _store_u32(row - 4, cx_crc32c(row, size))
        self.count += 1
        return 0

    cdef int put(self, const void *source, Py_ssize_t size) except -1:
        self.reserve(size)
        memcpy(self.data + self.size, source, size)
        self.size += size
        return 0

    cdef int put_text(self, const char *text, Py_ssize_t size) except -1:
        cdef Py_ssize_t rest = size
        self.reserve(size + 10)
        while rest > 0x7F:
            self.data[self.size] = <uint8_t>(rest & 0x7F | 0x80)
            self.size += 1
            rest >>= 7
        self.data[self.size] = <uint8_t>rest
        self.size += 1
        memcpy(self.data + self.size, text, size)
        self.size += size
        return 0

    cdef int put_column(self, object text) except -1:
        cdef Py_ssize_t size
        cdef const char *utf8
        if type(text) is str:
            utf8 = PyUnicode_AsUTF8AndSize(text, &size)
            return self.put_text(utf8, size)
        if type(text) is bytes:
            return self.put_text(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
        raise TypeError("text expected, as str or bytes")

    cdef int put_i64(self, int64_t number) except -1:
        self.reserve(8)
        _store_u32(self.data + self.size, <uint32_t>(number & 0xFFFFFFFF))
        _store_u32(self.data + self.size + 4, <uint32_t>((number >> 32) & 0xFFFFFFFF))
        self.size += 8
        return 0

    cdef int put_u32(self, uint32_t number) except -1:
        self.reserve(4)
        _store_u32(self.data + self.size, number)
        self.size += 4
        return 0


cdef inline void _store_u32(unsigned char *at, uint32_t number) noexcept nogil:
    at[0] = number & 0xFF
    at[1] = (number >> 8) & 0xFF
    at[2] = (number >> 16) & 0xFF
    at[3] = (number >> 24) & 0xFF


cdef inline uint32_t _load_u32(const unsigned char *at) noexcept nogil:
    return at[0] | (<uint32_t>at[1] << 8) | (<uint32_t>at[2] << 16) | (<uint32_t>at[3] << 24)


cdef Batch _scratch = Batch()


def encode_row(
    bytes event_id not None, tenant, kind, int64_t at_us, campaign="", offer="", player="",
    banner_tag="", s="", b="", int64_t amount_micros=0, currency="",
    int64_t price_cpm_micros=0, request_id="", bid_id="", imp_id="", exchange="", reason="",
    uint32_t latency_us=0, source_ip="", user_agent="", detail=""
):
    """Return one row in RowBinary; the columns are those of `Row`, the later ones optional."""
    if PyBytes_GET_SIZE(event_id) != ID_SIZE:
        raise ValueError("event_id is not 16 bytes")
    _scratch.size = MAGIC_SIZE
    _scratch.put(PyBytes_AS_STRING(event_id), ID_SIZE)
    _scratch.put_column(tenant)
    _scratch.put_column(kind)
    _scratch.put_i64(at_us)
    _scratch.put_column(campaign)
    _scratch.put_column(offer)
    _scratch.put_column(player)
    _scratch.put_column(banner_tag)
    _scratch.put_column(s)
    _scratch.put_column(b)
    _scratch.put_i64(amount_micros)
    _scratch.put_column(currency)
    _scratch.put_i64(price_cpm_micros)
    _scratch.put_column(request_id)
    _scratch.put_column(bid_id)
    _scratch.put_column(imp_id)
    _scratch.put_column(exchange)
    _scratch.put_column(reason)
    _scratch.put_u32(latency_us)
    _scratch.put_column(source_ip)
    _scratch.put_column(user_agent)
    _scratch.put_column(detail)
    if _scratch.size - MAGIC_SIZE > ROW_SIZE_MAX:
        raise ValueError("row is too long")
    return PyBytes_FromStringAndSize(
        <char *>_scratch.data + MAGIC_SIZE, _scratch.size - MAGIC_SIZE
    )


def decode_batch(bytes batch not None):
    """Yield the rows of a batch in order; raises `BrokenBatch` before any doubtful row."""
    if batch[:MAGIC_SIZE] != b"CXF1":
        raise BrokenBatch("wrong magic", 0)
    return _rows(batch)


def _rows(bytes batch):
    cdef Py_ssize_t offset = MAGIC_SIZE, end = len(batch)
    cdef const unsigned char *at
    cdef uint32_t size
    while offset < end:
        if offset + HEAD_SIZE > end:
            raise BrokenBatch("frame head cut off", offset)
        at = <const unsigned char *>PyBytes_AS_STRING(batch) + offset
        size = _load_u32(at)
        if size > ROW_SIZE_MAX:
            raise BrokenBatch("frame too long", offset)
        if offset + HEAD_SIZE + size > end:
            raise BrokenBatch("row cut off", offset)
        if cx_crc32c(at + HEAD_SIZE, size) != _load_u32(at + 4):
            raise BrokenBatch("checksum differs", offset)
        yield PyBytes_FromStringAndSize(<char *>at + HEAD_SIZE, size)
        offset += HEAD_SIZE + size
