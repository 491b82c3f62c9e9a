"""Pixels as browsers and strangers send them, to a real worker and a real log."""

import uuid

import pytest

from tests.hotpath.wire import SITE_KEY, RunningWorker, Wire, facts, get, holder, request

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def hot(nats_url):
    with RunningWorker(nats_url) as worker:
        yield worker.ready()


@pytest.fixture
def player():
    return uuid.uuid4().hex


def rows_about(nats_url, player):
    return [row for row in facts(nats_url) if row.player == player]


@pytest.mark.parametrize("event", ["visit", "registration", "deposit"])
def test_an_accepted_pixel_is_a_gif_and_a_row(hot, nats_url, player, event):
    answer = get(hot.port, f"/api/pixel/{event}?playerId={player}&bannerTag=t&s=a&b=b%20c")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.body) == 43
    assert answer.body.startswith(b"GIF89a")
    (row,) = rows_about(nats_url, player)
    assert (row.kind, row.banner_tag, row.s, row.b) == (event, "t", "a", "b c")
    assert (row.tenant, row.source_ip, row.reason) == ("acme", "127.0.0.0", "")


@pytest.mark.parametrize(
    ("amount", "micros"),
    [("12.5", 12_500_000), ("0.000001", 1), ("999999999999.999999", 999_999_999_999_999_999)],
)
def test_a_deposit_keeps_its_amount_to_the_micro(hot, nats_url, player, amount, micros):
    get(hot.port, f"/api/pixel/deposit?playerId={player}&bannerTag=t&v={amount}&cur=EUR")
    (row,) = rows_about(nats_url, player)
    assert (row.amount_micros, row.currency) == (micros, "EUR")


def test_an_amount_without_currency_is_dollars(hot, nats_url, player):
    get(hot.port, f"/api/pixel/deposit?playerId={player}&bannerTag=t&v=1")
    assert rows_about(nats_url, player)[0].currency == "USD"


def test_a_repeat_has_the_same_event_id(hot, nats_url, player):
    for _ in range(2):
        get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t")
        get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t&e=1")
    get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=other&e=1")
    get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t&s=x")
    ids = [row.event_id for row in rows_about(nats_url, player)]
    assert len(ids) == 6
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("visit?bannerTag=t", "playerId_missing"),
        ("visit?playerId=&bannerTag=t", "playerId_missing"),
        ("visit?playerId=p", "bannerTag_missing"),
        ("visit", "playerId_missing"),
        (f"visit?playerId={'x' * 10_000}&bannerTag=t", "playerId_too_long"),
        ("visit?playerId=%ff%fe&bannerTag=t", "playerId_not_utf8"),
        ("visit?playerId=%&bannerTag=t", "playerId_malformed"),
        ("visit?playerId=p&playerId=q&bannerTag=t", "playerId_repeated"),
        ("unknown?playerId=p&bannerTag=t", "event_unknown"),
        ("?playerId=p&bannerTag=t", "event_unknown"),
        ("visit/?playerId=p&bannerTag=t", "event_unknown"),
        ("visit?playerId=p&bannerTag=t&t=sk-stolen", "t_unknown"),
        ("deposit?playerId=p&bannerTag=t&v=1e3", "v_malformed"),
        ("deposit?playerId=p&bannerTag=t&v=-1", "v_malformed"),
        ("deposit?playerId=p&bannerTag=t&v=1.0000001", "v_malformed"),
        ("deposit?playerId=p&bannerTag=t&v=.5", "v_malformed"),
        ("deposit?playerId=p&bannerTag=t&v=5.", "v_malformed"),
        ("deposit?playerId=p&bannerTag=t&v=1234567890123", "v_malformed"),
        ("deposit?playerId=p&bannerTag=t&v=1&cur=euro", "cur_malformed"),
        (f"visit?playerId=p&bannerTag=t&e={'x' * 129}", "e_too_long"),
    ],
)
def test_a_broken_pixel_is_told_which_field(hot, target, code):
    answer = get(hot.port, f"/api/pixel/{target}")
    assert answer.status == 400
    problem = answer.problem
    assert problem["code"] == code
    assert problem["status"] == 400
    assert problem["errors"][0]["pointer"] == "/" + code.partition("_")[0]
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id", "errors"}


def test_all_broken_fields_are_named_at_once(hot):
    problem = get(hot.port, "/api/pixel/deposit?s=%ff&v=x").problem
    pointers = [error["pointer"] for error in problem["errors"]]
    assert pointers == ["/playerId", "/bannerTag", "/s", "/v"]


def test_raw_bytes_that_are_not_utf8_are_refused(hot):
    with Wire(hot.port) as wire:
        wire.send(b"GET /api/pixel/visit?playerId=\xff\xfe&bannerTag=t HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.response().status == 400


def test_a_broken_pixel_leaves_a_rejected_row(hot, nats_url, player):
    get(hot.port, f"/api/pixel/deposit?playerId={player}&bannerTag=t&v=x")
    (row,) = rows_about(nats_url, player)
    assert (row.kind, row.reason) == ("rejected", "v_malformed")
    assert row.detail == '{"event":"deposit","reasons":["v_malformed"]}'


def test_a_rejected_row_keeps_no_more_than_its_limits(hot, nats_url, player):
    get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag={'%C3%A9' * 200}")
    (row,) = rows_about(nats_url, player)
    assert row.reason == "bannerTag_too_long"
    assert row.banner_tag == "é" * 128


def test_the_site_key_names_the_tenant(hot, nats_url, player):
    get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t&t={SITE_KEY}")
    assert rows_about(nats_url, player)[0].tenant == "acme"


def test_with_several_tenants_the_site_key_is_required(nats_url, player):
    with RunningWorker(nats_url) as hot:
        hot.access.replace([holder("sk-1", "site"), holder("sk-2", "site", "globex")])
        hot.ready()
        told = get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t")
        assert told.problem["code"] == "t_missing"
        get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t&t=sk-2")
    assert [row.tenant for row in rows_about(nats_url, player)] == ["globex"]


def test_rows_spread_over_partitions_by_event_id(nats_url):
    players = {uuid.uuid4().hex for _ in range(40)}
    with RunningWorker(nats_url, partitions=3) as hot:
        hot.ready()
        for player in players:
            get(hot.port, f"/api/pixel/visit?playerId={player}&bannerTag=t")
    for partition in range(3):
        rows = [row for row in facts(nats_url, f"FACTS_{partition:02d}") if row.player in players]
        assert rows
        assert {row.event_id[0] % 3 for row in rows} == {partition}


def test_the_user_agent_is_kept_within_bounds(hot, nats_url, player):
    target = f"/api/pixel/visit?playerId={player}&bannerTag=t"
    get(hot.port, target, headers=["user-AGENT: " + "x" * 600])
    assert len(rows_about(nats_url, player)[0].user_agent) == 512


def test_forwarded_addresses_count_only_from_trusted_proxies(hot, nats_url, player):
    headers = ["X-Forwarded-For: 203.0.113.9"]
    target = f"/api/pixel/visit?playerId={player}&bannerTag=t"
    get(hot.port, target, headers=headers)
    with RunningWorker(nats_url, trusted_proxies=["127.0.0.0/8"]) as behind:
        behind.ready()
        get(behind.port, target, headers=["X-Forwarded-For: 6.6.6.6, 2001:db8:1:2::3, 127.0.0.9"])
    assert [row.source_ip for row in rows_about(nats_url, player)] == ["127.0.0.0", "2001:db8:1::"]


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_only_get_counts_a_pixel(hot, nats_url, player, method):
    with Wire(hot.port) as wire:
        wire.send(request(f"/api/pixel/visit?playerId={player}&bannerTag=t", method))
        answer = wire.response(bodyless=method == "HEAD")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, OPTIONS"
    assert rows_about(nats_url, player) == []
