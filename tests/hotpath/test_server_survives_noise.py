"""Whatever bytes arrive, in whatever pieces: the worker answers sensibly and lives on."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hotpath.wire import EXCHANGE_KEY, RunningWorker, Wire, get, request

pytestmark = pytest.mark.engines
PIXEL = request("/api/pixel/visit?playerId=p&bannerTag=t")
BID = request(f"/v1/bid?k={EXCHANGE_KEY}", "POST", ["User-Agent: x", "X-Empty:"], b"0123456789")
CHUNKED = (
    f"POST /v1/bid?k={EXCHANGE_KEY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nabc\r\n0\r\n\r\n"
).encode()
ALIVE = request("/healthz")
WHOLE = {PIXEL: 43, BID: 10, CHUNKED: 3, ALIVE: 18}
SOCKETS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def hot(nats_url):
    with RunningWorker(nats_url) as worker:
        yield worker.ready()


@SOCKETS
@given(st.lists(st.sampled_from(list(WHOLE)), min_size=1, max_size=8), st.data())
def test_requests_cut_anywhere_get_the_same_answers(hot, requests, data):
    text = b"".join(requests)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    with Wire(hot.port) as wire:
        for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
            wire.send(text[start:end])
        answers = [wire.response() for _ in requests]
    assert [answer.status for answer in answers] == [200] * len(requests)
    assert [len(answer.body) for answer in answers] == [WHOLE[one] for one in requests]


@SOCKETS
@given(st.sampled_from(list(WHOLE)), st.data())
def test_a_damaged_request_harms_nobody_else(hot, text, data):
    damaged = bytearray(text)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    with Wire(hot.port) as wire:
        wire.send(bytes(damaged))
        wire.socket.shutdown(1)
        answer = wire.response()
        assert answer is None or answer.status < 600
        assert answer is None or answer.status not in {500, 502}
    assert get(hot.port, "/healthz").status == 200


@SOCKETS
@given(st.binary(min_size=1, max_size=400))
def test_pure_noise_is_refused_or_dropped(hot, noise):
    with Wire(hot.port) as wire:
        wire.send(noise)
        wire.socket.shutdown(1)
        answer = wire.response()
        assert answer is None or answer.status in {400, 404, 431}
    assert get(hot.port, "/healthz").status == 200
