import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

reference = import_module("hotpath._scoring_py")
compiled = import_module("hotpath._scoring_cy")
BIAS, GAIN = -6.2, 2.0


@pytest.fixture(params=["py", "cy"])
def kernel(request):
    return import_module(f"hotpath._scoring_{request.param}")


def vector(**places: int) -> np.ndarray:
    made = np.zeros(256, np.int8)
    for place, value in places.items():
        made[int(place[1:])] = value
    return made


def chances(kernel, offers, profile, rows=None):
    offers = np.array(offers, np.int8).reshape(-1, 256)
    norms = np.sqrt((offers.astype(np.float64) ** 2).sum(axis=1))
    chosen = np.arange(len(offers), dtype=np.int32) if rows is None else np.array(rows, np.int32)
    out = np.zeros(len(chosen))
    kernel.probabilities(offers, norms, chosen, profile, bias=BIAS, gain=GAIN, out=out)
    return out


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_agreement_raises_the_chance_and_opposition_lowers_it(kernel):
    same, other, against = vector(p3=127), vector(p4=127), vector(p3=-127)
    got = chances(kernel, [same, other, against], vector(p3=90))
    assert got == pytest.approx([sigmoid(BIAS + GAIN), sigmoid(BIAS), sigmoid(BIAS - GAIN)])


def test_a_vector_without_length_is_related_to_nothing(kernel):
    empty = vector()
    assert chances(kernel, [empty], vector(p1=5)) == pytest.approx([sigmoid(BIAS)])
    assert chances(kernel, [vector(p1=5)], empty) == pytest.approx([sigmoid(BIAS)])


def test_only_the_offers_asked_about_are_scored(kernel):
    offers = [vector(p0=127), vector(p1=127), vector(p2=127)]
    got = chances(kernel, offers, vector(p2=127), rows=[2, 0])
    assert got == pytest.approx([sigmoid(BIAS + GAIN), sigmoid(BIAS)])


def test_the_best_offer_is_the_one_worth_most_and_the_first_of_equals(kernel):
    prices = np.array([9, 4, 6, 4], np.int64)
    rows = np.array([1, 2, 3], np.int32)
    assert kernel.best(prices, rows, np.array([0.5, 0.25, 0.5])) == 0
    assert kernel.best(prices, rows, np.array([0.1, 0.9, 0.1])) == 1
    assert kernel.best(prices, rows[:0], np.empty(0)) == -1


def test_wrong_shapes_and_rows_are_errors(kernel):
    offers, norms, profile = np.zeros((2, 256), np.int8), np.zeros(2), np.zeros(256, np.int8)
    rows, out = np.array([0], np.int32), np.zeros(1)
    settings = {"bias": BIAS, "gain": GAIN}
    with pytest.raises(ValueError, match="256"):
        kernel.probabilities(offers, norms, rows, profile[:255], **settings, out=out)
    narrow = np.ascontiguousarray(offers[:, :100])
    with pytest.raises(ValueError, match="256"):
        kernel.probabilities(narrow, norms, rows, profile, **settings, out=out)
    with pytest.raises(ValueError, match="short"):
        kernel.probabilities(offers, norms[:1], rows, profile, **settings, out=out)
    with pytest.raises(ValueError, match="short"):
        kernel.probabilities(offers, norms, rows, profile, **settings, out=out[:0])
    for wrong in (-1, 2):
        beyond = np.array([wrong], np.int32)
        with pytest.raises(IndexError, match="offer"):
            kernel.probabilities(offers, norms, beyond, profile, **settings, out=out)
        with pytest.raises(IndexError, match="offer"):
            kernel.best(np.zeros(2, np.int64), beyond, out)
    with pytest.raises(ValueError, match="short"):
        kernel.best(np.zeros(2, np.int64), rows, out[:0])


def ranking(kernel, offers, prices):
    offers = np.array(offers, np.int8).reshape(-1, 256)
    norms = np.sqrt((offers.astype(np.float64) ** 2).sum(axis=1))
    return kernel.Ranking(offers, norms, np.array(prices, np.int64))


def test_a_ranking_names_the_place_of_the_best_and_its_chance(kernel):
    related, other = vector(p3=127), vector(p4=127)
    ranked = ranking(kernel, [other, related, other], [5, 4, 5])
    rows = np.array([0, 1, 2], np.int32)
    likely = pytest.approx(sigmoid(BIAS + GAIN))
    assert ranked.best(rows, related, bias=BIAS, gain=GAIN) == (1, likely)
    unlikely = pytest.approx(sigmoid(BIAS))
    assert ranked.best(rows[[0, 2]], related, bias=BIAS, gain=GAIN) == (0, unlikely)
    assert ranked.best(rows[:0], related, bias=BIAS, gain=GAIN) == (-1, 0.0)


def test_a_ranking_refuses_wrong_shapes_and_rows(kernel):
    offers, norms, prices = np.zeros((2, 256), np.int8), np.zeros(2), np.zeros(2, np.int64)
    for short in ((offers, norms[:1], prices), (offers, norms, prices[:1])):
        with pytest.raises(ValueError, match="short"):
            kernel.Ranking(*short)
    ranked = kernel.Ranking(offers, norms, prices)
    with pytest.raises(ValueError, match="256"):
        ranked.best(np.zeros(1, np.int32), vector()[:255], bias=BIAS, gain=GAIN)
    for wrong in (-1, 2):
        with pytest.raises(IndexError, match="offer"):
            ranked.best(np.array([wrong], np.int32), vector(), bias=BIAS, gain=GAIN)


@pytest.mark.parametrize("width", [64, 128, 192])
def test_dimensions_that_no_offer_uses_may_be_left_out(kernel, width):
    offers = np.zeros((2, 256), np.int8)
    offers[:, :width] = 3
    profile, rows = np.full(256, 5, np.int8), np.arange(2, dtype=np.int32)
    norms, out = np.full(2, 3 * width**0.5), np.zeros(2)
    narrow = np.ascontiguousarray(offers[:, :width])
    kernel.probabilities(narrow, norms, rows, profile, bias=BIAS, gain=GAIN, out=out)
    assert out == pytest.approx(chances(kernel, offers, profile))


components = hnp.arrays(np.int8, 256, elements=st.integers(-127, 127))


@given(st.lists(components, max_size=5), components, st.data())
def test_the_twins_agree(offers, profile, data):
    ours, theirs = (chances(kernel, offers, profile) for kernel in (reference, compiled))
    assert ours == pytest.approx(theirs, rel=1e-12, abs=0)
    price = st.integers(0, 10**12)
    prices = np.array([data.draw(price) for _ in offers], np.int64)
    rows = np.arange(len(offers), dtype=np.int32)
    assert reference.best(prices, rows, theirs) == compiled.best(prices, rows, theirs)


@given(st.lists(components, max_size=8), components, st.floats(-3, 3), st.data())
def test_a_ranking_finds_what_scoring_every_offer_finds(offers, profile, gain, data):
    prices = [data.draw(st.integers(0, 10)) for _ in offers]
    rows = np.arange(len(offers), dtype=np.int32)
    (place, chance), (ours, ours_chance) = (
        ranking(kernel, offers, prices).best(rows, profile, bias=BIAS, gain=gain)
        for kernel in (reference, compiled)
    )
    assert ours == place
    assert ours_chance == pytest.approx(chance, rel=1e-12, abs=0)


def test_products_at_the_ends_of_the_range_are_exact():
    ends = [np.full(256, value, np.int8) for value in (-127, 127)]
    for profile in ends:
        ours, theirs = (chances(kernel, ends, profile) for kernel in (reference, compiled))
        assert ours.tolist() == theirs.tolist()
