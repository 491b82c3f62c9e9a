"""Moments are read in three spellings, and differences are enough to make one state the other."""

import copy
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from read_api.moments import NOW, BadMoment, Moment, differences, moment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~0", max_size=3), inner)
    ),
    max_leaves=12,
)


def patched(state, found):
    """Apply the differences, as somebody who only has them would."""
    state = copy.deepcopy(state)
    for one in sorted(found, key=lambda one: one.after is UNSET):
        path = [t.replace("~1", "/").replace("~0", "~") for t in one.pointer.split("/")[1:]]
        if not path:
            return one.after
        place = state
        for token in path[:-1]:
            place = place[int(token)] if isinstance(place, list) else place[token]
        last = path[-1]
        if isinstance(place, list):
            if one.after is UNSET:
                place[int(last)] = UNSET
            elif one.before is UNSET:
                place.append(one.after)
            else:
                place[int(last)] = one.after
        elif one.after is UNSET:
            del place[last]
        else:
            place[last] = one.after
    return without_unset(state)


def without_unset(value):
    match value:
        case dict():
            return {name: without_unset(one) for name, one in value.items()}
        case list():
            return [without_unset(one) for one in value if one is not UNSET]
        case _:
            return value


@given(JSON, JSON)
def test_differences_make_the_one_the_other(before, after):
    assert patched(before, differences(before, after)) == after


@given(JSON)
def test_nothing_differs_from_itself(state):
    assert list(differences(state, copy.deepcopy(state))) == []


def test_a_name_with_a_slash_or_a_tilde_is_escaped():
    (found,) = differences({"a/b~c": 1}, {"a/b~c": 2})
    assert found.pointer == "/a~1b~0c"


def test_true_is_not_one():
    (found,) = differences({"held": 1}, {"held": True})
    assert (found.before, found.after) == (1, True)


def recorded(version, at):
    return SimpleNamespace(version=version, position=version * 10, recorded_at=at)


def test_a_clock_set_back_takes_no_event_out_of_its_order():
    history = [
        recorded(1, NOON),
        recorded(2, NOON + timedelta(minutes=5)),
        recorded(3, NOON - timedelta(minutes=5)),
    ]
    assert [e.version for e in Moment(at=NOON).among(history)] == [1]
    assert [e.version for e in Moment(at=NOON + timedelta(minutes=5)).among(history)] == [1, 2, 3]
    assert Moment(position=29).among(history) == history[:2]
    assert Moment(version=0).among(history) == []
    assert NOW.among(history) == history


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0", Moment(version=0)),
        ("12", Moment(version=12)),
        ("@7", Moment(position=7)),
        ("2026-03-02T12:00:00Z", Moment(at=NOON)),
        ("2026-03-02", Moment(at=NOON - timedelta(hours=12))),
        ("2026-03-02T13:00:00+01:00", Moment(at=NOON)),
    ],
)
def test_a_moment_is_read(text, read):
    assert moment(text) == read


@pytest.mark.parametrize("text", ["", "@", "-1", "1.5", "@-1", "٣", "2026-02-30", "now", "9" * 40])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(BadMoment):
        moment(text)
