"""What may be asked about a person's consent.

People are named by their callers; from here on they are the random `ref` of the key ring.
"""

from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec

from commands.consent_signals import Made, Offered, heard
from commands.desk import Desk
from commands.ledger import SNAPSHOT_EVERY, Ledger
from commands.ports import Subject
from commands.privacy import unguessable
from commands.transact import Asking, Outcome, transact
from domain.consent import UNASKED, Consent, ConsentEvent, Evidence, evolve, name_of
from domain.consent.decisions import Weight, offer, revoke, start_check, weigh
from domain.consent.events import CmpStatus
from domain.consent.policies import Law, judge
from domain.consent.refusals import ConsentSignalMissing
from domain.privacy.naming import require_subject
from migrations.events import EventDecoder

CONSENTS: Ledger[Consent, ConsentEvent] = Ledger(
    "consent", UNASKED, evolve, EventDecoder(ConsentEvent), snapshot_every=SNAPSHOT_EVERY
)


class OfferConsent(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known now of what a person chose; it replaces what was known before.

    With `cmp` alone, that they are being asked.
    """

    subject: str
    offered: Offered
    cmp: CmpStatus | None = None
    source: str = "api"


class RevokeConsent(msgspec.Struct, frozen=True, kw_only=True):
    subject: str


class Taken(NamedTuple):
    """What became of an offer: `state` is the person's from now on."""

    outcome: Outcome
    state: str
    weight: Weight


async def offer_consent(
    command: OfferConsent, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Taken:
    """Record what the person chose; what is older than the record stays without effect.

    A broken string is refused before anything is kept of the person.
    """
    require_subject(command.subject)
    said = heard(command.offered)
    if not any(said.signals):
        if command.cmp is None:
            raise ConsentSignalMissing
        return await _ask(
            command, command.cmp, asking=asking, desk=desk, expected_version=expected_version
        )
    subject = await desk.keys.subject(asking.tenant, command.subject)
    judged = judge(said.signals, command.offered.region)
    at = desk.clock.now()
    evidence = await _evidence(command, said.made, judged.law, subject, desk=desk, at=at)
    weights = [Weight.KNOWN]

    def decide(consent: Consent) -> list[ConsentEvent]:
        weights.append(weigh(consent, evidence))
        return offer(consent, subject=subject.ref, readings=judged.readings, evidence=evidence)

    outcome = await transact(
        desk,
        CONSENTS,
        subject.ref,
        decide,
        asking=unguessable(asking, desk),
        at=at,
        expected_version=expected_version,
    )
    return _taken(command.subject, subject, outcome, weights[-1], desk=desk)


async def revoke_consent(
    command: RevokeConsent, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Taken:
    """Take all consent back; what was gathered on it is purged by a process of its own."""
    require_subject(command.subject)
    subject = await desk.keys.subject(asking.tenant, command.subject)
    at = desk.clock.now()
    sealed = await desk.keys.seal(subject, command.subject)
    weights = [Weight.KNOWN]

    def decide(consent: Consent) -> list[ConsentEvent]:
        news = revoke(consent, subject=subject.ref, sealed=sealed, at=at)
        weights.append(Weight.NEWER if news else Weight.KNOWN)
        return news

    outcome = await transact(
        desk,
        CONSENTS,
        subject.ref,
        decide,
        asking=unguessable(asking, desk),
        at=at,
        expected_version=expected_version,
    )
    return _taken(command.subject, subject, outcome, weights[-1], desk=desk)


async def _ask(
    command: OfferConsent,
    cmp: CmpStatus,
    *,
    asking: Asking,
    desk: Desk,
    expected_version: int | None,
) -> Taken:
    subject = await desk.keys.subject(asking.tenant, command.subject)
    at = desk.clock.now()
    decision = partial(start_check, subject=subject.ref, cmp=cmp, at=at)
    outcome = await transact(
        desk,
        CONSENTS,
        subject.ref,
        decision,
        asking=unguessable(asking, desk),
        at=at,
        expected_version=expected_version,
    )
    return _taken(command.subject, subject, outcome, Weight.NEWER, desk=desk)


async def _evidence(
    command: OfferConsent,
    made: Made | None,
    law: Law,
    subject: Subject,
    *,
    desk: Desk,
    at: datetime,
) -> Evidence:
    raw = msgspec.json.encode(command.offered, order="sorted").decode()
    dated = {} if made is None or command.offered.has_choices else {"said_at": made.said_at}
    return Evidence(
        source=command.source,
        sealed=await desk.keys.seal(subject, raw),
        digest=desk.keys.digest(f"{subject.ref} {raw}"),
        law=law,
        region=command.offered.region,
        received_at=at,
        by_choice=command.offered.has_choices,
        tcf_policy=None if made is None else made.tcf_policy,
        vendor_list=None if made is None else made.vendor_list,
        cmp_id=None if made is None else made.cmp_id,
        cmp_version=None if made is None else made.cmp_version,
        **dated,
    )


def _taken(name: str, subject: Subject, outcome: Outcome, weight: Weight, *, desk: Desk) -> Taken:
    state = desk.folded(CONSENTS, subject.tenant, subject.ref).state
    return Taken(outcome._replace(id=name), name_of(state), weight)
