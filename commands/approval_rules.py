"""What may be asked of a tenant's approval rules, and how each tenant comes to its first ones."""

from collections.abc import Iterable
from functools import partial

import msgspec
import structlog

from commands.agenda import Agenda, Dropped, Due
from commands.desk import Desk
from commands.ledger import Ledger
from commands.ports import Happenings, Overtaken
from commands.tenant import TENANTS
from commands.transact import Asking, Outcome, current, transact
from domain.approvals import UNSEEDED, ApprovalRuleEvent, Rule, Unseeded, evolve, rules_of
from domain.approvals import decisions as approvals
from domain.approvals.events import ApprovalRuleSet
from domain.approvals.state import ApprovalRules
from domain.envelope import Recorded
from domain.identity import TenantId
from domain.money import Currency
from domain.tenant import Open
from domain.tenant.events import TenantOpened
from migrations.events import EventDecoder, kinds_of

PROCESS = "approval-rules"
OPENED = kinds_of(TenantOpened)
WRITTEN = kinds_of(ApprovalRuleSet)
CURRENCY_DEFAULT: Currency = "USD"

APPROVAL_RULES: Ledger[ApprovalRules, ApprovalRuleEvent] = Ledger(
    "approval_rules", UNSEEDED, evolve, EventDecoder(ApprovalRuleEvent)
)

log = structlog.get_logger(__name__)


class SetApprovalRule(msgspec.Struct, frozen=True, kw_only=True):
    """Write a rule; `is_new` when whoever asks believes there is none of its name."""

    rule: Rule
    is_new: bool = False


class RemoveApprovalRule(msgspec.Struct, frozen=True, kw_only=True):
    name: str


async def set_approval_rule(
    command: SetApprovalRule, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Write one rule; the outcome's id is its name, its version that of all the rules."""
    at = desk.clock.now()
    decision = partial(
        approvals.set_rule,
        rule=command.rule,
        currency=await _currency(desk, asking.tenant),
        by=asking.actor,
        at=at,
        is_new=command.is_new,
    )
    outcome = await transact(
        desk,
        APPROVAL_RULES,
        asking.tenant,
        decision,
        asking=asking,
        at=at,
        expected_version=expected_version,
    )
    return outcome._replace(id=command.rule.name)


async def remove_approval_rule(
    command: RemoveApprovalRule,
    *,
    asking: Asking,
    desk: Desk,
    expected_version: int | None = None,
) -> Outcome:
    """Take one rule away."""
    at = desk.clock.now()
    decision = partial(
        approvals.remove_rule,
        name=command.name,
        currency=await _currency(desk, asking.tenant),
        by=asking.actor,
        at=at,
    )
    outcome = await transact(
        desk,
        APPROVAL_RULES,
        asking.tenant,
        decision,
        asking=asking,
        at=at,
        expected_version=expected_version,
    )
    return outcome._replace(id=command.name)


async def rules_in_force(desk: Desk, tenant: TenantId) -> tuple[Rule, ...]:
    """Return the tenant's rules as they read now; the seeded ones before any was written."""
    rules = (await current(desk, APPROVAL_RULES, tenant, tenant)).state
    seeded = isinstance(rules, Unseeded)
    currency = await _currency(desk, tenant) if seeded else CURRENCY_DEFAULT
    return rules_of(rules, currency=currency)


async def seed_rules(*, asking: Asking, desk: Desk) -> Outcome:
    """Write down the rules that every tenant starts with, unless some were written."""
    at = desk.clock.now()
    currency = await _currency(desk, asking.tenant)
    decision = partial(approvals.seed, currency=currency, by=asking.person, at=at)
    return await transact(desk, APPROVAL_RULES, asking.tenant, decision, asking=asking, at=at)


def rule_seeding(desk: Desk, happenings: Happenings) -> Agenda:
    """Return the process manager that seeds the rules of each tenant once it is opened."""
    return Agenda(desk, happenings, heed=_heed, act=partial(_seed, desk))


def _heed(recorded: Recorded) -> Iterable[Due | Dropped]:
    if recorded.kind in OPENED:
        yield Due(recorded.tenant, PROCESS, recorded.recorded_at, recorded.event_id)
    elif recorded.kind in WRITTEN:
        yield Dropped(recorded.tenant, PROCESS)


async def _seed(desk: Desk, due: Due) -> bool:
    asking = Asking.of_process(
        PROCESS, due.caused_by, tenant=due.tenant, causation_id=due.caused_by
    )
    try:
        await seed_rules(asking=asking, desk=desk)
    except Overtaken:
        return False
    log.info("approval_rules_seeded", tenant=due.tenant)
    return True


async def _currency(desk: Desk, tenant: TenantId) -> Currency:
    state = (await current(desk, TENANTS, tenant, tenant)).state
    return state.currency if isinstance(state, Open) else CURRENCY_DEFAULT
