import pytest
from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from domain.approvals import Missing, Requirement
from domain.campaign.brief import content_hash
from domain.campaign.events import ApprovalGiven
from projections.campaign_board import CAMPAIGN_BOARD
from projections.stored_views import StoredCampaignBoard, StoredTransitions
from projections.transitions import TRANSITIONS
from projections.views import BadCursor, CampaignBoard, Transitions
from tests.people import (
    ACME,
    ANA,
    APPROVED,
    BEN,
    BIGGER,
    BRIEF,
    DRAFTED,
    FRIDAY,
    GLOBEX,
    HISTORIES,
    MONDAY,
    NEXT_MONDAY,
    REJECTED,
    RETURNED,
    SPRING,
    SUBMITTED,
    TUESDAY,
)
from tests.projections.scribe import EDITED, VOIDED, Scribe, kept_up


@pytest.fixture
def scribe():
    return Scribe()


@pytest.fixture
def views():
    return MemoryViews()


async def card_after(scribe, views, *events):
    await scribe.campaign(*events)
    await kept_up(CAMPAIGN_BOARD, scribe.log, views)
    return await StoredCampaignBoard(views).card(ACME, SPRING)


def test_the_queries_are_what_the_read_side_asks(views):
    assert isinstance(StoredCampaignBoard(views), CampaignBoard)
    assert isinstance(StoredTransitions(views), Transitions)


async def test_a_draft_shows_the_whole_brief(scribe, views):
    card = await card_after(scribe, views, DRAFTED)

    assert (card.id, card.stage, card.author, card.last_editor) == (SPRING, "draft", "ana", "ana")
    assert (card.name, card.offers, card.budget) == (BRIEF.name, BRIEF.offers, BRIEF.budget)
    assert (card.version, card.position, card.created) == (1, 1, 1)
    assert card.content_hash == content_hash(BRIEF)
    assert card.created_at == card.updated_at == MONDAY


@pytest.mark.parametrize("stage", [stage for stage in HISTORIES if stage != "unwritten"])
async def test_the_card_stands_in_the_column_of_its_stage(scribe, views, stage):
    card = await card_after(scribe, views, *HISTORIES[stage])
    listed = await StoredCampaignBoard(views).cards(ACME, stage=stage)

    assert card.stage == stage
    assert listed.cards == [card]
    assert card.version == len(HISTORIES[stage])


async def test_an_approval_shows_who_gave_it(scribe, views):
    card = await card_after(scribe, views, DRAFTED, SUBMITTED, APPROVED)

    assert [(a.approver, a.role, a.at) for a in card.approvals] == [
        (BEN.person, "manager", TUESDAY)
    ]


def given(approver, role, *rules, reviews=()):
    return ApprovalGiven(
        campaign=SPRING,
        approver=approver,
        role=role,
        rules=rules,
        reviews=reviews,
        content_hash=content_hash(BRIEF),
        given_at=TUESDAY,
    )


ASKED = replace(
    SUBMITTED,
    requirements=(
        Requirement(rule="standard", role="manager", min_approvals=1, creative_review=True),
        Requirement(rule="high_budget", role="director", min_approvals=2),
    ),
)
BY_DORA = given("dora", "director", "high_budget")
BY_BEN = given("ben", "manager", "standard", "high_budget", reviews=("creative",))


async def test_a_card_shows_what_was_asked_who_agreed_and_what_is_missing(scribe, views):
    card = await card_after(scribe, views, DRAFTED, ASKED, BY_DORA)

    assert (card.stage, card.requirements) == ("in_review", ASKED.requirements)
    assert [(a.approver, a.rules) for a in card.approvals] == [("dora", ("high_budget",))]
    assert card.missing == (
        Missing(rule="standard", role="manager", approvals=1, reviews=("creative",)),
        Missing(rule="high_budget", role="director", approvals=1),
    )


async def test_an_approved_card_still_shows_what_was_asked_and_each_approver_once(scribe, views):
    card = await card_after(scribe, views, DRAFTED, ASKED, BY_DORA, BY_BEN, APPROVED)

    assert (card.stage, card.missing) == ("approved", ())
    assert [a.approver for a in card.approvals] == ["dora", "ben"]
    assert card.requirements == ASKED.requirements


@pytest.mark.parametrize("no", [REJECTED, RETURNED, VOIDED])
async def test_whatever_ends_a_review_takes_away_what_was_asked_and_given(scribe, views, no):
    card = await card_after(scribe, views, DRAFTED, ASKED, BY_DORA, no)

    assert (card.requirements, card.approvals, card.missing) == ((), (), ())


async def test_an_edit_that_voids_takes_the_approval_away(scribe, views):
    card = await card_after(scribe, views, DRAFTED, SUBMITTED, APPROVED, EDITED, VOIDED)

    assert (card.stage, card.approvals, card.comment) == ("draft", (), VOIDED.reason)
    assert (card.budget, card.content_hash) == (BIGGER.budget, content_hash(BIGGER))
    assert card.updated_at == FRIDAY


async def test_a_schedule_shows_when_it_goes_live(scribe, views):
    assert (await card_after(scribe, views, *HISTORIES["scheduled"])).go_live_at == NEXT_MONDAY


async def test_another_tenant_sees_nothing(scribe, views):
    await card_after(scribe, views, DRAFTED)
    board = StoredCampaignBoard(views)

    assert await board.card(GLOBEX, SPRING) is None
    assert (await board.cards(GLOBEX)).cards == []


async def test_pages_follow_each_other_newest_first(scribe, views):
    for number in range(5):
        await scribe.campaign(DRAFTED, campaign=f"c{number}")
    await kept_up(CAMPAIGN_BOARD, scribe.log, views)
    board = StoredCampaignBoard(views)

    seen, cursor = [], None
    while True:
        page = await board.cards(ACME, limit=2, cursor=cursor)
        seen += [card.id for card in page.cards]
        if (cursor := page.next) is None:
            break
    assert seen == ["c4", "c3", "c2", "c1", "c0"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "٣", "9" * 40])
async def test_a_made_up_cursor_is_refused(views, cursor):
    with pytest.raises(BadCursor):
        await StoredCampaignBoard(views).cards(ACME, cursor=cursor)


async def test_each_step_tells_who_from_where_and_whereto(scribe, views):
    await scribe.campaign(DRAFTED, SUBMITTED, APPROVED, EDITED, VOIDED)
    await kept_up(TRANSITIONS, scribe.log, views)

    steps = await StoredTransitions(views).of(ACME, SPRING)

    assert [(s.action, s.actor, s.from_stage, s.to_stage, s.version) for s in steps] == [
        ("draft", "ana", None, "draft", 1),
        ("submit", "ana", "draft", "in_review", 2),
        ("approve", "ben", "in_review", "approved", 3),
        ("void", ANA.person, "approved", "draft", 5),
    ]
    assert [step.role for step in steps] == [None, "marketer", "manager", None]
    assert await StoredTransitions(views).of(GLOBEX, SPRING) == ()


async def test_the_last_approval_and_what_it_led_to_are_one_step(scribe, views):
    await scribe.campaign(DRAFTED, ASKED, BY_DORA, BY_BEN, APPROVED)
    await kept_up(TRANSITIONS, scribe.log, views)

    steps = await StoredTransitions(views).of(ACME, SPRING)

    assert [(s.action, s.actor, s.from_stage, s.to_stage, s.version) for s in steps] == [
        ("draft", "ana", None, "draft", 1),
        ("submit", "ana", "draft", "in_review", 2),
        ("agree", "dora", "in_review", "in_review", 3),
        ("approve", "ben", "in_review", "approved", 5),
    ]
