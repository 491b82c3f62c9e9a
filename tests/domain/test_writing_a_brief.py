from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from domain.campaign import decisions, refusals
from domain.campaign.brief import BudgetPlan, Domains, Targeting, content_hash
from domain.money import Money
from tests.people import (
    ANA,
    BEN,
    BRIEF,
    DRAFTED,
    MONDAY,
    NEXT_MONDAY,
    SPRING,
    TULIPS,
    eur,
    usd,
)
from tests.spec import given_campaign


def drafting(brief, *, by=ANA, history=()):
    return given_campaign(*history).when(
        decisions.draft, campaign_id=SPRING, brief=brief, by=by, at=MONDAY
    )


def offering(**changes):
    return replace(BRIEF, offers=(replace(TULIPS, **changes),))


def targeting(**changes):
    return replace(BRIEF, targeting=Targeting(**changes))


NOBODY = Money(micros=0, currency="USD")
BROKEN = {
    "no name": (replace(BRIEF, name="  "), {"/name"}),
    "a name that never ends": (replace(BRIEF, name="x" * 201), {"/name"}),
    "no advertiser": (replace(BRIEF, advertiser=""), {"/advertiser"}),
    "a blank channel": (replace(BRIEF, channels=("display", "")), {"/channels/1"}),
    "an end before the start": (replace(BRIEF, ends_at=MONDAY), {"/ends_at"}),
    "a time without an offset": (
        replace(BRIEF, starts_at=datetime(2026, 3, 9)),  # noqa: DTZ001 - that is the point
        {"/starts_at"},
    ),
    "no money": (
        replace(BRIEF, budget=BudgetPlan(total=NOBODY), offers=()),
        {"/budget/total"},
    ),
    "a day dearer than the whole": (
        replace(BRIEF, budget=BudgetPlan(total=usd(100), daily=usd(101))),
        {"/budget/daily"},
    ),
    "a day in another currency": (
        replace(BRIEF, budget=BudgetPlan(total=usd(100), daily=eur(1))),
        {"/budget/daily/currency"},
    ),
    "a bid in another currency": (offering(bid_cpm=eur(1)), {"/offers/0/bid_cpm/currency"}),
    "a bid of nothing": (offering(bid_cpm=NOBODY), {"/offers/0/bid_cpm"}),
    "two offers with one id": (replace(BRIEF, offers=(TULIPS, TULIPS)), {"/offers/1/id"}),
    "an offer with nothing to show": (offering(creative_url=None), {"/offers/0"}),
    "an offer with two things to show": (offering(markup="<b>tulips</b>"), {"/offers/0"}),
    "an address that is no web address": (
        offering(landing_url="javascript:alert(1)", creative_url="https:///x"),
        {"/offers/0/landing_url", "/offers/0/creative_url"},
    ),
    "an address with a space": (
        offering(landing_url="https://x.example/a b"),
        {"/offers/0/landing_url"},
    ),
    "a broken address": (offering(landing_url="http://[oops"), {"/offers/0/landing_url"}),
    "a size of nothing": (offering(size=(0, 250)), {"/offers/0/size"}),
    "a negative target size": (targeting(sizes=((300, -1),)), {"/targeting/sizes/0"}),
    "a country that is none": (targeting(geo=("DEU", "DE")), {"/targeting/geo/1"}),
    "a page instead of a domain": (
        targeting(domains=Domains(block=("https://bad.example/",))),
        {"/targeting/domains/block/0"},
    ),
    "a list that never ends": (targeting(geo=("DEU",) * 1_001), {"/targeting/geo"}),
}


@pytest.mark.parametrize(("brief", "pointers"), BROKEN.values(), ids=BROKEN)
def test_a_broken_brief_is_refused_naming_the_field(brief, pointers):
    refusal = drafting(brief).then_refused(refusals.BriefInvalid)
    assert {error.pointer for error in refusal.errors} == pointers
    assert all(error.message.endswith(".") for error in refusal.errors)


def test_everything_wrong_is_told_at_once():
    brief = replace(offering(bid_cpm=eur(1), size=(0, 0)), name="", ends_at=MONDAY)
    refusal = drafting(brief).then_refused(refusals.BriefInvalid)
    assert len(refusal.errors) == 4


def test_a_draft_may_lack_dates_channels_and_offers():
    bare = replace(BRIEF, channels=(), starts_at=None, ends_at=None, offers=())
    drafting(bare).then(replace(DRAFTED, brief=bare))


def test_times_are_kept_in_utc_so_that_equal_plans_hash_alike():
    plus_two = timezone(timedelta(hours=2))
    (event,) = drafting(replace(BRIEF, starts_at=NEXT_MONDAY.astimezone(plus_two))).take()
    assert event == DRAFTED
    assert content_hash(event.brief) == content_hash(BRIEF)
    assert event.brief.starts_at.utcoffset() == timedelta(0)


def test_only_marketers_write():
    drafting(BRIEF, by=BEN).then_refused(refusals.MarketerNeeded)


def test_drafting_twice_records_nothing_new():
    drafting(BRIEF, history=(DRAFTED,)).then_nothing()


def test_another_campaign_does_not_take_the_same_id():
    other = replace(BRIEF, name="Autumn sale")
    drafting(other, history=(DRAFTED,)).then_refused(refusals.CampaignAlreadyWritten)
