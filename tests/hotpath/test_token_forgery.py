"""A token is read only when we signed it, whole and unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpath.token import Token, Tokens

TOKENS = Tokens(b"a notice secret of thirty-two by")
SAID = ("acme", "c-1", "o-1", "bid-1", "imp-1", "USD", 2_500_000, "adx", 1_700_000_000)


def test_what_was_signed_is_read():
    assert TOKENS.read(TOKENS.sign(*SAID)) == Token(*SAID)


def test_a_token_needs_no_escaping_in_a_url():
    assert set(TOKENS.sign(*SAID)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_another_secret_reads_nothing():
    assert Tokens(b"another secret of thirty-two byt").read(TOKENS.sign(*SAID)) is None


@pytest.mark.parametrize("text", ["", "=", "A", "AAAA", "é", "!" * 40, "A" * 5_000, "AAAA AAAA"])
def test_noise_is_not_a_token(text):
    assert TOKENS.read(text) is None


@given(st.data())
def test_no_changed_character_survives(data):
    text = TOKENS.sign(*SAID)
    # The last character carries bits that base64 ignores, so it is left alone.
    at = data.draw(st.integers(0, len(text) - 2))
    other = data.draw(st.sampled_from("ABCxyz019-_ ~").filter(lambda one: one != text[at]))
    assert TOKENS.read(text[:at] + other + text[at + 1 :]) is None


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="at least 16"):
        Tokens(b"short")


def test_a_landing_page_is_read_for_its_own_offer_only():
    text = TOKENS.sign_landing("acme", "c-1", "o-1", "https://shop.example/x?a=1")

    assert TOKENS.read_landing(Token(*SAID), text) == "https://shop.example/x?a=1"
    assert TOKENS.read_landing(Token("other", *SAID[1:]), text) is None
    assert TOKENS.read_landing(Token(*SAID), text[:-4] + "AAAA") is None


def test_a_token_is_no_landing_page_and_a_landing_page_no_token():
    landing = TOKENS.sign_landing("acme", "c-1", "o-1", "https://shop.example")

    assert TOKENS.read_landing(Token(*SAID), TOKENS.sign(*SAID)) is None
    assert TOKENS.read(landing) is None
