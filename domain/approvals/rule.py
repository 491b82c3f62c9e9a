"""A rule on approvals: of which campaigns it speaks, and whom it asks (FR-WKF-003, 009, 010)."""

import re
from collections.abc import Iterator

import msgspec

from domain.money import MICROS_PER_UNIT, Currency, Money
from domain.refusal import FieldError
from domain.tenant.roles import AUTHORING, Role

APPROVALS_MAX = 100
CHANNELS_MAX = 100
CHANNEL_CHARACTERS_MAX = 200
ROLE_CHARACTERS_MAX = 64
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
REGULATED = ("alcohol", "gambling", "pharma", "finance")


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Approvals that a campaign needs when the rule speaks of it.

    It speaks of campaigns with a total budget of `above` or more (None: any) in one of
    `channels` (empty: all). Below `auto_approve_below` it asks for nothing. `creative_review`
    and `legal_review` want one of its approvals to vouch for that review.
    """

    name: str
    role: str
    min_approvals: int = 1
    auto_approve_below: Money | None = None
    above: Money | None = None
    channels: tuple[str, ...] = ()
    creative_review: bool = False
    legal_review: bool = False
    enabled: bool = True

    def speaks_of(self, *, total: Money, channels: tuple[str, ...]) -> bool:
        """Tell whether a campaign with this budget and these channels is its concern.

        The threshold compares face values: there are no exchange rates to trust yet.
        """
        if not self.enabled or (self.above is not None and total.micros < self.above.micros):
            return False
        return not self.channels or bool(_folded(self.channels) & _folded(channels))

    def waives(self, *, total: Money) -> bool:
        """Tell whether the budget is too small to ask anybody; never across currencies."""
        limit = self.auto_approve_below
        return (
            limit is not None and limit.currency == total.currency and total.micros < limit.micros
        )


def seeded(currency: Currency) -> tuple[Rule, ...]:
    """Return the rules that every tenant starts with (BRD, seeded approval rules)."""
    return (
        Rule(name="standard", role=Role.MANAGER, auto_approve_below=_units(1_000, currency)),
        Rule(
            name="high_budget",
            role=Role.DIRECTOR,
            min_approvals=2,
            above=_units(50_000, currency),
        ),
        Rule(name="regulated", role=Role.COMPLIANCE, min_approvals=2, channels=REGULATED),
    )


def errors_in(rule: Rule) -> Iterator[FieldError]:
    """Yield what keeps a rule from being kept, field by field."""
    if not NAME.fullmatch(rule.name):
        yield FieldError(
            "/name", "A name is 1 to 64 lower-case letters, digits, dashes and underscores."
        )
    if not rule.role.strip() or len(rule.role) > ROLE_CHARACTERS_MAX:
        yield FieldError("/role", f"Name the role, in 1 to {ROLE_CHARACTERS_MAX} characters.")
    if rule.role in set(AUTHORING):
        yield FieldError("/role", "Marketers and administrators write campaigns: ask a reviewer.")
    if not 1 <= rule.min_approvals <= APPROVALS_MAX:
        yield FieldError("/min_approvals", f"Ask for 1 to {APPROVALS_MAX} approvals.")
    amounts = [amount for amount in (rule.auto_approve_below, rule.above) if amount is not None]
    if len({amount.currency for amount in amounts}) > 1:
        yield FieldError("/above/currency", "The amounts of a rule must be in one currency.")
    if len(rule.channels) > CHANNELS_MAX:
        yield FieldError("/channels", f"There must not be more than {CHANNELS_MAX} channels.")
    for index, channel in enumerate(rule.channels):
        if not channel.strip() or len(channel) > CHANNEL_CHARACTERS_MAX:
            yield FieldError(
                f"/channels/{index}", f"A channel has 1 to {CHANNEL_CHARACTERS_MAX} characters."
            )


def _folded(channels: tuple[str, ...]) -> set[str]:
    return {channel.strip().casefold() for channel in channels}


def _units(units: int, currency: Currency) -> Money:
    return Money(micros=units * MICROS_PER_UNIT, currency=currency)
