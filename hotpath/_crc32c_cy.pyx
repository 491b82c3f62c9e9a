# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled twin of `_crc32c_py`: the processor's own instruction, or a table."""

from libc.stdint cimport uint32_t


cdef extern from "_crc32c.h":
    void cx_crc32c_start()
    uint32_t cx_crc32c(const unsigned char *data, size_t size) nogil
    uint32_t cx_crc32c_by_table(const unsigned char *data, size_t size) nogil
    int cx_crc32c_in_hardware

cx_crc32c_start()
IN_HARDWARE = bool(cx_crc32c_in_hardware)


def crc32c(bytes data not None):
    """Return the CRC-32C of all bytes."""
    return cx_crc32c(data, len(data))


def crc32c_by_table(bytes data not None):
    """Return the same number by the table, which machines without the instruction use."""
    return cx_crc32c_by_table(data, len(data))
