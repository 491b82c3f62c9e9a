"""Addresses are cut to neighbourhoods, and keys open what they were issued for."""

from hashlib import sha256

import pytest

from hotpath.access import AccessBook, Holder
from hotpath.ports import Bidder, Exchange
from hotpath.server_peers import Peers
from tests.hotpath.wire import Echo


def issued(key, use, tenant):
    return Holder(sha256(key.encode()).hexdigest(), use, tenant, f"{tenant}-adx")


@pytest.mark.parametrize(
    ("host", "neighbourhood"),
    [
        ("203.0.113.77", b"203.0.113.0"),
        ("2001:db8:1:2::3", b"2001:db8:1::"),
        ("::ffff:203.0.113.77", b"203.0.113.0"),
        ("fe80::1%eth0", b"fe80::"),
        ("", b""),
        ("not an address", b""),
    ],
)
def test_an_address_is_cut_to_its_neighbourhood(host, neighbourhood):
    assert Peers().neighbourhood(host) == neighbourhood


@pytest.mark.parametrize(
    ("forwarded", "neighbourhood"),
    [
        ("", b"10.0.0.0"),
        ("203.0.113.9", b"203.0.113.0"),
        ("6.6.6.6, 203.0.113.9, 10.1.1.1", b"203.0.113.0"),
        ("6.6.6.6, unknown", b""),
        ("10.0.0.1, 10.0.0.2", b"10.0.0.0"),
    ],
)
def test_the_caller_is_the_last_hop_we_do_not_own(forwarded, neighbourhood):
    peers = Peers(["10.0.0.0/8"])
    assert peers.neighbourhood("10.0.0.9", forwarded) == neighbourhood


def test_a_key_opens_only_what_it_was_issued_for():
    book = AccessBook()
    book.replace([issued("x", "exchange", "acme"), issued("s", "site", "acme")])
    for _ in range(2):
        assert book.exchange("x") == Exchange("acme", "acme-adx")
        assert book.exchange("s") is None
        assert book.site("s") == "acme"
        assert book.site("x") is None


def test_api_keys_open_nothing_here_but_make_their_tenant_known():
    book = AccessBook()
    book.replace([issued("a", "api", "acme")])
    assert (book.exchange("a"), book.site("a"), book.only_tenant) == (None, None, "acme")


def test_the_only_tenant_is_known_until_there_are_two():
    book = AccessBook()
    assert (book.loaded, book.only_tenant) == (False, None)
    book.replace([], tenants=["acme"])
    assert (book.loaded, book.only_tenant) == (True, "acme")
    book.replace([issued("s", "site", "acme"), issued("z", "site", "globex")])
    assert book.only_tenant is None


def test_a_stranger_who_tries_keys_fills_no_memory():
    book = AccessBook()
    book.replace([issued("s", "site", "acme")])
    for number in range(100):
        assert book.site(f"guess-{number}") is None
    assert book.site("s") == "acme"
    assert len(book._seen) == 1


def test_the_bidder_of_these_tests_keeps_the_port():
    assert isinstance(Echo(), Bidder)
