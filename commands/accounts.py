"""What may be asked about accounts: to invite someone, to set a password, to change it."""

import hashlib
import unicodedata
from functools import partial
from typing import Protocol, runtime_checkable

import msgspec

from commands.desk import Desk
from commands.ledger import Ledger
from commands.people import subject_name
from commands.ports import Subject
from commands.tenant import TENANTS
from commands.transact import Asking, Outcome, current, transact
from domain.account import FRESH, Account, AccountEvent, SealedPassword, evolve
from domain.account import decisions as account_decisions
from domain.account.events import Method
from domain.account.login import NOBODYS, Login, LoginEvent, claim, release
from domain.account.login import evolve as evolve_login
from domain.account.refusals import InvitationInvalid, MailAddressMissing, PasswordWrong
from domain.identity import PersonId, TenantId
from domain.tenant import Open
from domain.tenant.decisions.authority import require_all
from domain.tenant.refusals import PersonUnknown, TenantUnknown
from migrations.events import EventDecoder

ACCOUNTS: Ledger[Account, AccountEvent] = Ledger(
    "account", FRESH, evolve, EventDecoder(AccountEvent), remembers=16
)
LOGINS: Ledger[Login, LoginEvent] = Ledger(
    "login", NOBODYS, evolve_login, EventDecoder(LoginEvent), remembers=16
)


@runtime_checkable
class Passwords(Protocol):
    """Turns passwords into hashes that are dear to guess from."""

    async def hashed(self, password: str) -> str:
        """Return an encoded hash with its salt and parameters."""

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Tell whether the password made the hash; None costs the same work and never fits."""

    def outdated(self, hashed: str) -> bool:
        """Tell whether it was made with other parameters than those in force."""


class InvitePerson(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is the whole one-time token, made elsewhere from good randomness."""

    person: PersonId
    token: str


class AcceptInvitation(msgspec.Struct, frozen=True, kw_only=True):
    person: PersonId
    token: str
    password: str


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's own; `session` is the one that goes on."""

    current: str
    password: str
    session: str | None = None


async def invite_person(command: InvitePerson, *, asking: Asking, desk: Desk) -> Outcome:
    """Let someone set a password, and sign in by the mail address they have now.

    Whoever holds the token can become that person, so only who may do all that they may can
    ask for one. Raises `MailAddressMissing`, `LoginTaken`, `PermissionExceeded`.
    """
    tenant, person, at = asking.tenant, command.person, desk.clock.now()
    books = await books_of(desk, tenant)
    if person not in books.people:
        raise PersonUnknown(person=person)
    if asking.person != person:
        require_all(books.allowed_to(person), by=asking.actor)
    if (address := await address_of(desk, books, person)) is None:
        raise MailAddressMissing(person=person)
    name = (await desk.keys.subject(tenant, login_name(address))).ref
    await claimed(desk, name, person=person, books=books, asking=asking)
    before = (await current(desk, ACCOUNTS, tenant, person)).state.login
    if before is not None and before != name:
        drop = partial(release, name=before, person=person, at=at)
        await transact(desk, LOGINS, before, drop, asking=asking, at=at)
    decision = partial(
        account_decisions.invite,
        person=person,
        login=name,
        token_hash=hash_of(command.token),
        at=at,
    )
    return await transact(desk, ACCOUNTS, person, decision, asking=asking, at=at)


async def accept_invitation(
    command: AcceptInvitation, *, asking: Asking, desk: Desk, passwords: Passwords
) -> Outcome:
    """Set the password that an invitation allows to set; raises `InvitationInvalid`."""
    tenant, person = asking.tenant, command.person
    token_hash, at = hash_of(command.token), desk.clock.now()
    account = (await current(desk, ACCOUNTS, tenant, person)).state
    account_decisions.require_invitation(account, token_hash=token_hash, at=at)
    books = await books_of(desk, tenant)
    if person not in books.people:
        raise InvitationInvalid
    address = await address_of(desk, books, person)
    account_decisions.require_strength(command.password, address=address)
    decision = partial(
        account_decisions.accept,
        person=person,
        token_hash=token_hash,
        password=await sealed(desk, tenant, person, await passwords.hashed(command.password)),
        at=at,
    )
    return await transact(desk, ACCOUNTS, person, decision, asking=asking, at=at)


async def change_password(
    command: ChangePassword, *, asking: Asking, desk: Desk, passwords: Passwords
) -> Outcome:
    """Set another password for whoever asks; a wrong one counts like a failed sign-in."""
    tenant, person, at = asking.tenant, asking.person, desk.clock.now()
    proven = (await current(desk, ACCOUNTS, tenant, person)).state.password
    if not await passwords.fits(await opened(desk, tenant, proven), command.current):
        failed = partial(account_decisions.fail, person=person, at=at)
        await transact(desk, ACCOUNTS, person, failed, asking=asking, at=at)
        raise PasswordWrong
    if proven is None:
        raise PasswordWrong
    address = await address_of(desk, await books_of(desk, tenant), person)
    account_decisions.require_strength(command.password, address=address)
    decision = partial(
        account_decisions.change,
        person=person,
        proven=proven,
        password=await sealed(desk, tenant, person, await passwords.hashed(command.password)),
        session=command.session,
        at=at,
    )
    return await transact(desk, ACCOUNTS, person, decision, asking=asking, at=at)


async def claimed(
    desk: Desk,
    name: str,
    *,
    person: PersonId,
    books: Open,
    asking: Asking,
    method: Method = "password",
    provider: str | None = None,
) -> None:
    """Let a name mean a person; raises `LoginTaken` while it means another who works here."""
    at = desk.clock.now()
    holder = (await current(desk, LOGINS, asking.tenant, name)).state.person
    decision = partial(
        claim,
        name=name,
        person=person,
        method=method,
        provider=provider,
        departed=holder not in books.people,
        at=at,
    )
    await transact(desk, LOGINS, name, decision, asking=asking, at=at)


async def books_of(desk: Desk, tenant: TenantId) -> Open:
    """Return a tenant's books as they stand now; raises `TenantUnknown`."""
    books = (await current(desk, TENANTS, tenant, tenant)).state
    if not isinstance(books, Open):
        raise TenantUnknown(tenant=tenant)
    return books


async def address_of(desk: Desk, books: Open, person: PersonId) -> str | None:
    """Return somebody's mail address in the clear, None when they have none or were erased."""
    known = books.people[person]
    if known.email is None or known.ref is None:
        return known.email
    return await desk.keys.opened(Subject(books.tenant, known.ref), known.email)


async def sealed(desk: Desk, tenant: TenantId, person: PersonId, hashed: str) -> SealedPassword:
    """Return an Argon2 hash sealed for the person whose password it is."""
    subject = await desk.keys.subject(tenant, subject_name(person))
    return SealedPassword(subject.ref, await desk.keys.seal(subject, hashed))


async def opened(desk: Desk, tenant: TenantId, password: SealedPassword | None) -> str | None:
    """Return the Argon2 hash, None when there is none or its person was erased."""
    if password is None:
        return None
    return await desk.keys.opened(Subject(tenant, password.ref), password.text)


def login_name(address: str) -> str:
    """Return how the key ring knows a mail address: compatible forms and cases are one."""
    return "login:" + unicodedata.normalize("NFKC", address.strip()).casefold()


def hash_of(text: str) -> str:
    """Return what is kept of a random token: its hex SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
