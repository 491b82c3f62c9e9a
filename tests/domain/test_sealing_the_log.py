import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit import UNSEALED, AuditSealed, Seals, evolve, seal
from domain.audit.merkle import NO_ROOT, merkle_root, path_to, root_by
from domain.audit.seals import anchor_of, root_over
from tests.people import MONDAY, TUESDAY
from tests.spec import Given

HASHES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(7)]
WHERE = {"first": 1, "last": 7, "at": MONDAY}
FIRST = AuditSealed(
    log=HASHES[0], seal=1, first=1, last=7, count=7, total=7,
    root=root_over(NO_ROOT, HASHES, total=7), sealed_at=MONDAY,
)  # fmt: skip


def test_the_first_seal_names_the_log_after_its_first_event():
    Given("audit").when(seal, after=UNSEALED, hashes=HASHES, **WHERE).then(FIRST)


def test_nothing_recorded_is_nothing_to_seal():
    Given("audit").when(seal, after=UNSEALED, hashes=[], **WHERE).then_nothing()


def test_of_two_seals_built_on_the_same_one_the_second_is_not_set():
    Given("audit", FIRST).when(seal, after=UNSEALED, hashes=HASHES, **WHERE).then_nothing()


def test_a_seal_commits_to_all_before_it():
    after = evolve(UNSEALED, FIRST)
    (second,) = seal(after, after=after, hashes=HASHES[:2], first=8, last=9, at=TUESDAY)
    assert (second.seal, second.log, second.total) == (2, FIRST.log, 9)
    assert second.root == root_over(FIRST.root, HASHES[:2], total=9)
    assert second.root != root_over(NO_ROOT, HASHES[:2], total=9)
    assert evolve(after, second).built_on == FIRST.root


def test_an_anchor_says_what_the_seal_says():
    anchor = anchor_of(FIRST)
    assert (anchor.log, anchor.seal, anchor.position, anchor.root, anchor.total) == (
        FIRST.log, 1, 7, FIRST.root, 7,
    )  # fmt: skip


def test_the_tree_has_the_shape_of_rfc_6962():
    def node(left, right):
        return hashlib.sha256(b"\x01" + left + right).digest()

    a, b, c, d, e = map(bytes.fromhex, HASHES[:5])
    assert merkle_root([]) == hashlib.sha256(b"").digest()
    assert merkle_root(HASHES[:1]) == a
    assert merkle_root(HASHES[:3]) == node(node(a, b), c)
    assert merkle_root(HASHES[:5]) == node(node(node(a, b), node(c, d)), e)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70), st.data())
def test_any_event_is_proved_by_its_path_and_by_no_other(leaves, data):
    hashes = [leaf.hex() for leaf in leaves]
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = path_to(index, hashes)
    assert root_by(hashes[index], path) == merkle_root(hashes)
    assert root_by("ab" * 32, path) != merkle_root(hashes) or hashes[index] == "ab" * 32


@pytest.mark.parametrize("changed", [HASHES[::-1], HASHES[:-1], [*HASHES, HASHES[0]]])
def test_order_and_number_are_sealed_too(changed):
    assert root_over(NO_ROOT, changed, total=7) != FIRST.root


def test_nothing_sealed_is_what_a_new_log_has():
    assert Seals() == UNSEALED
