# cython: language_level=3
"""One connection to a NATS server: publishes with a reply token, hands replies to who waits.

The client side of the NATS protocol (docs.nats.io, "Client Protocol"), as much of it as a
publisher to JetStream needs: INFO, CONNECT, SUB of one inbox, PUB, MSG, HMSG, PING, PONG, -ERR.
"""

import json
from time import monotonic_ns

from cpython.bytes cimport PyBytes_GET_SIZE

cdef Py_ssize_t LINE_BYTES_MAX = 65_536
cdef Py_ssize_t REPLY_BYTES_MAX = 1_048_576
cdef int PINGS_MAX = 3


cdef class Waiting:
    """Whoever waits for the reply to one message; told exactly once."""

    cpdef answered(self, bytes body):
        raise NotImplementedError

    cpdef lost(self, str why):
        raise NotImplementedError


cdef class Link:
    """An asyncio protocol; `opened` and `closed` are futures of its loop."""

    def __init__(self, loop, inbox, connect):
        self.loop = loop
        self.inbox = b"_INBOX." + inbox.encode("ascii") + b"."
        said = json.dumps(connect).encode()
        self.greeting = b"CONNECT " + said + b"\r\nSUB " + self.inbox + b"* 1\r\nPING\r\n"
        self.opened = loop.create_future()
        self.closed = loop.create_future()
        self.waiting = {}
        self.rest = b""
        self.info = {}
        self.error = ""

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        why = self.error or (str(exc) if exc else "the log closed the connection")
        self.alive = False
        self.transport = None
        waiting, self.waiting = self.waiting, {}
        for one in waiting.values():
            (<Waiting>one).lost(why)
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(why))
        if not self.closed.done():
            self.closed.set_result(why)

    def eof_received(self):
        return None

    def pause_writing(self):
        """Do nothing: lanes bound what is unacknowledged, and with it what is unwritten."""

    def resume_writing(self):
        """Do nothing, as above."""

    def data_received(self, bytes fresh):
        cdef bytes buffer = self.rest + fresh if self.rest else fresh
        cdef Py_ssize_t start = 0, end
        while True:
            end = buffer.find(b"\r\n", start)
            if end < 0:
                break
            if buffer[start:start + 4] == b"MSG " or buffer[start:start + 5] == b"HMSG ":
                end = self.message(buffer, start, end)
                if end < 0:
                    break
                start = end
            else:
                self.line(buffer[start:end])
                start = end + 2
            if self.transport is None:
                return
        self.rest = buffer[start:]
        if PyBytes_GET_SIZE(self.rest) > LINE_BYTES_MAX + REPLY_BYTES_MAX:
            self.abort("the log sent a message beyond all bounds")

    cdef Py_ssize_t message(self, bytes buffer, Py_ssize_t line, Py_ssize_t end) except -2:
        # MSG <subject> <sid> [reply] <size>, HMSG <subject> <sid> [reply] <heads> <size>
        cdef list words = buffer[line:end].split()
        cdef Py_ssize_t size = int(words[-1]), start = end + 2
        cdef bytes body
        if start + size + 2 > PyBytes_GET_SIZE(buffer):
            return -1
        if words[0] == b"HMSG":
            # A reply with headers is a status, such as 503 when nobody listens to the subject.
            body = b'{"error":{"description":"no stream takes this subject"}}'
        else:
            body = buffer[start:start + size]
        waiting = self.waiting.pop(int(words[1][len(self.inbox):]), None)
        if waiting is not None:
            (<Waiting>waiting).answered(body)
        return start + size + 2

    cdef int line(self, bytes line) except -1:
        if line.startswith(b"PING"):
            self.transport.write(b"PONG\r\n")
        elif line.startswith(b"PONG"):
            self.pings = 0
            if not self.opened.done():
                self.alive = True
                self.opened.set_result(None)
        elif line.startswith(b"INFO "):
            greeted = bool(self.info)
            self.info = json.loads(line[5:])
            if self.info.get("tls_required"):
                self.abort("the log wants TLS, which this publisher does not speak")
            elif not greeted:
                self.transport.write(self.greeting)
        elif line.startswith(b"-ERR"):
            self.error = line[4:].strip().decode("utf-8", "replace")
        return 0

    cdef int send(self, bytes subject, bytes payload, Waiting waiting) except -1:
        self.token += 1
        waiting.sent_ns = monotonic_ns()
        self.waiting[self.token] = waiting
        head = b"PUB %b %b%d %d\r\n" % (subject, self.inbox, self.token, len(payload))
        self.transport.writelines((head, payload, b"\r\n"))
        return 0

    def publish(self, subject, payload, Waiting waiting not None):
        """Send `payload` to `subject`; `waiting` hears the reply, or that it is lost."""
        if self.transport is None:
            waiting.lost("not connected")
        else:
            self.send(subject, payload, waiting)

    def expire(self, long long older_than_ns):
        """Tell everyone who waits since before this moment that no reply came."""
        late = []
        for token, one in self.waiting.items():
            if (<Waiting>one).sent_ns > older_than_ns:
                break
            late.append(token)
        for token in late:
            # Telling one may make it publish again, which changes the dictionary.
            one = self.waiting.pop(token, None)
            if one is not None:
                (<Waiting>one).lost("no acknowledgement in time")

    def ping(self):
        """Ask for a sign of life; a server that owes several is given up."""
        if self.transport is None:
            return
        self.pings += 1
        if self.pings > PINGS_MAX:
            self.abort("the log does not answer pings")
        else:
            self.transport.write(b"PING\r\n")

    def abort(self, str why):
        """Cut the connection; everyone who waits is told why."""
        self.error = why
        if self.transport is not None:
            self.transport.abort()
