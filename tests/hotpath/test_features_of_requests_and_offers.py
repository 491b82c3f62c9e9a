import numpy as np

from hotpath.features import cats_of, keywords_of, offer_vector, profile_vector
from hotpath.openrtb import Content, Site


def cosine(a, b) -> float:
    a, b = a.astype(float), b.astype(float)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def profile(cats=(), keywords="", segments=(), device="", position=0):
    return profile_vector(tuple(cats), keywords, tuple(segments), device, position)


def test_vectors_have_the_layout_of_the_requirements():
    vector = profile(["IAB17"], "boots", ["auto"], "mobile", 1)
    assert (vector.dtype, vector.shape) == (np.int8, (256,))
    assert np.linalg.norm(vector[:64].astype(float)) > 120
    assert np.count_nonzero(vector[64:128]) == 1
    assert not vector[128:138].any()
    assert vector[138:140].tolist() == [32, 96]
    assert not vector[140:].any()


def test_what_shares_a_category_or_a_word_is_closer_than_what_does_not():
    asked = profile(["IAB17-1"], "hiking, boots")
    same = cosine(asked, offer_vector(["IAB17-1"], "Hiking boots"))
    related = cosine(asked, offer_vector(["IAB17-1"], "Tennis"))
    stranger = cosine(asked, offer_vector(["IAB9-4"], "Chess"))
    assert same > 0.99
    assert same > related > stranger


def test_a_request_that_says_nothing_has_no_length():
    assert not profile().any()


def test_features_are_the_same_in_every_process():
    vector = offer_vector(["IAB1"], "")
    assert {int(place): int(vector[place]) for place in np.flatnonzero(vector)} == {7: -127}


def test_a_page_speaks_with_all_its_categories_and_keywords():
    site = Site(
        cat=["IAB1"],
        pagecat=["IAB1", "IAB2"],
        keywords="a",
        content=Content(cat=["IAB3"], keywords="b"),
    )
    assert cats_of(site) == ("IAB1", "IAB2", "IAB3")
    assert keywords_of(site) == "a,b"
