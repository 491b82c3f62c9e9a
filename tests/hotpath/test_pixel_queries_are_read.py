"""The query of a pixel, on both twins."""

from importlib import import_module

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hotpath import _query_cy, _query_py
from hotpath.query import NAMES


@pytest.fixture(params=["py", "cy"])
def parse(request):
    return import_module(f"hotpath._query_{request.param}").parse_query


def named(values):
    return {name: value for name, value in zip(NAMES, values, strict=True) if value is not None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", {}),
        (b"playerId=p&bannerTag=t", {"playerId": b"p", "bannerTag": b"t"}),
        (b"s=a+b&b=a%2Bb", {"s": b"a b", "b": b"a+b"}),
        (b"playerId=Zo%C3%AB", {"playerId": "Zoë".encode()}),
        (b"playerId=", {}),
        (b"playerId", {}),
        (b"&&=&x=1&playerid=no&cur=EUR", {"cur": b"EUR"}),
        (b"player%49d=p", {"playerId": b"p"}),
        (b"e=a=b", {"e": b"a=b"}),
    ],
)
def test_known_names_are_found_and_decoded(parse, query, expected):
    values, faults = parse(query)
    assert named(values) == expected
    assert faults == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        (b"s=1&s=2", ("s", "repeated")),
        (b"s=&s=2", ("s", "repeated")),
        (b"s=%4", ("s", "malformed")),
        (b"s=%zz", ("s", "malformed")),
        (b"s=%", ("s", "malformed")),
        (b"s=%ff", ("s", "not_utf8")),
        (b"s=%ed%a0%80", ("s", "not_utf8")),
        (b"s=\xff", ("s", "not_utf8")),
    ],
)
def test_faults_are_named(parse, query, fault):
    assert parse(query)[1] == [fault]


PIECES = st.sampled_from(
    [b"playerId", b"bannerTag", b"s", b"b", b"cur", b"=", b"&", b"%", b"%4", b"%41", b"%ff", b"+"]
)


@given(st.lists(PIECES | st.binary(max_size=4), max_size=12).map(b"".join))
@example(b"s=%g1&s=% 1&s=%1\x00")
def test_the_twins_agree(query):
    ours, theirs = _query_py.parse_query(query), _query_cy.parse_query(query)
    assert ours == theirs
