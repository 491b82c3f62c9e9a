"""What may be asked of a loyalty programme and of its members.

Members are named by their callers; from here on they are the random `ref` of the key ring, in
stream names, events and fingerprints alike.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from commands.desk import Desk
from commands.ledger import SNAPSHOT_EVERY, Ledger
from commands.ports import Subject
from commands.tenant import TENANTS
from commands.transact import Asking, Outcome, current, fingerprint_of, transact
from domain.loyalty import STRANGER, LoyaltyMember, MemberEvent, Programme, ProgrammeSet, evolve
from domain.loyalty import decisions as loyalty
from domain.loyalty.naming import is_name, require_name
from domain.loyalty.programme import Award, Channel, Purchase, award, set_programme
from domain.loyalty.programme import evolve as evolve_programme
from domain.loyalty.refusals import MemberUnknown
from domain.loyalty.settling import fallen_due
from domain.money import Money
from domain.tenant import Open
from migrations.events import EventDecoder

MEMBERS: Ledger[LoyaltyMember, MemberEvent] = Ledger(
    "member", STRANGER, evolve, EventDecoder(MemberEvent), snapshot_every=SNAPSHOT_EVERY
)
PROGRAMMES: Ledger[Programme, ProgrammeSet] = Ledger(
    "programme", Programme(), evolve_programme, EventDecoder(ProgrammeSet)
)


class AboutMember(msgspec.Struct, frozen=True, kw_only=True):
    """A command about whoever its caller names."""

    member: str


class EnrolMember(AboutMember, frozen=True, kw_only=True):
    """Without `confirmed` the member is asked first, and confirms later."""

    confirmed: bool = True


class ConfirmEnrolment(AboutMember, frozen=True, kw_only=True):
    pass


class EarnStars(AboutMember, frozen=True, kw_only=True):
    purchase: str
    amount: Money
    channel: Channel | None = None
    referral: bool = False
    digital: bool = False


class RedeemStars(AboutMember, frozen=True, kw_only=True):
    redemption: str
    stars: int


class CancelRedemption(AboutMember, frozen=True, kw_only=True):
    redemption: str


class RefundPurchase(AboutMember, frozen=True, kw_only=True):
    """Undo a purchase down to `kept`, nothing by default."""

    purchase: str
    kept: Money | None = None


class SetProgramme(msgspec.Struct, frozen=True, kw_only=True):
    rules: Programme


class SettleMember(msgspec.Struct, frozen=True, kw_only=True):
    """Do what time alone leads to; `due` is when, should the clock have been set back since."""

    ref: str
    due: datetime


MemberCommand = (
    EnrolMember | ConfirmEnrolment | EarnStars | RedeemStars | CancelRedemption | RefundPurchase
)
Decision = Callable[[LoyaltyMember], list[MemberEvent]]


async def ask_member(
    command: MemberCommand, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Do what is asked of a member; enrolling gives a new one a ref and a key of their own."""
    if isinstance(command, EnrolMember):
        require_name(command.member)
        subject = await desk.keys.subject(asking.tenant, command.member)
    else:
        subject = await known_subject(command.member, asking=asking, desk=desk)
    at = desk.clock.now()
    outcome = await transact(
        desk,
        MEMBERS,
        subject.ref,
        await _decision(command, subject, asking=asking, desk=desk, at=at),
        asking=nameless(asking, command, subject),
        at=at,
        expected_version=expected_version,
    )
    return outcome._replace(id=command.member)


async def settle_member(command: SettleMember, *, asking: Asking, desk: Desk) -> Outcome:
    """Let stars run out and tiers fall, once their time has come."""
    at = desk.clock.now()
    decision = partial(fallen_due, at=max(at, command.due))
    return await transact(desk, MEMBERS, command.ref, decision, asking=asking, at=at)


async def set_loyalty_programme(
    command: SetProgramme, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Replace the tenant's rules."""
    at = desk.clock.now()
    decision = partial(set_programme, rules=command.rules, by=asking.person, at=at)
    return await transact(
        desk,
        PROGRAMMES,
        asking.tenant,
        decision,
        asking=asking,
        at=at,
        expected_version=expected_version,
    )


async def known_subject(member: str, *, asking: Asking, desk: Desk) -> Subject:
    """Return whose ref this name has; raises `MemberUnknown` for a stranger or someone erased."""
    subject = await desk.keys.known(asking.tenant, member) if is_name(member) else None
    if subject is None:
        raise MemberUnknown
    return subject


def nameless(asking: Asking, command: AboutMember, subject: Subject) -> Asking:
    """Return the asking with a fingerprint that a guessed name cannot be held against.

    The fingerprint stays in the log for ever, also after the member was erased.
    """
    said = msgspec.to_builtins(replace(command, member=subject.ref))
    return replace(asking, fingerprint=fingerprint_of(type(command).__name__, said))


async def _decision(
    command: MemberCommand, subject: Subject, *, asking: Asking, desk: Desk, at: datetime
) -> Decision:
    match command:
        case EnrolMember(confirmed=confirmed):
            return partial(loyalty.enrol, ref=subject.ref, confirmed=confirmed, at=at)
        case ConfirmEnrolment():
            return partial(loyalty.confirm, at=at)
        case EarnStars(purchase=purchase, amount=amount):
            worth = await _award(command, asking=asking, desk=desk, at=at)
            return partial(loyalty.earn, purchase=purchase, amount=amount, award=worth, at=at)
        case RedeemStars(redemption=redemption, stars=stars):
            return partial(loyalty.redeem, redemption=redemption, stars=stars, at=at)
        case CancelRedemption(redemption=redemption):
            return partial(loyalty.cancel_redemption, redemption=redemption, at=at)
        case RefundPurchase(purchase=purchase, kept=kept):
            return partial(loyalty.refund, purchase=purchase, kept=kept, at=at)


async def _award(command: EarnStars, *, asking: Asking, desk: Desk, at: datetime) -> Award:
    """Return what a purchase earns by the rules of this moment, in the tenant's currency."""
    rules = (await current(desk, PROGRAMMES, asking.tenant, asking.tenant)).state
    books = (await current(desk, TENANTS, asking.tenant, asking.tenant)).state
    purchase = Purchase(command.amount, command.channel, command.referral, command.digital)
    currency = books.currency if isinstance(books, Open) else "USD"
    return award(rules, purchase, currency=currency, at=at)
