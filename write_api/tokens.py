"""Access tokens: what we put into one, and whom a valid one stands for now."""

import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from msgspec.structs import replace

from commands.accounts import ACCOUNTS
from commands.desk import Desk
from commands.sessions import Granted, session_of
from commands.tenant import TENANTS
from commands.transact import current
from domain.identity import TenantId
from domain.session import Live
from domain.tenant import Open
from projections.access import Holder

AUDIENCE = "campaign-express"
LIFETIME = {"api": timedelta(minutes=10), "console": timedelta(hours=12)}
CLOCKS_APART_S = 5
REMEMBERED_S = 0.5
REMEMBERED_MAX = 4_096


class AccessToken(NamedTuple):
    """A token, how many seconds it lasts, and the permissions it can use."""

    text: str
    lasts_s: int
    scope: str


class Signer(Protocol):
    """Signs claims, and reads what it signed."""

    def signed(self, claims: dict[str, Any]) -> str: ...
    def claims(self, token: str) -> dict[str, Any] | None: ...
    def public(self) -> dict[str, list[dict[str, Any]]]: ...


class SessionTokens:
    """Gives out tokens for sessions, and says whom one stands for (`Tokens`).

    A token is never believed about its holder: whether the session lasts and what the person
    may do is read from the log, at most half a second ago. A token's scopes only narrow that.
    """

    def __init__(self, desk: Desk, signer: Signer, *, issuer: str) -> None:
        self._desk, self.signer, self._issuer = desk, signer, issuer
        self._remembered: dict[tuple[str, str], tuple[float, Holder | None]] = {}

    async def token(self, granted: Granted) -> AccessToken | None:
        """Return an access token for a session; None when its person left or it is over.

        A console's token names no scope: it lasts for hours, and what is allowed is looked up.
        """
        tenant, session = granted.tenant, granted.session
        holder = await self._looked_up(tenant, session.session)
        if holder is None:
            return None
        now = self._desk.clock.now()
        until = min(now + LIFETIME[session.use], session.expires_at)
        scope = " ".join(sorted(holder.permissions))
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": session.person,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(until.timestamp()),
            "jti": uuid.uuid4().hex,
            "sid": session.session,
            "tenant_id": tenant,
        }
        if session.use == "api":
            claims |= {"roles": list(holder.roles), "scope": scope}
        return AccessToken(self.signer.signed(claims), int((until - now).total_seconds()), scope)

    async def holder(self, jwt: str) -> Holder | None:
        """Return whom a signed, unexpired and unrevoked token stands for, else None."""
        claims = self.signer.claims(jwt)
        if claims is None or not self._in_force(claims):
            return None
        known = await self._known(str(claims.get("tenant_id")), str(claims.get("sid")))
        if known is None or known.person != claims.get("sub"):
            return None
        scope = claims.get("scope")
        return known if scope is None else _narrowed(known, tuple(str(scope).split()))

    async def session(self, jwt: str) -> tuple[TenantId, str] | None:
        """Return the tenant and the session of a token in force, else None."""
        if await self.holder(jwt) is None:
            return None
        claims = self.signer.claims(jwt) or {}
        return TenantId(str(claims.get("tenant_id"))), str(claims.get("sid"))

    def forget(self, tenant: str, session: str) -> None:
        """Look at a session afresh the next time its token comes."""
        self._remembered.pop((tenant, session), None)

    def _in_force(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether a token is ours, for us and for now (RFC 7519, section 4.1)."""
        if (claims.get("iss"), claims.get("aud")) != (self._issuer, AUDIENCE):
            return False
        times = [claims.get(name) for name in ("iat", "nbf", "exp")]
        if not all(type(moment) is int for moment in times):
            return False
        issued, begins, ends = (int(moment) for moment in times if moment is not None)
        now = self._desk.clock.now().timestamp()
        return max(issued, begins) - CLOCKS_APART_S <= now < ends

    async def _known(self, tenant: str, sid: str) -> Holder | None:
        now = time.monotonic()
        remembered = self._remembered.get((tenant, sid))
        if remembered is None or remembered[0] < now:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            remembered = now + REMEMBERED_S, await self._looked_up(TenantId(tenant), sid)
            self._remembered[tenant, sid] = remembered
        return remembered[1]

    async def _looked_up(self, tenant: TenantId, sid: str) -> Holder | None:
        session = await session_of(self._desk, tenant, sid)
        if not isinstance(session, Live) or self._desk.clock.now() >= session.expires_at:
            return None
        account = (await current(self._desk, ACCOUNTS, tenant, session.person)).state
        if not account.honours(sid, session.opened_at):
            return None
        books = (await current(self._desk, TENANTS, tenant, tenant)).state
        return _holder(tenant, session, books)


def _holder(tenant: TenantId, session: Live, books: object) -> Holder | None:
    """Return who a session is now; None for one who left."""
    if not isinstance(books, Open) or session.person not in books.people:
        return None
    allowed = books.allowed_to(session.person)
    return Holder(
        key=f"session:{session.session}",
        use="api",
        tenant=tenant,
        person=session.person,
        roles=books.people[session.person].roles,
        permissions=allowed if session.scopes is None else allowed & frozenset(session.scopes),
        scopes=session.scopes,
        expires_at=session.expires_at,
    )


def _narrowed(holder: Holder, scopes: tuple[str, ...]) -> Holder:
    return replace(holder, permissions=holder.permissions & frozenset(scopes), scopes=scopes)
