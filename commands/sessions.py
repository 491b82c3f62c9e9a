"""What may be asked of sessions: to open, to refresh, to end one."""

import re
import secrets
from datetime import timedelta
from functools import partial
from typing import NamedTuple, cast

import msgspec

from commands.accounts import hash_of
from commands.desk import Desk
from commands.ledger import Ledger
from commands.transact import Asking, Outcome, current, transact
from domain.account.events import Method
from domain.identity import PersonId, TenantId
from domain.session import UNOPENED, Live, Session, SessionEvent, evolve
from domain.session.decisions import open_once, refresh, revoke, sign_out
from domain.session.events import SessionOpened, Use, WhyRevoked
from migrations.events import EventDecoder

SESSIONS: Ledger[Session, SessionEvent] = Ledger(
    "session", UNOPENED, evolve, EventDecoder(SessionEvent), remembers=16
)
LIFETIME = {"api": timedelta(days=30), "console": timedelta(hours=12)}
SECRET_BYTES = 32
REFRESH_TOKEN = re.compile(r"^cxr_([a-z0-9]{1,32})_([0-9a-f]{32})_[0-9a-f]{64}$")


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """`session` is a fresh id, or one made from a proof that counts once."""

    session: str
    person: PersonId
    method: Method
    use: Use = "api"
    scopes: tuple[str, ...] | None = None
    provider: str | None = None


class RevokeSession(msgspec.Struct, frozen=True, kw_only=True):
    """With `only_of` it must be that person's."""

    session: str
    only_of: PersonId | None = None


class Granted(NamedTuple):
    """A session as it stands, and the only telling of its new refresh token."""

    tenant: TenantId
    session: Live
    refresh_token: str | None
    position: int


class Named(NamedTuple):
    """What a refresh token says by itself: where its session is."""

    tenant: TenantId
    session: str


def fresh_session() -> str:
    return secrets.token_hex(16)


def named_by(refresh_token: str) -> Named | None:
    """Return which session a refresh token belongs to, None for what is none."""
    found = REFRESH_TOKEN.match(refresh_token)
    return Named(TenantId(found[1]), found[2]) if found else None


async def open_session(command: OpenSession, *, asking: Asking, desk: Desk) -> Granted:
    """Open a session; raises `ProofUsed` when its id was opened before."""
    at = desk.clock.now()
    token = _fresh_token(asking.tenant, command.session) if command.use == "api" else None
    opened = SessionOpened(
        session=command.session,
        person=command.person,
        method=command.method,
        use=command.use,
        opened_at=at,
        expires_at=at + LIFETIME[command.use],
        refresh_hash=None if token is None else hash_of(token),
        scopes=command.scopes,
        provider=command.provider,
    )
    outcome = await transact(
        desk, SESSIONS, command.session, partial(open_once, opened=opened), asking=asking, at=at
    )
    live = cast("Live", evolve(UNOPENED, opened))
    return Granted(asking.tenant, live, token, outcome.position)


async def refresh_session(token: str, *, asking: Asking, desk: Desk) -> Granted | None:
    """Use up a refresh token for the next; None when it opens nothing (any more).

    One that was used before ends its session: either this caller or the earlier one stole it.
    """
    if (named := named_by(token)) is None or named.tenant != asking.tenant:
        return None
    at, fresh = desk.clock.now(), _fresh_token(named.tenant, named.session)
    decision = partial(refresh, presented=hash_of(token), fresh=hash_of(fresh), at=at)
    outcome = await transact(desk, SESSIONS, named.session, decision, asking=asking, at=at)
    state = desk.folded(SESSIONS, named.tenant, named.session).state
    if not isinstance(state, Live) or state.refresh_hash != hash_of(fresh):
        return None
    return Granted(named.tenant, state, fresh, outcome.position)


async def revoke_session(command: RevokeSession, *, asking: Asking, desk: Desk) -> Outcome:
    """End a session; raises `SessionUnknown`."""
    at = desk.clock.now()
    why: WhyRevoked = "asked" if command.only_of is None else "signed_out"
    decision = partial(revoke, why=why, person=command.only_of, at=at)
    return await transact(desk, SESSIONS, command.session, decision, asking=asking, at=at)


async def give_up_token(token: str, *, asking: Asking, desk: Desk) -> None:
    """End the session of a refresh token; what is none ends nothing and says nothing."""
    if (named := named_by(token)) is not None and named.tenant == asking.tenant:
        at = desk.clock.now()
        decision = partial(sign_out, presented=hash_of(token), at=at)
        await transact(desk, SESSIONS, named.session, decision, asking=asking, at=at)


async def session_of(desk: Desk, tenant: TenantId, session: str) -> Session:
    """Return a session as it stands now."""
    return (await current(desk, SESSIONS, tenant, session)).state


def _fresh_token(tenant: TenantId, session: str) -> str:
    return f"cxr_{tenant}_{session}_{secrets.token_hex(SECRET_BYTES)}"
