"""Each tenant's approval rules as they read now."""

from typing import Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from domain.approvals import ApprovalRuleEvent, Rule, seeded
from domain.approvals.events import ApprovalRuleRemoved, ApprovalRuleSet
from domain.envelope import Recorded
from domain.identity import TenantId
from domain.money import Currency
from domain.tenant.events import SettingsChanged, TenantOpened
from projections.ports import Address, ViewReader
from projections.projection import Projection, Rows

CURRENCY_DEFAULT: Currency = "USD"
Heard = ApprovalRuleEvent | TenantOpened | SettingsChanged


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of a tenant by name; `version` is their stream's, 0 before any was written."""

    rules: dict[str, Rule]
    version: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered: what the tenant's stream said, and what the rules' own did."""

    currency: Currency = CURRENCY_DEFAULT
    rules: dict[str, Rule] = {}
    version: int = 0


@runtime_checkable
class ApprovalRules(Protocol):
    """The approval rules of tenants."""

    async def of(self, tenant: TenantId) -> Rules:
        """Return the tenant's rules; the seeded ones before any was written."""


class StoredApprovalRules:
    """Satisfies `ApprovalRules`."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def of(self, tenant: TenantId) -> Rules:
        """Return the tenant's rules; the seeded ones before any was written."""
        row = await self._reader.row(APPROVAL_RULES.name, tenant, tenant)
        return _shown(None) if row is None else _rules.decode(row)


def fold(told: Told | None, event: Heard, recorded: Recorded) -> Told:
    """Return what is known after one more event."""
    known = told or Told()
    match event:
        case TenantOpened() | SettingsChanged():
            return replace(known, currency=event.currency)
        case ApprovalRuleSet(rule=rule):
            rules = {**known.rules, rule.name: rule}
            return replace(known, rules=rules, version=recorded.version)
        case ApprovalRuleRemoved(name=name):
            rules = {other: rule for other, rule in known.rules.items() if other != name}
            return replace(known, rules=rules, version=recorded.version)


def rows(tenant: str, key: str, told: Told | None) -> Rows:
    """Return the tenant's one row."""
    return {} if told is None else {Address(tenant, key): _shown(told)}


def _shown(told: Told | None) -> Rules:
    known = told or Told()
    if not known.version:
        return Rules(rules={rule.name: rule for rule in seeded(known.currency)}, version=0)
    return Rules(rules=known.rules, version=known.version)


APPROVAL_RULES = Projection(
    name="approval_rules",
    events=Heard,
    memory=Told,
    fold=fold,
    rows=rows,
)
_rules = msgspec.json.Decoder(Rules)
