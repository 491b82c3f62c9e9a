from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

reference = import_module("hotpath._eligibility_py")
compiled = import_module("hotpath._eligibility_cy")


@pytest.fixture(params=["py", "cy"])
def kernel(request):
    return import_module(f"hotpath._eligibility_{request.param}")


def predicates(*rows: int, words: int = 1) -> np.ndarray:
    mask = 2**64 - 1
    cut = [[row >> (64 * word) & mask for word in range(words)] for row in rows]
    return np.array(cut, np.uint64)


def found(kernel, bits, picks):
    sieve = kernel.Sieve(bits)
    count, place = sieve.survivors(picks)
    return sieve.out[:count].tolist(), place


def test_offers_that_pass_every_predicate_are_listed_in_order(kernel):
    assert found(kernel, predicates(0b1111, 0b1010, 0b1110), [0, 1, 2]) == ([1, 3], 3)


def test_the_predicate_that_lets_nobody_through_is_named(kernel):
    assert found(kernel, predicates(0b11, 0b01, 0b10, 0b11), [0, 3, 1, 2, 3]) == ([], 3)


def test_offers_beyond_the_first_word_keep_their_numbers(kernel):
    bits = predicates(1 << 130 | 1 << 63 | 1, 1 << 130 | 1 << 63, words=3)
    assert found(kernel, bits, [0, 1]) == ([63, 130], 2)


def test_a_union_lets_through_what_any_of_its_parts_does(kernel):
    bits = predicates(0b0011, 0b0100, 0b1111)
    kernel.join(bits, [0, 1], 2)
    assert bits[2, 0] == 0b0111
    kernel.join(bits, [], 2)
    assert bits[2, 0] == 0


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 128, 500])
def test_leading_offers_are_marked_up_to_the_count(kernel, count):
    bits = predicates(0, words=2)
    kernel.lead(bits, count, 0)
    assert found(kernel, bits, [0])[0] == list(range(min(count, 128)))


def test_wrong_picks_are_errors(kernel):
    bits = predicates(1)
    sieve = kernel.Sieve(bits)
    for wrong in ([1], [0, -1]):
        with pytest.raises(IndexError, match="predicate"):
            sieve.survivors(wrong)
        with pytest.raises(IndexError, match="predicate"):
            kernel.join(bits, wrong, 0)
    with pytest.raises(IndexError, match="predicate"):
        kernel.lead(bits, 1, 9)
    with pytest.raises(ValueError, match="itself"):
        kernel.join(bits, [0], 0)
    with pytest.raises(ValueError, match="picked"):
        sieve.survivors([])


def test_a_sieve_sees_what_is_written_to_its_predicates_later(kernel):
    bits = predicates(0b1, 0b11)
    sieve = kernel.Sieve(bits)
    kernel.lead(bits, 2, 0)
    assert sieve.survivors([0, 1]) == (2, 2)


@given(st.data())
def test_the_twins_agree(data):
    rows, words = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 3)))
    few_bits = st.integers(0, 7) | st.integers(0, 2**64 - 1)
    bits = data.draw(hnp.arrays(np.uint64, (rows, words), elements=few_bits))
    picks = data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=6))
    assert found(reference, bits, picks) == found(compiled, bits, picks)

    ours, theirs = np.vstack([bits, bits[:1]]), np.vstack([bits, bits[:1]])
    reference.join(ours, picks, rows)
    compiled.join(theirs, picks, rows)
    assert ours.tolist() == theirs.tolist()

    count = data.draw(st.integers(-1, 64 * words + 1))
    reference.lead(ours, count, rows)
    compiled.lead(theirs, count, rows)
    assert ours.tolist() == theirs.tolist()
