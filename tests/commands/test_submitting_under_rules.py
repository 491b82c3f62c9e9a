import pytest
from msgspec.structs import replace

from commands.approval_rules import (
    APPROVAL_RULES,
    RemoveApprovalRule,
    SetApprovalRule,
    remove_approval_rule,
    rule_seeding,
    rules_in_force,
    set_approval_rule,
)
from commands.campaign import CAMPAIGNS, Action, EditCampaign, edit_campaign
from commands.desk import Desk
from commands.tenant import ChangeSettings, OpenTenant, change_tenant_settings, open_tenant_books
from commands.transact import StaleVersion, current
from domain.approvals import Rule, seeded
from domain.campaign import stage_of
from domain.campaign.brief import BriefChanges, BudgetPlan
from tests.commands.desks import drafted, kinds, moved, new_desk
from tests.people import ACME, ANA, BRIEF, GLOBEX, MONDAY, asks, usd

SMALL = replace(BRIEF, budget=BudgetPlan(total=usd(100)))
STANDARD = seeded("USD")[0]


async def state(desk, campaign):
    return (await current(desk, CAMPAIGNS, ACME, campaign)).state


async def opened(desk, tenant=ACME, currency="USD"):
    name = tenant.title()
    asking = asks(ANA, f"open-{tenant}", tenant=tenant)
    await open_tenant_books(OpenTenant(name=name), asking=asking, desk=desk)
    settings = ChangeSettings(name=name, currency=currency, time_zone="UTC")
    asking = asks(ANA, f"settings-{tenant}", tenant=tenant)
    await change_tenant_settings(settings, asking=asking, desk=desk)


async def write(desk, rule, key, **more):
    command = SetApprovalRule(rule=rule, **more)
    return await set_approval_rule(command, asking=asks(ANA, key), desk=desk)


async def test_a_small_campaign_is_approved_by_the_rule_as_it_is_submitted():
    desk = new_desk()
    campaign = await drafted(desk, SMALL)
    outcome = await moved(desk, campaign, Action.SUBMIT)
    assert await kinds(desk, f"campaign-{campaign}") == ["drafted", "submitted", "approved"]
    assert (await state(desk, campaign)).approval.approver == "rule:standard"
    assert await moved(desk, campaign, Action.SUBMIT) == outcome
    assert await moved(desk, campaign, Action.APPROVE) == outcome


async def test_a_rule_that_changes_is_heard_by_later_submissions_alone():
    desk = new_desk()
    before, after = [await drafted(desk) for _ in range(2)]
    await moved(desk, before, Action.SUBMIT)
    await write(desk, replace(STANDARD, role="director", min_approvals=2), "stricter")
    await moved(desk, after, Action.SUBMIT)
    assert [asked.role for asked in (await state(desk, before)).requirements] == ["manager"]
    assert [asked.role for asked in (await state(desk, after)).requirements] == ["director"]
    await moved(desk, before, Action.APPROVE)
    await moved(desk, after, Action.APPROVE)
    assert stage_of(await state(desk, before)) == "approved"
    assert stage_of(await state(desk, after)) == "in_review"


async def test_a_campaign_that_comes_back_is_asked_what_the_rules_ask_then():
    desk = new_desk()
    campaign = await drafted(desk)
    await moved(desk, campaign, Action.SUBMIT, Action.REJECT)
    command = RemoveApprovalRule(name="standard")
    await remove_approval_rule(command, asking=asks(ANA, "without"), desk=desk)
    await moved(desk, campaign, Action.SUBMIT)
    assert (await state(desk, campaign)).requirements == ()


async def test_an_edit_of_what_a_rule_let_pass_must_pass_again():
    desk = new_desk()
    campaign = await drafted(desk, SMALL)
    await moved(desk, campaign, Action.SUBMIT)
    edit = EditCampaign(campaign=campaign, changes=BriefChanges(budget=BRIEF.budget))
    await edit_campaign(edit, asking=asks(ANA, "edit"), desk=desk)
    await moved(desk, campaign, Action.SUBMIT)
    assert stage_of(await state(desk, campaign)) == "in_review"


async def test_a_tenant_that_was_opened_before_there_were_rules_has_the_seeded_ones():
    desk = new_desk()
    assert await rules_in_force(desk, ACME) == seeded("USD")
    await opened(desk, GLOBEX, "EUR")
    assert await rules_in_force(desk, GLOBEX) == seeded("EUR")


async def test_every_tenant_is_seeded_in_its_currency_once():
    desk = new_desk()
    await opened(desk)
    await opened(desk, GLOBEX, "EUR")
    seeding = rule_seeding(desk, desk.log)
    assert await seeding.step() == 2
    assert await seeding.step() == 0
    assert await rule_seeding(Desk(desk.log, desk.clock), desk.log).step() == 0
    for tenant, currency in ((ACME, "USD"), (GLOBEX, "EUR")):
        recorded = await desk.log.read(tenant, f"approval_rules-{tenant}")
        assert [event.actor for event in recorded] == ["process:approval-rules"] * 3
        assert await rules_in_force(desk, tenant) == seeded(currency)


async def test_rules_that_were_written_first_are_not_seeded_over():
    desk = new_desk()
    await opened(desk)
    await write(desk, replace(STANDARD, min_approvals=3), "first")
    await rule_seeding(desk, desk.log).step()
    rules = {rule.name: rule for rule in await rules_in_force(desk, ACME)}
    assert (len(rules), rules["standard"].min_approvals) == (3, 3)


async def test_a_change_of_rules_that_were_changed_meanwhile_is_stale():
    desk = new_desk()
    outcome = await write(desk, replace(STANDARD, min_approvals=2), "one")
    assert (outcome.id, outcome.version) == ("standard", 4)
    other = SetApprovalRule(rule=Rule(name="brand", role="guardian"))
    with pytest.raises(StaleVersion):
        await set_approval_rule(other, asking=asks(ANA, "two"), desk=desk, expected_version=3)
    folded = await current(desk, APPROVAL_RULES, ACME, ACME)
    assert (folded.version, desk.clock.now()) == (4, MONDAY)
