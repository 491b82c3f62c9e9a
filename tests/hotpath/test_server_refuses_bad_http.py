"""Requests that are broken, hostile or slow, and clients that behave oddly."""

import socket
import time

import pytest

from hotpath.limits import Limits
from tests.hotpath.wire import EXCHANGE_KEY, RunningWorker, Wire, ask, get, request, until

pytestmark = pytest.mark.engines
PIXEL = "/api/pixel/visit?playerId=p&bannerTag=t"
BID = f"/v1/bid?k={EXCHANGE_KEY}"
OK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def hot(nats_url):
    with RunningWorker(nats_url) as worker:
        yield worker.ready()


@pytest.fixture(scope="module")
def hasty(nats_url):
    limits = Limits(head_s_max=1, body_s_max=1, idle_s_max=2, lingering_s_max=1, unread_s_max=1)
    with RunningWorker(nats_url, limits=limits) as worker:
        yield worker.ready()


def told(hot, text):
    """Send one request; return its status and whether the connection was closed after it."""
    with Wire(hot.port) as wire:
        answer = wire.send(text).response()
        return answer.status, answer.headers.get("connection") == "close" and wire.closed()


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_strict_http_is_refused_and_closed(hot, text):
    assert told(hot, text) == (400, True)


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
        b"Content-Length: 5, 5\r\n\r\nabcde",
        b"Content-Length: +5\r\n\r\nabcde",
        b"Content-Length: -5\r\n\r\nabcde",
        b"Content-Length: 0x5\r\n\r\nabcde",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5;\r\nabcde\r\nG\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\nHost: trailer\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n",
    ],
)
def test_no_second_request_is_smuggled_past_the_framing(hot, framing):
    with Wire(hot.port) as wire:
        head = b"POST " + BID.encode() + b" HTTP/1.1\r\nHost: x\r\n"
        wire.send(head + framing + SMUGGLED)
        assert wire.response().status == 400
        assert wire.closed()


def test_chunked_in_http_1_0_is_refused(hot):
    text = b"POST /v1/bid HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert told(hot, text) == (400, True)


@pytest.mark.parametrize("version", ["0.9", "2.0", "1.2", "9.9"])
def test_other_versions_are_refused(hot, version):
    status, closed = told(hot, f"GET / HTTP/{version}\r\nHost: x\r\n\r\n".encode())
    assert status in {400, 505}
    assert closed


def test_a_flood_of_headers_is_refused(hot):
    assert told(hot, request("/healthz", headers=[f"X-{n}: 1" for n in range(101)])) == (431, True)


@pytest.mark.parametrize(
    "text",
    [
        request("/healthz", headers=["X: " + "x" * 17_000]),
        request("/healthz?" + "x" * 17_000),
        b"GET /" + b"x" * 40_000,
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 40_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"x" * 900 + b"\r\nY: " + b"y" * 16_000,
    ],
)
def test_a_head_beyond_16_kib_is_refused(hot, text):
    assert told(hot, text) == (431, True)


def test_a_hundred_headers_within_16_kib_are_fine(hot):
    headers = [f"X-{n}: {'x' * 100}" for n in range(99)]
    assert get(hot.port, "/healthz", headers=headers).status == 200


def test_a_head_in_single_bytes_is_fine(hot):
    with Wire(hot.port) as wire:
        for byte in request(PIXEL, headers=["X-Empty:", "User-Agent: slow"]):
            wire.send(bytes([byte]))
        assert wire.response().status == 200


def test_a_body_beyond_1_mib_is_refused_before_it_is_read(hot):
    with Wire(hot.port) as wire:
        wire.send(f"POST {BID} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n".encode())
        assert wire.response().status == 413


def test_a_sender_of_2_mb_gets_to_read_the_refusal(hot):
    status, closed = told(hot, request(BID, "POST", body=b"x" * 2_000_000))
    assert (status, closed) == (413, True)


def test_a_chunked_body_beyond_1_mib_is_refused(hot):
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    head = f"POST {BID} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert told(hot, head + chunk * 40)[0] == 413


def test_a_chunked_body_is_put_together(hot):
    with Wire(hot.port) as wire:
        wire.send(f"POST {BID} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        wire.send(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        assert wire.response().body == b"abcde"


def test_one_hundred_continue_is_said_before_the_body(hot):
    with Wire(hot.port) as wire:
        head = (
            f"POST {BID} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert wire.send(head.encode()).response().status == 100
        assert wire.send(b"{}").response().body == b"{}"


def test_other_expectations_are_refused(hot):
    assert told(hot, request("/healthz", headers=["Expect: cake"])) == (417, True)


@pytest.mark.parametrize(
    "begun", [b"", b"GET /healthz HT", b"POST /v1/bid HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"]
)
def test_half_a_request_does_not_wait_for_ever(hasty, begun):
    with Wire(hasty.port) as wire:
        answer = wire.send(begun).response()
        if begun:
            assert answer.status == 408
        assert wire.closed()


def test_a_body_that_never_ends_does_not_wait_for_ever(hasty):
    with Wire(hasty.port) as wire:
        wire.send(b"POST /v1/bid HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
        assert wire.response().status == 408
        assert wire.closed()


def test_dripping_headers_do_not_buy_time(hasty):
    with Wire(hasty.port) as wire:
        wire.socket.settimeout(0.05)
        started = time.monotonic()
        wire.send(b"GET / HTTP/1.1\r\n")
        said = b""
        while not said:
            assert time.monotonic() - started < 10
            wire.send(b"X: 1\r\n")
            try:
                said = wire.socket.recv(65_536)
            except TimeoutError:
                continue
        assert said.startswith(b"HTTP/1.1 408 ")


def test_a_busy_connection_is_not_idle(hasty):
    with Wire(hasty.port) as wire:
        until_s = time.monotonic() + 4
        while time.monotonic() < until_s:
            assert wire.send(OK).response().status == 200
            time.sleep(0.2)


def test_pipelined_requests_are_answered_in_order(hot):
    # The pixel waits for the log, so what comes after it is ready first.
    bodies = [str(n).encode() for n in range(50)]
    texts = [request(BID, "POST", body=body) for body in bodies]
    with Wire(hot.port) as wire:
        wire.send(request(PIXEL) + OK + b"".join(texts) + request("/nowhere") + request(PIXEL))
        assert wire.response().headers["content-type"] == "image/gif"
        assert wire.response().body == b'{"status":"alive"}'
        assert [wire.response().body for _ in bodies] == bodies
        assert wire.response().status == 404
        assert len(wire.response().body) == 43


def test_an_answer_is_not_held_back_by_a_later_one(hot):
    # Both pixels share a batch, but the second must wait for the bid between them.
    with Wire(hot.port) as wire:
        other = request("/api/pixel/visit?playerId=p&bannerTag=t&e=other")
        bid = request(BID, "POST", body=b"between")
        wire.send(request(PIXEL) + bid + other)
        assert len(wire.response().body) == 43
        assert wire.response().body == b"between"
        assert len(wire.response().body) == 43


def test_requests_before_a_broken_one_are_still_answered(hot):
    with Wire(hot.port) as wire:
        wire.send(request(PIXEL) + OK + b"broken\r\n\r\n" + OK)
        assert [wire.response().status for _ in range(3)] == [200, 200, 400]
        assert wire.closed()


def test_nothing_is_read_after_connection_close(hot):
    with Wire(hot.port) as wire:
        wire.send(request(PIXEL, headers=["Connection: close"]) + OK)
        assert wire.response().headers["connection"] == "close"
        assert wire.closed()


def test_http_1_0_closes_unless_asked_to_stay(hot):
    with Wire(hot.port) as wire:
        wire.send(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert wire.response().headers["connection"] == "keep-alive"
        wire.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert wire.response().headers["connection"] == "close"
        assert wire.closed()


def test_a_half_closed_client_still_gets_its_answers(hot):
    with Wire(hot.port) as wire:
        wire.send(request(PIXEL) * 3)
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.response().status for _ in range(3)] == [200, 200, 200]
        assert wire.closed()


def test_half_a_request_and_then_silence_is_closed(hot):
    with Wire(hot.port) as wire:
        wire.send(b"GET /healthz HT")
        wire.socket.shutdown(socket.SHUT_WR)
        assert wire.closed()


def test_a_client_that_never_reads_is_cut_off(hasty):
    with Wire(hasty.port) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        until(lambda: hasty.worker.door.open_connections == 1, "only this one is connected")
        wire.socket.settimeout(0.2)
        big = request(BID, "POST", body=b"x" * 100_000)
        with pytest.raises((TimeoutError, ConnectionError)):
            wire.send(big * 400)
        until(lambda: hasty.worker.door.open_connections == 0, "the reader is cut off")


def test_thousands_of_pipelined_requests_all_get_answers(hot):
    with Wire(hot.port) as wire:
        wire.send(request(PIXEL) * 3_000)
        assert {wire.response().status for _ in range(3_000)} == {200}


def test_an_upgrade_is_ignored(hot):
    with Wire(hot.port) as wire:
        wire.send(request("/healthz", headers=["Connection: Upgrade", "Upgrade: h2c"]) + OK)
        assert [wire.response().status for _ in range(2)] == [200, 200]


def test_too_many_connections_are_told_so(nats_url):
    with RunningWorker(nats_url, limits=Limits(connections_max=2)) as small:
        small.ready()
        until(lambda: small.worker.door.open_connections == 0, "earlier connections are gone")
        with Wire(small.port) as one, Wire(small.port) as two:
            one.send(OK).response()
            two.send(OK).response()
            with Wire(small.port) as three:
                assert three.response().status == 503
                assert three.closed()
            assert one.send(OK).response().status == 200


def test_a_request_as_to_a_proxy_is_understood(hot):
    answer = ask(hot.port, f"GET http://x{PIXEL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.status == 200


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        ("/", "GET", 404),
        ("/healthz/", "GET", 404),
        ("/healthz", "POST", 405),
        ("/v1/bid", "GET", 405),
        ("/v1/n/win", "POST", 405),
        ("*", "OPTIONS", 204),
        ("/v1/bid", "OPTIONS", 204),
        ("x:443", "CONNECT", 404),
    ],
)
def test_other_paths_and_methods_say_so(hot, target, method, status):
    assert get(hot.port, target, method=method).status == status


def test_head_has_no_body(hot):
    with Wire(hot.port) as wire:
        answer = wire.send(request("/healthz", "HEAD") + OK).response(bodyless=True)
        assert (answer.status, answer.headers["content-length"]) == (200, "18")
        assert wire.response().body == b'{"status":"alive"}'


def test_stopping_answers_what_was_begun_and_takes_no_more(nats_url):
    with RunningWorker(nats_url) as hot:
        hot.ready()
        with Wire(hot.port) as idle, Wire(hot.port) as busy:
            idle.send(OK).response()
            busy.send(b"GET /healthz HTTP/1.1\r\nHos")
            until(lambda: hot.worker.door.open_connections == 2, "both are connected")
            hot.ask_to_stop()
            assert idle.closed()
            busy.send(b"t: x\r\n\r\n")
            assert busy.response().headers["connection"] == "close"
            assert busy.closed()
        with pytest.raises(OSError, match="refused"):
            Wire(hot.port)
