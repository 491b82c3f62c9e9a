"""What every key ring does alike: wrapping subjects' keys, sealing with them, finding them by name.

Formats, all ours: a lookup is HMAC-SHA-256(lookup key, tenant NUL name); a wrapped key and a
sealed text are AES-256-GCM (NIST SP 800-38D) as nonce(12) ciphertext tag(16), with `tenant NUL
ref` as associated data; the lookup and wrapping keys are HKDF-SHA-256 (RFC 5869) of the ring's
secret, so that a copy of the ring alone neither names anyone nor opens anything.
"""

import base64
import binascii
import hmac
import secrets
from abc import ABC, abstractmethod

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from commands.ports import Subject, SubjectErased
from domain.identity import TenantId

SECRET_BYTES = 32
KEY_BYTES = 32
NONCE_BYTES = 12
REF_BYTES = 16
MARK = "sealed:1:"


class SubjectKeyRing(ABC):
    """`KeyRing` over rows of (tenant, ref, lookup, wrapped key), which subclasses keep.

    No key is remembered between calls: what another process has just destroyed seals nothing
    here.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a key ring's secret has {SECRET_BYTES} bytes, not {len(secret)}")
        self._wrapping = AESGCM(_derived(secret, b"cx key ring: wrapping"))
        self._lookup_key = _derived(secret, b"cx key ring: lookup")
        self._digest_key = _derived(secret, b"cx key ring: digest")
        self._mark = hmac.digest(_derived(secret, b"cx key ring: mark"), b"mark", "sha256")

    async def subject(self, tenant: TenantId, name: str) -> Subject:
        lookup = self._lookup(tenant, name)
        ref = await self._ref_of(tenant, lookup)
        if ref is None:
            drawn = Subject(tenant, secrets.token_hex(REF_BYTES))
            wrapped = _sealed(self._wrapping, drawn, secrets.token_bytes(KEY_BYTES))
            ref = await self._added(tenant, drawn.ref, lookup, wrapped)
        return Subject(tenant, ref)

    async def known(self, tenant: TenantId, name: str) -> Subject | None:
        ref = await self._ref_of(tenant, self._lookup(tenant, name))
        return None if ref is None else Subject(tenant, ref)

    async def seal(self, subject: Subject, text: str) -> str:
        cipher = await self._cipher(subject)
        if cipher is None:
            raise SubjectErased(subject.ref)
        return MARK + base64.urlsafe_b64encode(_sealed(cipher, subject, text.encode())).decode()

    async def opened(self, subject: Subject, sealed: str) -> str | None:
        """Return what was sealed; None without the key, and for what it did not seal."""
        if not sealed.startswith(MARK):
            return None
        cipher = await self._cipher(subject)
        try:
            body = base64.b64decode(sealed[len(MARK) :], altchars=b"-_", validate=True)
            return None if cipher is None else _opened(cipher, subject, body).decode()
        except (binascii.Error, ValueError, InvalidTag):
            return None

    async def destroy(self, subject: Subject) -> bool:
        return await self._removed(subject)

    def digest(self, text: str) -> str:
        return hmac.digest(self._digest_key, text.encode(), "sha256").hex()

    def _lookup(self, tenant: TenantId, name: str) -> bytes:
        return hmac.digest(self._lookup_key, f"{tenant}\0{name}".encode(), "sha256")

    async def _cipher(self, subject: Subject) -> AESGCM | None:
        wrapped = await self._wrapped(subject)
        return None if wrapped is None else AESGCM(_opened(self._wrapping, subject, wrapped))

    @abstractmethod
    async def _ref_of(self, tenant: TenantId, lookup: bytes) -> str | None:
        """Return who is found under a lookup."""

    @abstractmethod
    async def _added(self, tenant: TenantId, ref: str, lookup: bytes, wrapped: bytes) -> str:
        """Keep a subject durably, or return the ref of who is under this lookup already."""

    @abstractmethod
    async def _wrapped(self, subject: Subject) -> bytes | None:
        """Return a subject's wrapped key, read now."""

    @abstractmethod
    async def _removed(self, subject: Subject) -> bool:
        """Remove a subject's row for good; return whether there was one."""


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def _bound_to(subject: Subject) -> bytes:
    return f"{subject.tenant}\0{subject.ref}".encode()


def _sealed(cipher: AESGCM, subject: Subject, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, _bound_to(subject))


def _opened(cipher: AESGCM, subject: Subject, body: bytes) -> bytes:
    return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _bound_to(subject))
