from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from domain.consent import UNASKED, allows, evolve
from domain.consent.purposes import EVERY
from domain.consent.vendors import holds
from projections.consent import CONSENT, CONSENT_HOT, Holding, allowance, allowances
from projections.ports import Address
from tests.consenting import (
    CHECKING,
    DENIED,
    GIVEN,
    HAPPENED,
    JANE,
    REVOKED,
    WITHDRAWN,
    evidence,
    reading,
)


def holding(*history):
    return Holding(consent=reduce(evolve, history, UNASKED), version=len(history), position=9)


def may(compact, purpose, vendor):
    """Return what the hot path will make of the compact row."""
    return bool(
        compact.purposes >> (purpose - 1) & 1
        and holds(compact.vendors, vendor)
        and not holds(compact.barred.get(purpose, ""), vendor)
    )


def test_both_views_keep_a_person_under_their_reference():
    assert {CONSENT.name, CONSENT_HOT.name} == {"consent", "consent_hot"}
    (address,) = allowances("acme", JANE, holding(GIVEN))
    assert address == Address("acme", JANE)
    assert allowances("acme", JANE, None) == {}


def test_whoever_has_not_agreed_is_allowed_nothing():
    for history in ((CHECKING,), (DENIED,), (GIVEN, REVOKED)):
        compact = allowance(holding(*history))
        assert (compact.purposes, compact.vendors, compact.version) == (0, "", len(history))


def test_a_withdrawal_leaves_what_is_left():
    compact = allowance(holding(GIVEN, WITHDRAWN))
    assert (compact.purposes, compact.vendors) == (0b1000001, "21,755")


READINGS = st.lists(
    st.builds(
        reading,
        purposes=st.frozensets(st.sampled_from(EVERY)),
        vendors=st.sampled_from(["", "21", "21,755", "1-800", "*"]),
        barred=st.dictionaries(st.sampled_from(EVERY), st.sampled_from(["21", "755"]), max_size=2),
        opts_in=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


@given(READINGS, st.lists(st.sampled_from(HAPPENED), max_size=3))
def test_the_compact_row_allows_what_the_consent_allows(readings, history):
    given_last = type(GIVEN)(subject=JANE, readings=tuple(readings), evidence=evidence())
    known = holding(*history, given_last)
    compact = allowance(known)
    for purpose in EVERY:
        for vendor in (1, 21, 755, 900):
            assert may(compact, purpose, vendor) == allows(known.consent, purpose, vendor)
