"""An OpenID Connect provider, as its relying party (OpenID Connect Core 1.0, code flow).

The authorization code flow with PKCE (RFC 7636, S256), `state` and `nonce`. Discovery is kept
for an hour and keys until a token names one that is not among them.
"""

import base64
import hashlib
import secrets
import time
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from commands.federation import Identity
from commands.ports import Fault

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "ES384", "ES512"]
DISCOVERED_FOR_S = 3600.0
KEYS_AGAIN_AFTER_S = 10.0
SKEW_S = 60
BASIC = "client_secret_basic"
ANSWER_BYTES_MAX = 1_000_000
TIMEOUT = aiohttp.ClientTimeout(total=10)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ProviderAway(Fault):
    """The identity provider cannot be reached, or answers nonsense."""


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider knows us by, and which of its claims say what."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str = "openid email profile"
    groups_claim: str = "groups"


class Departure(NamedTuple):
    """Where the browser goes, and what must come back with it."""

    url: str
    state: str
    nonce: str
    verifier: str


class Discovered(msgspec.Struct, frozen=True):
    """What OpenID Connect Discovery 1.0, section 3 tells of a provider."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = (BASIC,)


class Oidc:
    """One provider."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._discovered: tuple[float, Discovered] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def depart(self, redirect_uri: str) -> Departure:
        """Return where to send the browser; raises `ProviderAway`."""
        found = await self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(found.authorization_endpoint).query else "?"
        return Departure(
            f"{found.authorization_endpoint}{joint}{urlencode(asked)}", state, nonce, verifier
        )

    async def identity(
        self, code: str, *, redirect_uri: str, verifier: str, nonce: str, now: float
    ) -> Identity | None:
        """Return whom the provider vouches for, None when the code or its token is no good.

        `now` is in seconds since 1970; raises `ProviderAway`.
        """
        found = await self._discover()
        exchanged = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": verifier,
        }
        headers = {}
        if BASIC in found.token_endpoint_auth_methods_supported:
            headers["Authorization"] = self._basic()
        else:
            exchanged["client_secret"] = self._settings.client_secret
        status, answer = await _asked("POST", found.token_endpoint, exchanged, headers=headers)
        token = answer.get("id_token")
        if status != HTTPStatus.OK or not isinstance(token, str):
            return None
        claims = await self._claims(token)
        if claims is None or not self._in_force(claims, nonce=nonce, now=now):
            return None
        return self._identity(await self._told_more(claims, answer.get("access_token")))

    def _basic(self) -> str:
        """Return how a client proves itself in a header (RFC 6749, section 2.3.1)."""
        pair = ":".join(map(quote_plus, (self._settings.client_id, self._settings.client_secret)))
        return "Basic " + base64.b64encode(pair.encode()).decode()

    async def _told_more(self, claims: dict[str, Any], access: object) -> dict[str, Any]:
        """Add what only the UserInfo endpoint tells, of the same subject (Core, 5.3.2)."""
        place = (await self._discover()).userinfo_endpoint
        if place is None or not isinstance(access, str):
            return claims
        status, told = await _asked("GET", place, headers={"Authorization": f"Bearer {access}"})
        if status != HTTPStatus.OK or told.get("sub") != claims["sub"]:
            return claims
        return {**told, **claims}

    async def _claims(self, token: str) -> dict[str, Any] | None:
        """Return what the provider signed; keys are fetched again when one is not known."""
        for keys in (await self._key_set(), await self._key_set(again=True)):
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            except (JoseError, ValueError, KeyError, TypeError):
                continue
        return None

    def _in_force(self, claims: dict[str, Any], *, nonce: str, now: float) -> bool:
        """Tell whether an ID token is from there, for us, and for now (Core, 3.1.3.7)."""
        ours, audience = self._settings.client_id, claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        times = [claims.get("iat"), claims.get("exp")]
        if not all(isinstance(moment, int | float) for moment in times):
            return False
        issued, ends = (float(moment) for moment in times if moment is not None)
        return (
            claims.get("iss") == self._settings.issuer
            and ours in audiences
            and claims.get("azp", ours) == ours
            and (len(audiences) == 1 or "azp" in claims)
            and isinstance(claims.get("sub"), str)
            and secrets.compare_digest(str(claims.get("nonce")), nonce)
            and issued - SKEW_S <= now < ends + SKEW_S
        )

    def _identity(self, claims: dict[str, Any]) -> Identity:
        groups = claims.get(self._settings.groups_claim)
        email, name = claims.get("email"), claims.get("name") or claims.get("preferred_username")
        return Identity(
            issuer=self._settings.issuer,
            subject=str(claims["sub"]),
            proof=str(claims["nonce"]),
            email=email if isinstance(email, str) else None,
            email_verified=claims.get("email_verified") is True,
            name=name if isinstance(name, str) else None,
            groups=tuple(str(group) for group in groups) if isinstance(groups, list) else (),
        )

    async def _discover(self) -> Discovered:
        now = time.monotonic()
        if self._discovered is None or self._discovered[0] < now:
            issuer = self._settings.issuer
            place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            _, answer = await _asked("GET", place)
            try:
                found = msgspec.convert(answer, Discovered)
            except msgspec.ValidationError as error:
                raise ProviderAway(f"{issuer} tells nothing usable of itself: {error}") from None
            if found.issuer != issuer:
                raise ProviderAway(f"{issuer} says that it is {found.issuer}")
            self._discovered = now + DISCOVERED_FOR_S, found
        return self._discovered[1]

    async def _key_set(self, *, again: bool = False) -> KeySet:
        now = time.monotonic()
        if self._keys is None or (again and self._keys[0] < now):
            found = await self._discover()
            _, answer = await _asked("GET", found.jwks_uri)
            try:
                keys = KeySet.import_key_set(
                    cast("Any", answer)
                )  # whatever they sent is judged there
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderAway(f"{found.issuer} has no usable keys: {error!r}") from None
            self._keys = now + KEYS_AGAIN_AFTER_S, keys
        return self._keys[1]


async def _asked(
    method: str,
    url: str,
    form: dict[str, str] | None = None,
    *,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON object that a provider answers; raises `ProviderAway`."""
    place = urlsplit(url)
    if place.scheme != "https" and place.hostname not in LOOPBACK:
        raise ProviderAway(f"{url} is not https")
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.request(
                method, url, data=form, headers=headers, allow_redirects=False
            ) as response,
        ):
            body = await response.content.read(ANSWER_BYTES_MAX)
            answer = msgspec.json.decode(body)
            return response.status, answer if isinstance(answer, dict) else {}
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderAway(f"{place.hostname} cannot be asked: {error!r}") from None
