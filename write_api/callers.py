"""Who is asking: the holder of a bearer key, or of the console's session cookie."""

import base64
import binascii
import hashlib
import hmac
import time
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from commands.ports import Clock
from projections.access import Holder
from projections.views import Access
from write_api.headers import header
from write_api.problems import AnyRequest, Declined

COOKIE = "cx_session"
SESSION_S = 12 * 3600
KEY_LENGTH_MAX = 256
JWT_DOTS = 2
REMEMBERED_S = 1.0  # a revoked key dies within this time; nobody waits for the view on each request
REMEMBERED_MAX = 4096
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Tokens(Protocol):
    """Whoever can read the tokens that signing in gives out."""

    async def holder(self, jwt: str) -> Holder | None:
        """Return whom a signed, unexpired and unrevoked token stands for, else None."""


class Callers:
    """Finds out who asks.

    Credentials with two dots are a JWT (RFC 7519) and go to `tokens`, all others are keys. A
    session cookie is `base64url(secret hash, expiry, HMAC-SHA-256)`: it holds no key, ends
    with the key's revocation, and counts on unsafe methods only when sent from our own pages.
    """

    def __init__(
        self,
        access: Access,
        *,
        session_secret: bytes,
        clock: Clock,
        tokens: Tokens | None = None,
    ) -> None:
        self._access = access
        self._clock = clock
        self._tokens = tokens
        self._secret = session_secret
        self._remembered: dict[str, tuple[float, Holder | None]] = {}

    async def visitor(self, request: AnyRequest) -> Holder | None:
        """Return who asks, None for a stranger."""
        if credentials := header(request, b"authorization"):
            scheme, _, key = credentials.partition(" ")
            return await self.holder(key.strip()) if scheme.lower() == "bearer" else None
        if not (cookie := request.cookies.get(COOKIE)):
            return None
        if request.method not in SAFE:
            require_own_page(request)
        if cookie.count(".") == JWT_DOTS:
            return await self.holder(cookie)
        secret_hash = self._opened(cookie)
        return None if secret_hash is None else await self._known(secret_hash)

    async def holder(self, key: str) -> Holder | None:
        """Return who holds this API key or token, None when it opens nothing."""
        if key.count(".") == JWT_DOTS:
            return await self._tokens.holder(key) if self._tokens else None
        if not 0 < len(key) <= KEY_LENGTH_MAX:
            return None
        return await self._known(hash_of(key))

    def session(self, key: str, *, secure: bool) -> Cookie:
        """Return the cookie that stands for `key` in the console."""
        body = bytes.fromhex(hash_of(key)) + int(time.time() + SESSION_S).to_bytes(8, "big")
        sealed = base64.urlsafe_b64encode(body + self._seal(body)).decode()
        return _cookie(sealed, SESSION_S, secure=secure)

    async def _known(self, secret_hash: str) -> Holder | None:
        now = time.monotonic()
        known = self._remembered.get(secret_hash)
        if known is None or known[0] < now:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            known = now + REMEMBERED_S, await self._access.holder(secret_hash)
            if known[1] is not None:  # A key issued a moment ago must work at once.
                self._remembered[secret_hash] = known
        return known[1] if self._opens(known[1]) else None

    def _opens(self, holder: Holder | None) -> bool:
        if holder is None or holder.use != "api" or not holder.person:
            return False
        return holder.expires_at is None or self._clock.now() < holder.expires_at

    def _opened(self, cookie: str) -> str | None:
        try:
            sealed = base64.urlsafe_b64decode(cookie.encode("ascii", "replace"))
        except (binascii.Error, ValueError):
            return None
        body, seal = sealed[:40], sealed[40:]
        if not hmac.compare_digest(seal, self._seal(body)):
            return None
        return body[:32].hex() if int.from_bytes(body[32:], "big") > time.time() else None

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, b"session" + body, "sha256")


def require_own_page(request: AnyRequest) -> None:
    """Decline what another site's page made the browser send (cross-site request forgery)."""
    origin = request.headers.get("origin")
    same = (
        urlsplit(origin).netloc == request.headers.get("host", "")
        if origin
        else request.headers.get("sec-fetch-site") == "same-origin"
    )
    if not same:
        raise Declined(
            HTTPStatus.FORBIDDEN, "foreign_page", "This was sent from a page that is not ours."
        )


def console_cookie(token: str, lasts_s: int, *, secure: bool) -> Cookie:
    """Return the cookie of someone who signed in as themselves: their access token."""
    return _cookie(token, lasts_s, secure=secure)


def no_session() -> Cookie:
    """Return the cookie that ends a session."""
    return _cookie("", 0, secure=False)


def hash_of(key: str) -> str:
    """Return the hex SHA-256 by which keys are known."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _cookie(value: str, max_age: int, *, secure: bool) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure,
    )
