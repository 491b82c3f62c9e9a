"""What each privacy law takes for consent: tables, and how signals are read by them.

Product decision 17. Where no region is told, the law is that of the signals themselves, and
where they are of several laws, the strictest (decision record 0090).
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from domain.consent.purposes import EVERY, SALE
from domain.consent.reading import Reading, Signal
from domain.consent.vendors import EVERYONE, NOBODY, union, without

REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class Law(StrEnum):
    GDPR = "gdpr"
    CCPA = "ccpa"  # with CPRA, and the laws of the other states
    LGPD = "lgpd"
    PIPEDA = "pipeda"


class Policy(NamedTuple):
    """`opts_in`: nothing is allowed without a yes. `implied`: purposes that need no express one."""

    law: Law
    opts_in: bool
    implied: frozenset[int] = frozenset()


POLICIES: dict[Law, Policy] = {
    Law.GDPR: Policy(Law.GDPR, opts_in=True),
    Law.CCPA: Policy(Law.CCPA, opts_in=False),
    Law.LGPD: Policy(Law.LGPD, opts_in=True),
    # Profiles (3 to 6) and storage (1) are what people do not expect: they must be express.
    Law.PIPEDA: Policy(Law.PIPEDA, opts_in=True, implied=frozenset({2, 7, 8, 9, 10, 11})),
}
EXPRESS_ONLY = frozenset({"CA-QC"})  # Quebec's Law 25
_LAWS = {"US": Law.CCPA, "BR": Law.LGPD, "CA": Law.PIPEDA}


class Canadian(NamedTuple):
    """Consent by TCF Canada: express, or implied by going on."""

    express: frozenset[int]
    implied: frozenset[int]
    vendors_express: str
    vendors_implied: str
    special_features: tuple[int, ...] = ()
    barred: dict[int, str] = {}  # noqa: RUF012 - a tuple's default, never changed
    barred_implied: dict[int, str] = {}  # noqa: RUF012 - likewise; barred unless express


class American(NamedTuple):
    """Whether somebody opted out of sale, sharing or targeted advertising, or could have."""

    signal: Signal
    opted_out: bool
    could_have: bool


class Signals(NamedTuple):
    """All that was brought forward at once."""

    europe: tuple[Reading, ...] = ()
    canada: Canadian | None = None
    america: tuple[American, ...] = ()
    gpc: bool = False
    choices: Reading | None = None


class Judged(NamedTuple):
    law: Law
    readings: tuple[Reading, ...]


def law_of(region: str) -> Law:
    """Return the law of a region (ISO 3166); where we know of none, the strictest."""
    return _LAWS.get(region.partition("-")[0], Law.GDPR)


def judge(signals: Signals, region: str | None) -> Judged:
    """Return what the signals say under the law that applies."""
    law = _law_among(signals) if region is None else law_of(region)
    return Judged(law, tuple(_readings(signals, POLICIES[law], region)))


def _law_among(signals: Signals) -> Law:
    if signals.europe or signals.choices:
        return Law.GDPR
    if signals.canada:
        return Law.PIPEDA
    return Law.CCPA if signals.america or signals.gpc else Law.GDPR


def _readings(signals: Signals, policy: Policy, region: str | None) -> Iterator[Reading]:
    yield from signals.europe
    if signals.canada is not None:
        implied = frozenset() if region in EXPRESS_ONLY else policy.implied
        yield _canadian(signals.canada, implied)
    for american in signals.america:
        heard = american.opted_out or american.could_have
        yield _american(
            american.signal, opted_out=american.opted_out, counts=heard and not policy.opts_in
        )
    if signals.gpc:
        yield _american(Signal.GPC, opted_out=True, counts=not policy.opts_in)
    if signals.choices is not None:
        yield signals.choices


def _canadian(said: Canadian, implied: frozenset[int]) -> Reading:
    """Return the reading; who is implied only is barred from what must be express."""
    purposes = said.express | (said.implied & implied)
    only_implied = without(said.vendors_implied, said.vendors_express)
    barred = dict(said.barred)
    for purpose in purposes:
        unless_express = only_implied if purpose not in implied else NOBODY
        listed = without(said.barred_implied.get(purpose, NOBODY), said.vendors_express)
        if vendors := union(barred.get(purpose, NOBODY), unless_express, listed):
            barred[purpose] = vendors
    return Reading(
        signal=Signal.GPP_CANADA,
        opts_in=True,
        purposes=tuple(sorted(purposes)),
        special_features=said.special_features,
        vendors=union(said.vendors_express, said.vendors_implied if implied else NOBODY),
        barred=barred,
    )


def _american(signal: Signal, *, opted_out: bool, counts: bool) -> Reading:
    return Reading(
        signal=signal,
        opts_in=counts,
        purposes=tuple(number for number in EVERY if not (opted_out and number in SALE)),
        special_features=() if opted_out else (1, 2),
        vendors=NOBODY if opted_out else EVERYONE,
        partners=() if opted_out else None,
    )
