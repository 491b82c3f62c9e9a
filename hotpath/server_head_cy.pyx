# cython: language_level=3, boundscheck=False, wraparound=False
"""The head of a request: the headers we heed, and what makes it unfit to be answered."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cdef enum:
    AGENT_BYTES_MAX = 512
    LENGTH_DIGITS_MAX = 18

cdef tuple TOO_LONG = (431, "head_too_long", "The request line and headers are too long.")
cdef tuple TOO_MANY = (431, "too_many_headers", "The request has too many headers.")
cdef tuple VERSION = (505, "version_unknown", "Only HTTP/1.1 and 1.0 are spoken here.")
cdef tuple HOST = (400, "host_malformed", "Exactly one Host is required.")
cdef tuple FRAMING = (400, "framing_ambiguous", "The length of the body is ambiguous.")
cdef tuple BODY = (413, "body_too_long", "The body is too long.")
cdef tuple EXPECTATION = (417, "expectation_unknown", "Only 100-continue can be expected.")


cdef class Head:
    """Collects one head after another; llhttp has checked their grammar."""

    def __init__(self, limits):
        self.size_max = limits.head_bytes_max
        self.headers_max = limits.headers_max
        self.body_size_max = limits.body_bytes_max
        self.reset()

    cdef int reset(self) except -1:
        self.size = self.length = self.headers = self.hosts = 0
        self.bad_transfer = self.has_length = self.has_transfer = False
        self.target = self.forwarded = self.expect = None
        self.agent = self.content_encoding = self.accept_encoding = self.openrtb_version = b""
        return 0

    cdef int add(self, bytes name, bytes value) except -1:
        cdef Py_ssize_t size = PyBytes_GET_SIZE(name)
        self.headers += 1
        self.size += size + PyBytes_GET_SIZE(value) + 4
        if size == 4 and same(name, b"host"):
            self.hosts += 1
        elif size == 10 and same(name, b"user-agent"):
            self.agent = clipped_agent(value)
        elif size == 14 and same(name, b"content-length"):
            self.has_length = True
            # llhttp has refused anything but digits; a longer number is too long a body anyway.
            digits = PyBytes_GET_SIZE(value)
            self.length = int(value) if digits <= LENGTH_DIGITS_MAX else self.body_size_max + 1
        elif size == 17 and same(name, b"transfer-encoding"):
            self.bad_transfer = self.has_transfer or value.strip().lower() != b"chunked"
            self.has_transfer = True
        elif size == 15 and same(name, b"accept-encoding"):
            self.accept_encoding = value
        elif size == 15 and same(name, b"x-forwarded-for"):
            self.forwarded = value if self.forwarded is None else self.forwarded + b"," + value
        elif size == 16 and same(name, b"content-encoding"):
            self.content_encoding = value
        elif size == 17 and same(name, b"x-openrtb-version"):
            self.openrtb_version = value
        elif size == 6 and same(name, b"expect"):
            self.expect = value
        return 0

    cdef tuple fault(self, object parser, bint first):
        """Return why this head is refused, as (status, code, detail), or nothing."""
        if self.size + PyBytes_GET_SIZE(self.target) > self.size_max:
            return TOO_LONG
        if self.headers > self.headers_max:
            return TOO_MANY
        if first or self.hosts == 0:
            version = parser.get_http_version()
            if version not in ("1.1", "1.0"):
                return VERSION
            self.old = version == "1.0"
        if self.hosts > 1 or (self.hosts == 0 and not self.old):
            return HOST
        if self.has_transfer and (self.has_length or self.bad_transfer or self.old):
            return FRAMING
        if self.length > self.body_size_max:
            return BODY
        if self.expect is not None and self.expect.strip().lower() != b"100-continue":
            return EXPECTATION
        if self.target.startswith(b"http://") or self.target.startswith(b"https://"):
            # A client may speak to us as to a proxy (RFC 9112, section 3.2.2).
            self.target = b"/" + self.target[8:].partition(b"/")[2]
        return None


cdef inline bint same(bytes name, bytes lower) noexcept:
    # The caller has compared the lengths; names are ASCII tokens, llhttp has seen to it.
    cdef const char *left = PyBytes_AS_STRING(name)
    cdef const char *right = PyBytes_AS_STRING(lower)
    cdef Py_ssize_t at
    for at in range(PyBytes_GET_SIZE(lower)):
        if left[at] != right[at] and (left[at] | 0x20) != right[at]:
            return False
    return True


cdef bytes clipped_agent(bytes value):
    if value.isascii():
        return value[:AGENT_BYTES_MAX]
    text = value.decode("utf-8", "replace").encode()
    return text[:AGENT_BYTES_MAX].decode("utf-8", "ignore").encode()
