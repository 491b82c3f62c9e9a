import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpath.openrtb import IMPS_MAX, BadRequest, consent_of, decode
from tests.hotpath.offers import imp, request

DATA = Path(__file__).parents[3] / "shared/data"
recorded = pytest.mark.skipif(
    not DATA.is_dir(), reason="the recorded requests in ../shared/data are not on this machine"
)


def read(body):
    return decode(json.dumps(body).encode())


def refusal(body: bytes) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        decode(body)
    return caught.value


@recorded
def test_every_recorded_request_is_read_unless_an_impression_id_is_used_twice():
    lines = (DATA / "openrtb_requests.jsonl").read_text().splitlines()
    refused = []
    for body in (json.loads(line)["body"] for line in lines):
        try:
            read(body)
        except BadRequest as bad:
            ids = [one["id"] for one in body["imp"]]
            assert len(ids) > len(set(ids))
            refused.append(bad.message)
    assert len(lines) == 494
    assert len(refused) == 2


@recorded
def test_every_request_of_the_specification_is_read():
    lines = map(json.loads, (DATA / "openrtb_spec_examples.jsonl").read_text().splitlines())
    requests = [line["body"] for line in lines if line["kind"] == "request"]
    assert len(requests) == 7
    for body in requests:
        assert read(body).id == body["id"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"id":"1","imp":[{"id":"\xff"}]}',
        b'{"ext":' + b"[" * 100_000,
        b'{"id":"1"',
    ],
)
def test_what_is_not_json_is_refused(body):
    assert "not JSON" in refusal(body).message


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": ""}, "/id"),
        ({"id": "x" * 257}, "/id"),
        ({"imp": None}, "/imp"),
        ({"imp": []}, "/imp"),
        ({"imp": {}}, "/imp"),
        ({"imp": [{"banner": {}}]}, "/imp/0/id"),
        ({"imp": [imp(), imp()]}, "/imp/1/id"),
        ({"imp": [imp(banner={"w": "wide"})]}, "/imp/0/banner/w"),
        ({"imp": [imp(id=str(n)) for n in range(IMPS_MAX + 1)]}, "/imp"),
        ({"site": []}, "/site"),
    ],
)
def test_what_is_no_bid_request_is_refused_with_a_pointer(changed, pointer):
    assert refusal(json.dumps(request(**changed)).encode()).pointer == pointer


@pytest.mark.parametrize("missing", ["id", "imp"])
def test_a_request_without_its_required_fields_is_refused(missing):
    body = request()
    del body[missing]
    bad = refusal(json.dumps(body).encode())
    assert (bad.pointer, bad.message) == (f"/{missing}", "required")


def test_as_many_impressions_as_are_allowed_are_read():
    body = request(imp=[imp(id=str(n)) for n in range(IMPS_MAX)])
    assert len(read(body).imp) == IMPS_MAX


def test_unknown_fields_are_skipped_at_every_depth():
    body = request(ext={"x": [1]}, new=1, imp=[imp(ext={"y": {}}, banner={"w": 1, "later": []})])
    assert read(body).imp[0].banner.w == 1


def test_null_stands_for_absent():
    body = request(site=None, cur=None, imp=[imp(banner={"format": None, "w": None}, secure=None)])
    assert read(body).imp[0].banner.format is None


def test_numbers_may_come_as_strings_and_whole_numbers_with_a_fraction():
    one = read(request(tmax="250", imp=[imp(banner={"w": 300.0, "h": "250"}, bidfloor="0.1")]))
    assert (one.tmax, one.imp[0].banner.w, one.imp[0].banner.h) == (250, 300, 250)
    assert one.imp[0].bidfloor == Decimal("0.1")


def test_a_floor_is_read_to_its_last_digit():
    one = decode(b'{"id":"1","imp":[{"id":"1","bidfloor":0.1234567890123456789}]}')
    assert one.imp[0].bidfloor == Decimal("0.1234567890123456789")


@pytest.mark.parametrize(
    ("regs", "user"),
    [
        ({"gdpr": 1, "us_privacy": "1YNN"}, {"consent": "CQ"}),
        ({"ext": {"gdpr": 1, "us_privacy": "1YNN"}}, {"ext": {"consent": "CQ"}}),
    ],
)
def test_consent_is_read_from_the_places_of_both_versions(regs, user):
    consent = consent_of(read(request(regs=regs, user=user)))
    assert (consent.gdpr, consent.tc_string, consent.us_privacy) == (True, "CQ", "1YNN")


@pytest.mark.parametrize(
    ("regs", "user", "allowed"),
    [
        ({}, {}, True),
        ({"gdpr": 0}, {}, True),
        ({"gdpr": 1}, {}, False),
        ({"gdpr": 1}, {"consent": "CQ"}, True),
        ({"us_privacy": "1YYN"}, {}, False),
        ({"us_privacy": "1---"}, {}, True),
        ({"coppa": 1}, {"consent": "CQ"}, False),
    ],
)
def test_user_data_is_only_used_where_it_may_be(regs, user, allowed):
    assert consent_of(read(request(regs=regs, user=user))).allows_user_data is allowed


def refused_or_none(body: bytes) -> BadRequest | None:
    try:
        decode(body)
    except BadRequest as bad:
        return bad
    return None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_sentence(body):
    bad = refused_or_none(body)
    assert bad is None or bad.message


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
FIELDS = ["id", "imp", "site", "app", "device", "user", "regs", "cur", "bcat", "tmax", "test"]


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_json_in_place_of_a_field_is_read_or_refused(changed):
    bad = refused_or_none(json.dumps(request(**changed)).encode())
    assert bad is None or bad.pointer.startswith("/")
