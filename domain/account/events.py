"""Facts about how a person signs in; neither an address nor a password stands in them."""

from datetime import datetime
from typing import Literal

from domain.event import Event
from domain.identity import PersonId

Method = Literal["password", "oidc", "saml"]
WhySet = Literal["invitation", "change", "rehash"]


class AccountInvited(Event, frozen=True, kw_only=True, tag="account.invited.v1"):
    """Whoever has the one-time token may set a password; `login` is the address's reference."""

    person: PersonId
    login: str
    token_hash: str  # hex SHA-256: the token itself is told once and kept nowhere
    invited_at: datetime
    expires_at: datetime


class PasswordSet(
    Event, frozen=True, kw_only=True, omit_defaults=True, tag="account.password_set.v1"
):
    """`password` is an Argon2 hash, sealed for `ref`.

    Unless only the hash's parameters changed, sessions from before end, but for the one kept.
    """

    person: PersonId
    ref: str
    password: str
    why: WhySet
    set_at: datetime
    kept_session: str | None = None


class SignedIn(Event, frozen=True, kw_only=True, tag="account.signed_in.v1"):
    person: PersonId
    session: str
    method: Method
    signed_in_at: datetime


class SignInFailed(Event, frozen=True, kw_only=True, tag="account.sign_in_failed.v1"):
    """A password did not fit; while an account is locked nothing is recorded of further tries."""

    person: PersonId
    failed_at: datetime


class AccountLocked(Event, frozen=True, kw_only=True, tag="account.locked.v1"):
    """Too many passwords did not fit: until then none does."""

    person: PersonId
    locked_at: datetime
    locked_until: datetime


AccountEvent = AccountInvited | PasswordSet | SignedIn | SignInFailed | AccountLocked
