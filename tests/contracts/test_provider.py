"""What every inference provider promises; one that joins is added to the fixture."""

import numpy as np
import pytest

from hotpath.features import offer_vector, profile_vector
from hotpath.provider import Catalogue, CpuProvider, Inference, Provider

OFFERS = [
    offer_vector(["IAB17-1"], "Hiking boots"),
    offer_vector(["IAB3-1"], "Loans"),
    offer_vector([], ""),
]


@pytest.fixture(params=[CpuProvider])
def provider(request) -> Provider:
    made = request.param()
    made.warm_up()
    return made


@pytest.fixture
def catalogue():
    return Catalogue.of(OFFERS)


def asked(catalogue, *rows: int, cats=("IAB17-1",)) -> Inference:
    profile = profile_vector(tuple(cats), "", (), "", 0)
    return Inference(profile, catalogue, np.array(rows, np.int32))


def test_it_says_who_it_is_and_what_it_can_do(provider):
    assert isinstance(provider, Provider)
    assert provider.provider_name
    assert provider.model_version
    assert 1 <= provider.preferred_batch_size <= provider.max_batch_size
    assert provider.supports_batching or provider.max_batch_size == 1
    assert 0 <= provider.tolerance < 0.01


def test_each_offer_gets_a_probability_in_the_order_asked(provider, catalogue):
    chances = provider.predict(asked(catalogue, 2, 0, 1))
    assert chances.shape == (3,)
    assert ((chances > 0) & (chances < 1)).all()
    alone = [provider.predict(asked(catalogue, row))[0] for row in (2, 0, 1)]
    assert chances.tolist() == pytest.approx(alone, abs=provider.tolerance)


def test_its_scores_are_the_cpus(provider, catalogue):
    question = asked(catalogue, 0, 1, 2)
    expected = CpuProvider().predict(question)
    assert provider.predict(question) == pytest.approx(expected, abs=provider.tolerance)


def test_an_offer_that_suits_scores_above_one_that_does_not(provider, catalogue):
    suiting, other = provider.predict(asked(catalogue, 0, 1))
    assert suiting > other


def test_a_batch_answers_as_its_members_would_alone(provider, catalogue):
    questions = [asked(catalogue, 0, 1), asked(catalogue, 2, cats=()), asked(catalogue)]
    together = provider.predict_batch(questions)
    for question, chances in zip(questions, together, strict=True):
        alone = provider.predict(question)
        assert chances.tolist() == pytest.approx(alone.tolist(), abs=provider.tolerance)


def test_no_offers_and_no_questions_have_no_answers(provider, catalogue):
    assert provider.predict(asked(catalogue)).size == 0
    assert provider.predict_batch([]) == []


def test_answers_of_earlier_questions_stay_as_they_were(provider, catalogue):
    first = provider.predict(asked(catalogue, 0))
    kept = first.copy()
    provider.predict(asked(catalogue, 1))
    assert first.tolist() == kept.tolist()


def test_offers_it_does_not_know_and_batches_too_large_are_errors(provider, catalogue):
    with pytest.raises(IndexError):
        provider.predict(asked(catalogue, 3))
    with pytest.raises(ValueError, match="at most"):
        provider.predict_batch([asked(catalogue, 0)] * (provider.max_batch_size + 1))


def test_offers_that_use_few_dimensions_are_kept_narrow():
    assert Catalogue.of(OFFERS).vectors.shape == (3, 64)
    wide = OFFERS[0].copy()
    wide[139] = 1
    assert Catalogue.of([*OFFERS, wide]).vectors.shape == (4, 192)
    assert Catalogue.of([]).vectors.shape == (0, 64)
