# cython: language_level=3, boundscheck=False, wraparound=False
"""HTTP/1.1 on an asyncio protocol: strict about what comes in, in order about what goes out.

llhttp does the parsing (RFC 9112), this adds what it leaves open: exactly one Host, bounds on
head and body, time limits, answers in the order of the requests, and a way to refuse that the
sender gets to read.
"""

import logging

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from cpython.bytes cimport PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME

from hotpath.server_answers_cy cimport NOT_LAST, Answers
from hotpath.server_door_cy cimport KIND_OTHER, Door, Request, clock_ns
from hotpath.server_head_cy cimport Head

LOG = logging.getLogger("hotpath.server")

cdef enum:
    IDLE = 0  # between requests
    HEAD = 1
    BODY = 2
    REFUSED = 3  # nothing more is read
    FRAMING_FACTOR_MAX = 8


cdef class Connection(Answers):
    """One client; an asyncio protocol and, for its own parser, the taker of what was parsed."""

    def __init__(self, Door door not None):
        self.door = door
        self.last = NOT_LAST
        self.since = door.second
        self.peer_ip = b""
        self.head = Head(door.limits)

    def connection_made(self, transport):
        self.transport = transport
        peername = transport.get_extra_info("peername")
        self.peer = peername[0] if peername else ""
        self.peer_ip = self.door.peers.neighbourhood(self.peer)
        self.peer_trusted = self.door.peers.trusts(self.peer)
        self.parser = HttpRequestParser(self)
        if len(self.door.connections) >= self.door.limits.connections_max or self.door.stopping:
            self.door.meters.connections_refused += 1
            self.door.connections.add(self)
            self.refuse(503, "too_many_connections", "This worker has no room for another client.")
        self.door.connections.add(self)

    def connection_lost(self, exc):
        self.door.connections.discard(self)
        # The parser holds our methods, so it goes, or only the cycle collector could free us.
        self.parser = self.transport = self.ready = self.only = self.outgoing = None

    def eof_received(self):
        # A client that shut its sending half may still read the answers to whole requests.
        if self.state != REFUSED and self.sent < self.numbered:
            self.state = REFUSED
            self.last = self.numbered - 1
            return True
        return None

    def data_received(self, bytes received):
        if self.state == REFUSED:
            return
        self.begun_before = self.state == HEAD
        self.body_bytes_here = 0
        self.received_ns = clock_ns(CLOCK_MONOTONIC)
        self.at_us = clock_ns(CLOCK_REALTIME) // 1000
        try:
            self.parser.feed_data(received)
        except HttpParserUpgrade as upgrade:
            # We offer no other protocol and are free to go on with this one (RFC 9110, 7.8).
            if self.state != REFUSED and upgrade.args[0] < len(received):
                self.data_received(received[upgrade.args[0]:])
            return
        except HttpParserError as error:
            if self.state != REFUSED:
                self.refuse(400, "malformed_request", f"This is not HTTP/1.1: {error}.")
            return
        if self.state == HEAD:
            self.check_begun(received)
        elif self.state == BODY:
            # Framing that outweighs its content by far is an attack, not a body.
            self.fed_bytes += len(received)
            if self.fed_bytes > FRAMING_FACTOR_MAX * self.door.body_bytes_max:
                self.refuse(413, "body_too_long", "The body is too long.")
        if self.numbered - self.sent > self.door.pipelined_max:
            self.pause_reading()

    cdef int check_begun(self, bytes received) except -1:
        # llhttp keeps an unfinished header to itself, so its size is told from what was fed: all
        # of it, or what follows the last finished head, less the bodies in between.
        cdef Py_ssize_t fresh = PyBytes_GET_SIZE(received)
        if not self.begun_before:
            self.begun_bytes = 0
            fresh -= received.rfind(b"\r\n\r\n") + self.body_bytes_here
        self.begun_bytes += max(fresh, 0)
        if self.begun_bytes > self.door.head_bytes_max:
            return self.refuse(431, "head_too_long", "The request line and headers are too long.")
        return 0

    # What the parser tells.

    def on_message_begin(self):
        if self.state == REFUSED:
            return
        self.state = HEAD
        self.since = self.door.second
        self.head.reset()
        self.begun_before = False
        self.body_bytes = self.fed_bytes = 0
        self.body = None

    def on_url(self, bytes url):
        self.head.target = url if self.head.target is None else self.head.target + url

    def on_header(self, bytes name, bytes value):
        if self.state == HEAD:
            self.head.add(name, value or b"")
        elif self.state == BODY:
            # Trailers have no use here, and proxies disagree about them.
            self.refuse(400, "trailer_refused", "Headers after a chunked body are not taken.")

    def on_headers_complete(self):
        if self.state != HEAD:
            return
        fault = self.head.fault(self.parser, self.numbered == 0)
        if fault is not None:
            self.refuse(fault[0], fault[1], fault[2])
            return
        self.old = self.head.old
        self.state = BODY
        self.since = self.door.second
        # An answer that is still due would be mistaken for the 100, so then it is not said.
        if self.head.expect is not None and self.sent == self.numbered and not self.old:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, bytes part):
        if self.state != BODY:
            return
        self.body_bytes += PyBytes_GET_SIZE(part)
        self.body_bytes_here += PyBytes_GET_SIZE(part)
        if self.body_bytes > self.door.body_bytes_max:
            self.refuse(413, "body_too_long", "The body is too long.")
        elif self.body is None:
            self.body = [part]
        else:
            self.body.append(part)

    def on_message_complete(self):
        if self.state == BODY:
            self.state = IDLE
            self.since = self.door.second
            self.take()

    cdef int take(self) except -1:
        cdef Py_ssize_t number = self.numbered
        cdef bytes ip = self.peer_ip
        cdef Request request
        self.numbered += 1
        if not self.parser.should_keep_alive() or self.door.stopping:
            self.last = number
            self.state = REFUSED
        if self.peer_trusted and self.head.forwarded is not None:
            forwarded = self.head.forwarded.decode("latin-1")
            ip = self.door.peers.neighbourhood(self.peer, forwarded)
        method = self.parser.get_method()
        try:
            if method == b"GET" and self.head.target.startswith(b"/api/pixel/"):
                return self.door.pixels.take(
                    self, number, self.head.target, self.head.agent, ip,
                    self.received_ns, self.at_us,
                )
            request = Request.__new__(Request)
            request.connection = self
            request.door = self.door
            request.number = number
            request.kind = KIND_OTHER
            request.method = method
            request.target = self.head.target
            request.body = b"".join(self.body) if self.body is not None else b""
            request.agent = self.head.agent
            request.ip = ip
            request.content_encoding = self.head.content_encoding
            request.accept_encoding = self.head.accept_encoding
            request.openrtb_version = self.head.openrtb_version
            request.received_ns = self.received_ns
            request.at_us = self.at_us
            self.door.route(request)
        except Exception:
            LOG.exception("a request could not be answered")
            self.door.meters.answer(KIND_OTHER, 500, 0)
            problem = self.door.replies.problem(500, "internal", "Something here is broken.")
            self.deliver(number, problem, False)
        return 0

    cdef int refuse(self, int status, str code, str detail) except -1:
        # Answers in its turn, and reads nothing more: what follows cannot be trusted.
        cdef Py_ssize_t number = self.numbered
        self.state = REFUSED
        self.lingers = True
        self.numbered += 1
        self.last = number
        self.since = self.door.second
        self.door.meters.answer(KIND_OTHER, status, 0)
        self.deliver(number, self.door.replies.problem(status, code, detail), False)
        return 0

    # Time.

    def check_time(self):
        """End what takes longer than its limit; called once a second."""
        cdef int64_t waited = self.door.second - self.since
        limits = self.door.limits
        if self.transport is None or self.transport.is_closing():
            return
        if self.unread_since and self.door.second - self.unread_since > limits.unread_s_max:
            self.transport.abort()
        elif self.state == HEAD and waited > limits.head_s_max:
            self.refuse(408, "head_too_slow", "The headers did not arrive in time.")
        elif self.state == BODY and waited > limits.body_s_max:
            self.refuse(408, "body_too_slow", "The body did not arrive in time.")
        elif self.sent < self.numbered:
            return
        elif self.state == IDLE and waited > limits.idle_s_max:
            self.transport.close()
        elif self.state == REFUSED and waited > limits.lingering_s_max:
            self.transport.abort()

    def abort(self):
        """Cut the connection."""
        self.transport.abort()

    def stop(self):
        """Close once the requests that were begun are answered."""
        if self.state == IDLE:
            if self.sent == self.numbered:
                self.transport.close()
            elif self.last == NOT_LAST:
                self.last = self.numbered - 1
                self.state = REFUSED
