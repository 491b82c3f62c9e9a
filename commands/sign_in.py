"""Signing in with a mail address and a password."""

import uuid
from functools import partial

import msgspec

from commands.accounts import ACCOUNTS, LOGINS, Passwords, login_name, opened, sealed
from commands.desk import Desk
from commands.sessions import Granted, OpenSession, fresh_session, open_session
from commands.tenant import TENANTS
from commands.transact import Asking, current, fingerprint_of, transact
from domain.account import Account, SealedPassword
from domain.account import decisions as account_decisions
from domain.account.refusals import PasswordWrong
from domain.identity import PersonId, TenantId
from domain.session.events import Use
from domain.tenant import Open

NOBODY = PersonId("process:sign-in")


class PasswordSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """`scopes` are the permissions the session may use, None for all its person has."""

    address: str
    password: str
    use: Use = "api"
    scopes: tuple[str, ...] | None = None


def asking_to_sign_in(tenant: TenantId, request: str, *, person: PersonId = NOBODY) -> Asking:
    """Return how somebody asks whom we do not know yet; nothing they typed is fingerprinted."""
    return Asking(
        tenant=tenant,
        person=person,
        command_id=str(uuid.uuid4()),
        fingerprint=fingerprint_of("sign-in", request),
        correlation_id=request,
        once=True,
    )


async def sign_in_with_password(
    command: PasswordSignIn, *, asking: Asking, desk: Desk, passwords: Passwords
) -> Granted | None:
    """Open a session, or return None: wrong, locked, unknown and gone are told alike.

    Each costs one password hash, so that time tells them apart no better.
    """
    tenant = asking.tenant
    person = await _person_called(desk, tenant, command.address)
    account = Account() if person is None else await _account(desk, tenant, person)
    fits = await passwords.fits(await opened(desk, tenant, account.password), command.password)
    if person is None or account.password is None:
        return None
    at = desk.clock.now()
    if not fits or account.locked(at):
        failed = partial(account_decisions.fail, person=person, at=at)
        await transact(desk, ACCOUNTS, person, failed, asking=asking, at=at)
        return None
    opening = OpenSession(
        session=fresh_session(),
        person=person,
        method="password",
        use=command.use,
        scopes=command.scopes,
    )
    asking = asking_to_sign_in(tenant, asking.correlation_id, person=person)
    try:
        granted = await enter(opening, proven=account.password, asking=asking, desk=desk)
    except PasswordWrong:
        return None
    hashed = await opened(desk, tenant, account.password)
    if hashed is not None and passwords.outdated(hashed):
        fresh = await sealed(desk, tenant, person, await passwords.hashed(command.password))
        # Another command to the same stream: one id would make it a repetition of the first.
        asking = asking_to_sign_in(tenant, asking.correlation_id, person=person)
        await _rehash(desk, person, proven=account.password, fresh=fresh, asking=asking)
    return granted


async def enter(
    command: OpenSession, *, asking: Asking, desk: Desk, proven: SealedPassword | None = None
) -> Granted:
    """Record who proved who they are, and open their session.

    Raises `PasswordWrong` when the account changed or was locked meanwhile, `ProofUsed`.
    """
    at = desk.clock.now()
    decision = partial(
        account_decisions.sign_in,
        person=command.person,
        method=command.method,
        session=command.session,
        proven=proven,
        at=at,
    )
    await transact(desk, ACCOUNTS, command.person, decision, asking=asking, at=at)
    return await open_session(command, asking=asking, desk=desk)


async def _person_called(desk: Desk, tenant: TenantId, address: str) -> PersonId | None:
    """Return who signs in by this address and still works here."""
    subject = await desk.keys.known(tenant, login_name(address))
    if subject is None:
        return None
    person = (await current(desk, LOGINS, tenant, subject.ref)).state.person
    books = (await current(desk, TENANTS, tenant, tenant)).state
    return person if isinstance(books, Open) and person in books.people else None


async def _account(desk: Desk, tenant: TenantId, person: PersonId) -> Account:
    return (await current(desk, ACCOUNTS, tenant, person)).state


async def _rehash(
    desk: Desk, person: PersonId, *, proven: SealedPassword, fresh: SealedPassword, asking: Asking
) -> None:
    at = desk.clock.now()
    decision = partial(
        account_decisions.rehash, person=person, proven=proven, password=fresh, at=at
    )
    await transact(desk, ACCOUNTS, person, decision, asking=asking, at=at)
