# cython: language_level=3, boundscheck=False, wraparound=False
"""Answers of one connection: sent in the order of their requests, whatever order they come in."""

from hotpath.ledger_cy cimport Sink


cdef class Answers(Sink):
    """The sending half of a connection."""

    def pause_writing(self):
        self.unread_since = self.door.second
        self.pause_reading()

    def resume_writing(self):
        self.unread_since = 0
        self.resume_reading()

    def pause_reading(self):
        if not self.reading_paused and not self.transport.is_closing():
            self.reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self):
        if self.reading_paused and not self.transport.is_closing() and not self.unread_since:
            self.reading_paused = False
            self.transport.resume_reading()

    cdef int deliver(self, Py_ssize_t number, bytes response, bint more) except -1:
        if self.transport is None:
            return 0
        if number == self.sent:
            self.send(response)
            while self.ready:
                response = self.ready.pop(self.sent, None)
                if response is None:
                    break
                self.send(response)
        elif number > self.sent:
            if self.ready is None:
                self.ready = {}
            self.ready[number] = response
        if not more and self.only is not None:
            self.flush()
        return 0

    cdef int flush(self) except -1:
        only, self.only = self.only, None
        outgoing, self.outgoing = self.outgoing, None
        try:
            if outgoing is None:
                self.transport.write(only)
            else:
                self.transport.writelines(outgoing)
            self.settle()
        except RuntimeError:
            # The client is gone and `connection_lost` is about to say so; others are not.
            self.door.meters.answers_unsent += 1
        return 0

    cdef int unavailable(self, Py_ssize_t number, bint more) except -1:
        return self.deliver(number, self.door.replies.unavailable(), more)

    cdef int send(self, bytes response) except -1:
        cdef Py_ssize_t line
        if self.sent == self.last or self.old:
            line = response.index(b"\r\n") + 2
            said = b"close" if self.sent == self.last else b"keep-alive"
            response = b"%bConnection: %b\r\n%b" % (response[:line], said, response[line:])
        self.sent += 1
        if self.only is None:
            self.only = response
        elif self.outgoing is None:
            self.outgoing = [self.only, response]
        else:
            self.outgoing.append(response)
        return 0

    cdef int settle(self) except -1:
        if self.last != NOT_LAST and self.sent > self.last:
            if self.lingers:
                # Closing on a sender would reset the connection before it reads our answer.
                self.transport.write_eof()
                self.since = self.door.second
            else:
                self.transport.close()
        elif self.reading_paused and self.numbered - self.sent < self.door.pipelined_max // 2:
            self.resume_reading()
        return 0
