from msgspec.structs import replace

from adapters.memory_views import MemoryViews
from domain.approvals import Rule, seeded
from domain.approvals.events import ApprovalRuleRemoved, ApprovalRuleSet
from domain.tenant.events import SettingsChanged
from projections.approval_rules import APPROVAL_RULES, ApprovalRules, StoredApprovalRules
from tests.people import ACME, GLOBEX, MONDAY, TUESDAY
from tests.projections.scribe import OPENED, Scribe, kept_up

BRAND = Rule(name="brand", role="guardian")
IN_EUROS = SettingsChanged(name="Acme", currency="EUR", time_zone="UTC", changed_at=TUESDAY)


def was_set(rule):
    return ApprovalRuleSet(rule=rule, set_by="ana", set_at=MONDAY)


async def rules_after(*streams):
    scribe, views = Scribe(), MemoryViews()
    for stream, *events in streams:
        await scribe.write(f"{stream}-acme", *events)
    await kept_up(APPROVAL_RULES, scribe.log, views)
    stored = StoredApprovalRules(views)
    assert isinstance(stored, ApprovalRules)
    return await stored.of(ACME), await stored.of(GLOBEX)


async def test_an_agency_without_rules_of_its_own_reads_the_seeded_ones_in_its_currency():
    acme, globex = await rules_after(("tenant", OPENED, IN_EUROS))

    assert (tuple(acme.rules.values()), acme.version) == (seeded("EUR"), 0)
    assert tuple(globex.rules.values()) == seeded("USD")


async def test_rules_read_as_they_were_last_written():
    stricter = replace(BRAND, min_approvals=2)
    removed = ApprovalRuleRemoved(name="standard", removed_by="ana", removed_at=TUESDAY)
    seeds = [was_set(rule) for rule in seeded("USD")]
    acme, globex = await rules_after(
        ("tenant", OPENED),
        ("approval_rules", *seeds, was_set(BRAND), was_set(stricter), removed),
    )

    assert sorted(acme.rules) == ["brand", "high_budget", "regulated"]
    assert (acme.rules["brand"], acme.version) == (stricter, 6)
    assert globex.version == 0


async def test_an_agency_that_removed_its_only_rule_has_none():
    removed = ApprovalRuleRemoved(name="brand", removed_by="ana", removed_at=TUESDAY)
    acme, _ = await rules_after(("approval_rules", was_set(BRAND), removed))

    assert (acme.rules, acme.version) == ({}, 2)
