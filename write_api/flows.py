"""What a browser carries while it is away at a provider: sealed, short-lived, bound to it."""

import base64
import binascii
import secrets
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar.datastructures import Cookie

from domain.session.events import Use

COOKIE = "cx_flow"
PATH = "/v1/auth"
AWAY_FOR_S = 600
NONCE_BYTES = 12

T = TypeVar("T")


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in under way; `until` is in seconds since 1970."""

    provider: str
    state: str
    until: float
    nonce: str = ""
    verifier: str = ""
    use: Use = "console"


class Sealing:
    """Seals what only we may read and nobody may make: AES-256-GCM, base64url."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"cx sign-in flows").derive(secret)
        self._cipher = AESGCM(key)

    def sealed(self, thing: object) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        body = self._cipher.encrypt(nonce, msgspec.json.encode(thing), None)
        return base64.urlsafe_b64encode(nonce + body).decode().rstrip("=")

    def opened(self, text: str, wanted: type[T]) -> T | None:
        """Return what was sealed, None for anything else."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            plain = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
            return msgspec.json.decode(plain, type=wanted)
        except (binascii.Error, ValueError, InvalidTag, msgspec.DecodeError):
            return None


def flow_cookie(value: str, *, secure: bool) -> Cookie:
    """Return the cookie of a flow; an empty value ends it.

    Lax and not strict: the browser comes back from another site.
    """
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=AWAY_FOR_S if value else 0,
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=secure,
    )
