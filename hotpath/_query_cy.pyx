# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled twin of `_query_py`: one pass, and one bytes object per value."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memchr, memcmp

from hotpath._query_py import NAMES

cdef enum:
    UNKNOWN = -1
    PLAYER = 0
    BANNER = 1
    S = 2
    B = 3
    SITE = 4
    EVENT = 5
    VALUE = 6
    CURRENCY = 7


cdef int known(const char *name, Py_ssize_t size) noexcept:
    if size == 1:
        if name[0] == c"s":
            return S
        if name[0] == c"b":
            return B
        if name[0] == c"t":
            return SITE
        if name[0] == c"e":
            return EVENT
        if name[0] == c"v":
            return VALUE
    elif size == 8 and memcmp(name, b"playerId", 8) == 0:
        return PLAYER
    elif size == 9 and memcmp(name, b"bannerTag", 9) == 0:
        return BANNER
    elif size == 3 and memcmp(name, b"cur", 3) == 0:
        return CURRENCY
    return UNKNOWN


cdef inline int hex_digit(unsigned char digit) noexcept:
    if c"0" <= digit <= c"9":
        return digit - c"0"
    digit |= 0x20
    if c"a" <= digit <= c"f":
        return digit - c"a" + 10
    return -1


cdef bytes unquote(const char *raw, Py_ssize_t size):
    # Returns None for a `%` without two hex digits.
    cdef Py_ssize_t at, length = 0
    cdef int high, low
    cdef bytes out
    cdef char *to
    if memchr(raw, c"%", size) is NULL and memchr(raw, c"+", size) is NULL:
        return PyBytes_FromStringAndSize(raw, size)
    out = PyBytes_FromStringAndSize(NULL, size)
    to = PyBytes_AS_STRING(out)
    at = 0
    while at < size:
        if raw[at] == c"%":
            if at + 2 >= size:
                return None
            high = hex_digit(raw[at + 1])
            low = hex_digit(raw[at + 2])
            if high < 0 or low < 0:
                return None
            to[length] = <char>(high << 4 | low)
            at += 3
        else:
            to[length] = c" " if raw[at] == c"+" else raw[at]
            at += 1
        length += 1
    return out[:length]


cdef bint is_utf8(bytes value):
    cdef Py_ssize_t at, size = PyBytes_GET_SIZE(value)
    cdef const char *text = PyBytes_AS_STRING(value)
    for at in range(size):
        if <unsigned char>text[at] >= 0x80:
            break
    else:
        return True
    try:
        PyUnicode_DecodeUTF8(text, size, NULL)
    except UnicodeDecodeError:
        return False
    return True


cdef int known_when_unquoted(const char *raw, Py_ssize_t size):
    cdef bytes name
    if memchr(raw, c"%", size) is NULL and memchr(raw, c"+", size) is NULL:
        return known(raw, size)
    name = unquote(raw, size)
    return UNKNOWN if name is None else known(PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name))


cpdef tuple parse_query(bytes query):
    """Return the values in the order of `NAMES`, and what is wrong with them."""
    cdef list values = [None, None, None, None, None, None, None, None]
    cdef list faults = []
    cdef const char *text = PyBytes_AS_STRING(query)
    cdef const char *found
    cdef Py_ssize_t start = 0, end, equals, size = PyBytes_GET_SIZE(query)
    cdef int name, seen = 0
    cdef bytes value
    while start <= size:
        found = <const char *>memchr(text + start, c"&", size - start)
        end = size if found is NULL else found - text
        found = <const char *>memchr(text + start, c"=", end - start)
        equals = end if found is NULL else found - text
        name = known_when_unquoted(text + start, equals - start)
        if name != UNKNOWN:
            value = unquote(text + equals + 1, end - equals - 1) if equals < end else b""
            if seen & (1 << name):
                faults.append((NAMES[name], "repeated"))
            elif value is None:
                faults.append((NAMES[name], "malformed"))
            elif not is_utf8(value):
                faults.append((NAMES[name], "not_utf8"))
            elif PyBytes_GET_SIZE(value):
                values[name] = value
            seen |= 1 << name
        start = end + 1
    return values, faults
