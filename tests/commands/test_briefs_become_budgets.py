from msgspec.structs import replace
from structlog.testing import capture_logs

from commands.budget import BUDGETS, RecordSpend, record_spend
from commands.budget_allocation import CHECKPOINT_EVERY, BudgetAllocation, allocate_from_brief
from commands.campaign import EditCampaign, edit_campaign
from commands.transact import current
from domain.budget.decisions import Usage
from domain.campaign.brief import BriefChanges, BudgetPlan
from tests.commands.desks import drafted, kinds, new_desk
from tests.contracts.logs import entry
from tests.people import ANA, BIGGER, BRIEF, GLOBEX, MONDAY, TULIPS, asks, eur


async def settled(desk, *, allocation=None):
    """Let a process manager read to the end of the log."""
    allocation = allocation or BudgetAllocation(desk, desk.log)
    while await allocation.step():
        pass
    return allocation


async def budget_of(desk, campaign, *, tenant="acme"):
    return (await current(desk, BUDGETS, tenant, campaign)).state


def five_dollars(campaign):
    usages = (Usage(at=MONDAY, micros=5_000_000, impressions=1),)
    return RecordSpend(
        campaign=campaign, currency="USD", usages=usages, partition=0, first=1, last=1
    )


async def widened(desk, campaign):
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(budget=BIGGER.budget))
    await edit_campaign(edit, asking=asks(ANA, f"widen-{campaign}"), desk=desk)


async def test_a_drafted_campaign_gets_the_budget_its_brief_names():
    desk = new_desk()
    campaign = await drafted(desk)
    await settled(desk)
    budget = await budget_of(desk, campaign)
    assert (budget.total, budget.daily) == (BRIEF.budget.total, BRIEF.budget.daily)
    assert budget.campaign_version == 1
    assert (budget.starts_at, budget.ends_at) == (BRIEF.starts_at, BRIEF.ends_at)


async def test_an_edited_brief_changes_the_budget():
    desk = new_desk()
    campaign = await drafted(desk)
    allocation = await settled(desk)
    await widened(desk, campaign)
    await settled(desk, allocation=allocation)
    assert (await budget_of(desk, campaign)).total == BIGGER.budget.total
    assert await kinds(desk, f"budget-{campaign}") == ["allocated", "allocated"]


async def test_a_brief_edited_before_it_was_read_is_allocated_once():
    desk = new_desk()
    campaign = await drafted(desk)
    await widened(desk, campaign)
    await settled(desk)
    assert await kinds(desk, f"budget-{campaign}") == ["allocated"]
    assert (await budget_of(desk, campaign)).total == BIGGER.budget.total


async def test_reading_everything_again_changes_nothing():
    desk = new_desk()
    campaigns = [await drafted(desk) for _ in range(5)]
    await widened(desk, campaigns[0])
    await settled(desk)
    head = await desk.log.head()
    await settled(desk)
    assert await desk.log.head() == head


async def test_every_tenant_has_budgets_of_its_own():
    desk = new_desk()
    ours, theirs = await drafted(desk), await drafted(desk, tenant=GLOBEX)
    await settled(desk)
    assert (await budget_of(desk, ours)).total == BRIEF.budget.total
    assert (await budget_of(desk, theirs, tenant=GLOBEX)).total == BRIEF.budget.total


async def test_the_budget_says_which_event_caused_it():
    desk = new_desk()
    campaign = await drafted(desk, key="draft-it")
    await settled(desk)
    (brief,) = await desk.log.read("acme", f"campaign-{campaign}")
    (allocated,) = await desk.log.read("acme", f"budget-{campaign}")
    assert allocated.causation_id == brief.event_id
    assert allocated.correlation_id == "request-draft-it"
    assert allocated.actor == "process:allocation"


async def test_a_new_process_goes_on_from_a_checkpoint():
    desk = new_desk()
    noise = [entry() for _ in range(CHECKPOINT_EVERY)]
    await desk.log.append("acme", "noise-1", noise, after=0)
    await settled(desk)
    campaign = await drafted(desk)
    fresh = BudgetAllocation(desk, desk.log)
    assert await fresh.step() < CHECKPOINT_EVERY
    assert (await budget_of(desk, campaign)).total == BRIEF.budget.total


async def test_an_idle_log_is_not_fed_by_its_own_checkpoints():
    desk = new_desk()
    await desk.log.append("acme", "noise-1", [entry() for _ in range(5_000)], after=0)
    allocation = await settled(desk)
    head = await desk.log.head()
    assert await allocation.step() == 0
    assert head <= 5_000 + 5_000 // CHECKPOINT_EVERY


async def test_a_refused_allocation_does_not_stop_the_others():
    desk = new_desk()
    campaign = await drafted(desk)
    allocation = await settled(desk)
    await record_spend(five_dollars(campaign), asking=asks(ANA, "spend"), desk=desk)
    in_euros = BriefChanges(
        budget=BudgetPlan(total=eur(100)), offers=(replace(TULIPS, bid_cpm=eur(2)),)
    )
    edit = EditCampaign(campaign=campaign, changes=in_euros)
    await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk)
    other = await drafted(desk)
    with capture_logs() as logs:
        await settled(desk, allocation=allocation)
    assert [line["code"] for line in logs] == ["currency_mismatch"]
    assert (await budget_of(desk, campaign)).total == BRIEF.budget.total
    (parked,) = await desk.log.read("acme", f"allocation-{campaign}")
    assert (parked.kind, b"currency_mismatch" in parked.data) == ("allocation.parked.v1", True)
    assert (await budget_of(desk, other)).total == BRIEF.budget.total


async def test_a_budget_can_be_allocated_ahead_of_the_log():
    desk = new_desk()
    campaign = await drafted(desk)
    assert await allocate_from_brief(desk, "acme", campaign)
    await settled(desk)
    assert await kinds(desk, f"budget-{campaign}") == ["allocated"]
    assert not await allocate_from_brief(desk, "acme", "nobody")
