"""Keys: issued once, replaced while the old one still opens, revoked for good."""

from datetime import datetime, timedelta

import msgspec

from domain.identity import KeyId
from domain.refusal import FieldError
from domain.tenant.decisions.authority import EVERY, permissions_named, require_all
from domain.tenant.decisions.books import books_of
from domain.tenant.events import KeyExpirySet, KeyIssued, KeyRevoked, TenantEvent
from domain.tenant.refusals import (
    KeyExpiryPast,
    KeyHolderMissing,
    KeyNotInForce,
    KeyOfMachine,
    KeyTaken,
    KeyUnknown,
    PersonUnknown,
)
from domain.tenant.roles import Actor
from domain.tenant.state import Key, Open, Tenant
from domain.tenant.terms import KeyTerms, Secret


def issue_key(
    tenant: Tenant, *, key: KeyId, terms: KeyTerms, secret: Secret, by: Actor, at: datetime
) -> list[TenantEvent]:
    """Issue a key; only its hash is ever written down."""
    books = books_of(tenant)
    _require_holder(books, key, terms)
    terms = _judged(books, terms, by=by)
    issued = books.keys.get(key)
    if issued is None:
        if terms.expires_at is not None and terms.expires_at <= at:
            raise KeyExpiryPast(FieldError("/expires_at", "It has passed already."))
        return [_issued(key, terms, secret, at=at)]
    if (issued.use, issued.person, issued.secret_hash) != (terms.use, terms.person, secret.hash):
        raise KeyTaken(key=key)
    return []


def rotate_key(
    tenant: Tenant,
    *,
    key: KeyId,
    successor: KeyId,
    secret: Secret,
    grace: timedelta,
    by: Actor,
    at: datetime,
) -> list[TenantEvent]:
    """Issue a key on the same terms and let the old one open until the grace is over.

    A key that was to last some time lasts as long again. The old one never lasts longer than
    it would have.
    """
    books = books_of(tenant)
    old = _key(books, key)
    if not old.opens(at):
        raise KeyNotInForce(key=key)
    require_all(books.allowed_with(old), by=by)  # Whoever rotates a key learns its text.
    lasts = None if old.expires_at is None else old.expires_at - old.issued_at
    terms = KeyTerms(
        use=old.use,
        person=old.person,
        label=old.label,
        scopes=_within(old.scopes, by),
        expires_at=None if lasts is None else at + lasts,
        rate_per_minute=old.rate_per_minute,
    )
    issued = _issued(successor, terms, secret, at=at, replaces=key)
    if not grace:
        return [KeyRevoked(key=key, revoked_at=at), issued]
    ends = at + grace if old.expires_at is None else min(old.expires_at, at + grace)
    return [KeyExpirySet(key=key, expires_at=ends, set_at=at), issued]


def revoke_key(tenant: Tenant, *, key: KeyId, at: datetime) -> list[TenantEvent]:
    """Stop honouring a key, for good."""
    if _key(books_of(tenant), key).revoked_at is not None:
        return []
    return [KeyRevoked(key=key, revoked_at=at)]


def expire_key(tenant: Tenant, *, key: KeyId, at: datetime) -> list[TenantEvent]:
    """Revoke a key whose time is over; one that was given another time stays."""
    known = _key(books_of(tenant), key)
    if known.revoked_at is not None or known.opens(at):
        return []
    return [KeyRevoked(key=key, revoked_at=at, why="expired")]


def _require_holder(books: Open, key: KeyId, terms: KeyTerms) -> None:
    if terms.use == "api" and terms.person is None:
        raise KeyHolderMissing(key=key)
    if terms.person is not None and terms.person not in books.people:
        raise PersonUnknown(person=terms.person)


def _judged(books: Open, terms: KeyTerms, *, by: Actor) -> KeyTerms:
    """Return the terms with their scopes in order; refuse what `by` may not hand out."""
    if terms.use != "api":
        if terms.scopes is not None or terms.rate_per_minute is not None:
            raise KeyOfMachine(use=terms.use)
        return terms
    if terms.scopes is not None:
        scopes = permissions_named(terms.scopes, field="/scopes")
        terms = msgspec.structs.replace(terms, scopes=scopes)
    allowed = books.allowed_to(terms.person)
    require_all(allowed if terms.scopes is None else terms.scopes, by=by)
    return msgspec.structs.replace(terms, scopes=_within(terms.scopes, by))


def _within(scopes: tuple[str, ...] | None, by: Actor) -> tuple[str, ...] | None:
    """Keep a key within what its maker may, who knows its text: its holder may rise later."""
    if scopes is not None or by.permissions >= EVERY:
        return scopes
    return tuple(sorted(by.permissions))


def _issued(
    key: KeyId,
    terms: KeyTerms,
    secret: Secret,
    *,
    at: datetime,
    replaces: KeyId | None = None,
) -> KeyIssued:
    return KeyIssued(
        key=key,
        use=terms.use,
        person=terms.person,
        secret_hash=secret.hash,
        issued_at=at,
        label=terms.label,
        prefix=secret.prefix,
        scopes=terms.scopes,
        expires_at=terms.expires_at,
        rate_per_minute=terms.rate_per_minute,
        replaces=replaces,
    )


def _key(books: Open, key: KeyId) -> Key:
    if key not in books.keys:
        raise KeyUnknown(key=key)
    return books.keys[key]
