"""Notices as exchanges and browsers send them, with tokens of ours and of others."""

import uuid

import pytest

from hotpath.notices import PriceRefused, landing_url, read_price
from hotpath.token import Tokens
from tests.hotpath.wire import SECRET, RunningWorker, facts, get

pytestmark = pytest.mark.engines
MACRO = "${AUCTION_PRICE}"


@pytest.fixture(scope="module")
def hot(nats_url):
    with RunningWorker(nats_url) as worker:
        yield worker.ready()


@pytest.fixture
def bid_id():
    return uuid.uuid4().hex


@pytest.fixture
def token(bid_id):
    said = ("acme", "c-1", "o-1", bid_id, "imp-1", "EUR", 2_500_000, "adx", 1_700_000_000)
    return Tokens(SECRET).sign(*said)


def rows_of(hot, bid_id):
    return [row for row in facts(hot.publisher.url) if row.bid_id == bid_id]


@pytest.mark.parametrize("notice", ["win", "bill", "loss"])
def test_a_notice_is_an_empty_200_and_a_row(hot, token, bid_id, notice):
    answer = get(hot.port, f"/v1/n/{notice}?b={token}&p=2.5&r=102")
    assert (answer.status, answer.body) == (200, b"")
    (row,) = rows_of(hot, bid_id)
    said = (row.kind, row.tenant, row.campaign, row.offer, row.imp_id, row.exchange)
    assert said == (notice, "acme", "c-1", "o-1", "imp-1", "adx")
    assert (row.price_cpm_micros, row.currency) == (2_500_000, "EUR")
    assert row.amount_micros == (2_500 if notice == "bill" else 0)
    assert row.detail == ('{"loss":102}' if notice == "loss" else "")


@pytest.mark.parametrize(
    ("price", "spend"),
    [("2.5", 2_500), ("0.0005", 0), ("0.0015", 2), ("0.0025", 2), ("0.00251", 3), ("0", 0)],
)
def test_an_impression_costs_a_thousandth_rounded_half_to_even(price, spend):
    assert read_price(price).spend_micros == spend


@pytest.mark.parametrize("text", ["-1", "1e3", "1,5", ".5", "5.", "NaN", "٣", "9" * 10, "AbC="])
def test_a_price_is_a_plain_decimal(text):
    with pytest.raises(PriceRefused, match="price_malformed"):
        read_price(text)


def test_repeats_of_all_kinds_of_billing_are_one_fact(hot, token, bid_id):
    for notice in ("bill", "bill", "imp"):
        assert get(hot.port, f"/v1/n/{notice}?b={token}&p=2.5").status == 200
    rows = rows_of(hot, bid_id)
    assert [row.kind for row in rows] == ["bill"] * 3
    assert len({row.event_id for row in rows}) == 1


def test_the_impression_pixel_is_a_gif(hot, token):
    answer = get(hot.port, f"/v1/n/imp?b={token}&p=1")
    assert (answer.headers["content-type"], len(answer.body)) == ("image/gif", 43)


@pytest.mark.parametrize("notice", ["win", "loss"])
@pytest.mark.parametrize("price", ["", f"&p={MACRO}", "&p=", "&p=%24%7BAUCTION_PRICE%7D"])
def test_a_win_or_loss_without_price_still_counts(hot, token, bid_id, notice, price):
    assert get(hot.port, f"/v1/n/{notice}?b={token}{price}").status == 200
    (row,) = rows_of(hot, bid_id)
    assert (row.reason, row.price_cpm_micros) == ("price_missing", 0)


@pytest.mark.parametrize(
    ("notice", "price", "code"),
    [
        ("bill", MACRO, "price_missing"),
        ("imp", "", "price_missing"),
        ("bill", "x", "price_malformed"),
        ("bill", "2.500001", "price_above_bid"),
        ("win", "2.6", "price_above_bid"),
    ],
)
def test_money_is_never_guessed(hot, token, bid_id, notice, price, code):  # noqa: PLR0917 - three are parameters
    answer = get(hot.port, f"/v1/n/{notice}?b={token}&p={price}")
    assert (answer.status, answer.problem["code"]) == (400, code)
    (row,) = rows_of(hot, bid_id)
    assert (row.kind, row.reason, row.amount_micros) == ("rejected", code, 0)


def test_a_loss_may_cost_more_than_we_bid(hot, token, bid_id):
    assert get(hot.port, f"/v1/n/loss?b={token}&p=9.5&r=${{AUCTION_LOSS}}").status == 200
    assert rows_of(hot, bid_id)[0].price_cpm_micros == 9_500_000


@pytest.mark.parametrize("forged", ["", "x", "A" * 200])
def test_a_token_that_is_not_ours_is_refused(hot, token, forged):
    text = forged or token[:-8] + "AAAAAAAA"
    answer = get(hot.port, f"/v1/n/bill?b={text}&p=1")
    assert (answer.status, answer.problem["code"]) == (400, "token_invalid")


def test_a_click_goes_to_the_landing_page_with_its_campaign(hot, token, bid_id):
    to = Tokens(SECRET).sign_landing("acme", "c-1", "o-1", "https://shop.example/x?a=1")
    answer = get(hot.port, f"/v1/n/click?b={token}&to={to}")
    assert answer.status == 302
    assert answer.headers["location"] == "https://shop.example/x?a=1&bannerTag=c-1"
    assert [row.kind for row in rows_of(hot, bid_id)] == ["click"]


@pytest.mark.parametrize("to", ["", "https://evil.example", "A" * 60])
def test_a_click_without_a_page_of_ours_is_counted_and_leads_nowhere(hot, token, bid_id, to):
    answer = get(hot.port, f"/v1/n/click?b={token}&to={to}")
    assert (answer.status, answer.problem["code"]) == (404, "landing_unknown")
    assert [row.kind for row in rows_of(hot, bid_id)] == ["click"]


@pytest.mark.parametrize(
    ("landing", "expected"),
    [
        ("https://a.example", "https://a.example?bannerTag=c%261"),
        ("https://a.example/p?x=1#top", "https://a.example/p?x=1&bannerTag=c%261#top"),
    ],
)
def test_the_banner_tag_joins_the_landing_query(landing, expected):
    assert landing_url(landing, "c&1") == expected


def test_an_unknown_notice_is_not_found(hot, token):
    assert get(hot.port, f"/v1/n/other?b={token}").status == 404
