"""What stands around a bidder: keys, gzip both ways, headers, and what cannot be made durable."""

import gzip

import pytest

from tests.hotpath.wire import EXCHANGE_KEY, SITE_KEY, RunningWorker, ask, facts, request

pytestmark = pytest.mark.engines
BID = f"/v1/bid?k={EXCHANGE_KEY}"
LONG = b'{"id":"1"}' * 400


@pytest.fixture(scope="module")
def hot(nats_url):
    with RunningWorker(nats_url) as worker:
        yield worker.ready()


def bid(hot, body, *headers, target=BID):
    return ask(hot.port, request(target, "POST", headers, body))


def test_a_bid_is_answered_with_its_rows_in_the_log(hot, nats_url):
    before = len(facts(nats_url))
    answer = bid(hot, b'{"id":"1"}')
    assert (answer.status, answer.body) == (200, b'{"id":"1"}')
    assert answer.headers["content-type"] == "application/json"
    assert [row.kind for row in facts(nats_url)[before:]] == ["bid", "bid"]


def test_no_bid_has_no_body_and_says_why(hot):
    answer = bid(hot, b"none", "x-openrtb-version: 2.6")
    assert (answer.status, answer.headers["x-nbr"]) == (204, "8")
    assert answer.headers["x-openrtb-version"] == "2.6"
    assert "content-length" not in answer.headers


def test_an_odd_version_is_not_echoed(hot):
    assert "x-openrtb-version" not in bid(hot, b"none", "x-openrtb-version: <b>").headers


@pytest.mark.parametrize("key", ["", "k=", "k=wrong", f"k={SITE_KEY}", "x=1&kk=2", "k=%ff"])
def test_without_an_exchange_key_nothing_is_bid(hot, key):
    answer = bid(hot, b"{}", target=f"/v1/bid?{key}")
    assert answer.status == 401
    assert answer.problem["code"] == "key_unknown"


def test_a_revoked_key_stops_at_once(nats_url):
    with RunningWorker(nats_url) as hot:
        assert bid(hot.ready(), b"{}").status == 200
        hot.access.replace([])
        assert bid(hot, b"{}").status == 401


def test_what_is_no_bid_request_is_a_problem(hot):
    problem = bid(hot, b"not json").problem
    assert (problem["status"], problem["detail"]) == (400, "this is not JSON")


def test_a_gzipped_request_is_inflated(hot):
    assert bid(hot, gzip.compress(LONG), "Content-Encoding: gzip").body == LONG


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "*"])
def test_a_long_response_is_gzipped_when_asked(hot, accepted):
    answer = bid(hot, LONG, f"Accept-Encoding: {accepted}")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == LONG


@pytest.mark.parametrize("accepted", ["br", "gzip;q=0", "identity"])
def test_a_response_is_plain_unless_asked(hot, accepted):
    assert bid(hot, LONG, f"Accept-Encoding: {accepted}").body == LONG


def test_a_short_response_is_not_worth_squeezing(hot):
    assert "content-encoding" not in bid(hot, b"{}", "Accept-Encoding: gzip").headers


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(bytes(64 * 1024 * 1024)), "gzip", 413),
        (b"not gzip", "gzip", 400),
        (gzip.compress(LONG)[:-4], "gzip", 400),
        (gzip.compress(LONG) + b"more", "gzip", 400),
        (LONG, "br", 415),
    ],
)
def test_a_body_that_cannot_be_inflated_is_refused(hot, body, encoding, status):
    assert bid(hot, body, f"Content-Encoding: {encoding}").status == status


def test_a_bidder_that_breaks_is_a_500_and_not_a_silence(hot, caplog):
    answer = bid(hot, b"boom")
    assert (answer.status, answer.problem["code"]) == (500, "internal")
    assert "a bidder that breaks" in caplog.text


def test_without_the_log_no_bid_is_made():
    with RunningWorker("nats://127.0.0.1:9") as hot:
        answer = bid(hot, b"{}")
        assert (answer.status, answer.headers["x-nbr"]) == (204, "1")
