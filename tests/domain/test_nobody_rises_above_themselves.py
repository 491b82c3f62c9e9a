"""Whatever someone who manages people does, in any order, nobody comes to more than they have."""

from datetime import timedelta
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.refusal import Refusal
from domain.tenant import UNOPENED, decisions, evolve
from domain.tenant.events import PersonJoined
from domain.tenant.permissions import Permission
from domain.tenant.roles import Actor, Role
from domain.tenant.terms import KeyTerms, Sealed, Secret
from tests.people import MONDAY
from tests.tenants import BEN_JOINED, ISSUED, JOINED, LEGAL, OPENED

HAL_JOINED = PersonJoined(person="hal", name="Hal", roles=("marketer",), joined_at=MONDAY)
BOOKS = reduce(evolve, (OPENED, JOINED, BEN_JOINED, HAL_JOINED, LEGAL, ISSUED), UNOPENED)
PEOPLE = ("ana", "ben", "hal", "new")
permissions = st.lists(st.sampled_from(list(Permission)), max_size=4, unique=True).map(tuple)
roles = st.lists(st.sampled_from([*Role, "legal", "own"]), max_size=3, unique=True).map(tuple)
people = st.sampled_from(PEOPLE)
keys = st.sampled_from(["ana-1", "k2"])
attempts = st.one_of(
    st.tuples(st.just("join"), st.fixed_dictionaries({"person": people, "roles": roles})),
    st.tuples(st.just("change_person"), st.fixed_dictionaries({"person": people, "roles": roles})),
    st.tuples(
        st.just("define_role"),
        st.fixed_dictionaries(
            {"role": st.sampled_from(["own", "legal"]), "permissions": permissions}
        ),
    ),
    st.tuples(
        st.just("issue_key"),
        st.fixed_dictionaries({"key": keys, "person": people, "scopes": st.none() | permissions}),
    ),
    st.tuples(st.just("rotate_key"), st.fixed_dictionaries({"key": keys})),
    st.tuples(st.just("remove_role"), st.fixed_dictionaries({"role": st.just("legal")})),
    st.tuples(st.just("leave"), st.fixed_dictionaries({"person": people})),
    st.tuples(st.just("revoke_key"), st.fixed_dictionaries({"key": keys})),
)


def taken(books, number, verb, given_, by):
    circumstances = {**given_, "at": MONDAY}
    if verb not in {"remove_role", "leave", "revoke_key"}:
        circumstances["by"] = by
    if verb == "join":
        circumstances["known_as"] = Sealed(name="N")
    if verb == "issue_key":
        terms = {name: circumstances.pop(name) for name in ("person", "scopes")}
        circumstances |= {"terms": KeyTerms(**terms), "secret": Secret(hash=f"{number:064x}")}
    if verb == "rotate_key":
        circumstances |= {
            "successor": f"r{number}",
            "secret": Secret(hash=f"{number:064x}"),
            "grace": timedelta(0),
        }
    try:
        return getattr(decisions, verb)(books, **circumstances)
    except Refusal:
        return []


@settings(max_examples=300)
@given(permissions, st.lists(attempts, max_size=15))
def test_nobody_comes_to_more_than_they_had_or_were_given(own, attempted):
    hal = Actor("hal", ("own",), frozenset({*own, Permission.USER_WRITE}))
    books = BOOKS
    allowed_before = {person: books.allowed_to(person) for person in PEOPLE}
    keys_before = set(books.keys)
    for number, (verb, circumstances) in enumerate(attempted):
        books = reduce(evolve, taken(books, number, verb, circumstances, hal), books)
    for person in PEOPLE:
        assert books.allowed_to(person) <= allowed_before[person] | hal.permissions
    assert any(Role.ADMIN in person.roles for person in books.people.values())
    risen = reduce(evolve, map(risen_to_admin, books.people), books)
    for key in set(books.keys) - keys_before:
        assert risen.allowed_with(risen.keys[key]) <= hal.permissions


def risen_to_admin(person):
    return PersonJoined(person=person, name="N", roles=("admin",), joined_at=MONDAY)
