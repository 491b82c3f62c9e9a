import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api_world import ANA, running_world
from write_api.rate import Buckets


def taken(buckets, *, now, key="k", per_minute=3):
    return buckets.take("acme", key, per_minute=per_minute, now=now)


def test_a_minutes_requests_may_come_at_once_and_then_one_by_one():
    buckets = Buckets()
    first = [taken(buckets, now=100.0) for _ in range(4)]
    assert [each.allowed for each in first] == [True, True, True, False]
    assert [each.remaining for each in first] == [2, 1, 0, 0]
    assert first[3].retry_after == pytest.approx(20.0)
    assert first[3].full_after == pytest.approx(60.0)
    assert taken(buckets, now=120.0).allowed
    assert not taken(buckets, now=120.0).allowed
    assert taken(buckets, now=500.0).remaining == 2


def test_each_key_of_each_tenant_has_its_own():
    buckets = Buckets()
    assert buckets.take("acme", "k", per_minute=1, now=0.0).allowed
    assert not buckets.take("acme", "k", per_minute=1, now=0.0).allowed
    assert buckets.take("acme", "other", per_minute=1, now=0.0).allowed
    assert buckets.take("rival", "k", per_minute=1, now=0.0).allowed


def test_what_is_full_again_is_forgotten_first():
    buckets = Buckets(buckets_max=2)
    for number in range(100):
        taken(buckets, now=number * 61.0, key=f"key-{number}")
    assert len(buckets._evenly) <= 2


@given(
    st.integers(1, 1_000),
    st.lists(st.floats(0, 90, allow_nan=False), max_size=60).map(sorted),
)
def test_nobody_gets_more_than_their_minute_and_what_came_back(per_minute, times):
    buckets = Buckets()
    allowed = [now for now in times if taken(buckets, now=now, per_minute=per_minute).allowed]
    for index, first in enumerate(allowed):
        for count, last in enumerate(allowed[index:], start=1):
            assert count <= per_minute + (last - first) * per_minute / 60 + 1


@given(st.integers(1, 1_000), st.lists(st.floats(0, 5, allow_nan=False), max_size=30).map(sorted))
def test_whoever_waits_as_told_is_let_in(per_minute, times):
    buckets = Buckets()
    for now in times:
        answer = taken(buckets, now=now, per_minute=per_minute)
        if not answer.allowed:
            later = now + answer.retry_after + 1e-9
            assert taken(buckets, now=later, per_minute=per_minute).allowed
            return


async def test_a_key_with_a_rate_is_told_what_is_left_and_when_to_come_back(ana, world):
    key = (await ana.post("/v1/keys", json={"rate_per_minute": 2})).json()
    await world.settled()
    async with world.client(key["text"]) as limited:
        answers = [await limited.get("/v1/whoami") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        '"key";r=1', '"key";r=0', '"key";r=0',
    ]  # fmt: skip
    assert answers[0].headers["ratelimit-policy"] == '"key";q=2;w=60'
    assert answers[2].json()["code"] == "rate_limited"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30


async def test_a_refused_request_takes_none_of_the_others_share(ana, world):
    key = (await ana.post("/v1/keys", json={"rate_per_minute": 1})).json()
    await world.settled()
    async with world.client(key["text"]) as limited:
        statuses = [(await limited.get("/v1/whoami")).status_code for _ in range(2)]

    assert statuses == [200, 429]
    assert (await ana.get("/v1/whoami")).status_code == 200


async def test_a_key_without_a_rate_is_not_slowed_down(ana):
    answer = await ana.get("/v1/whoami")

    assert "ratelimit" not in answer.headers


async def test_an_installation_may_limit_every_key_that_has_no_rate_of_its_own():
    async with running_world(rate_per_minute=1) as world, world.client(ANA) as ana:
        first, second = await ana.get("/v1/whoami"), await ana.get("/v1/whoami")
        public = await ana.get("/healthz")

    assert (first.status_code, second.status_code, public.status_code) == (200, 429, 200)
