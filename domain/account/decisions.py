"""What may be done with an account: invite, set a password, sign in, fail to."""

import hmac
from datetime import datetime, timedelta

from domain.account.events import (
    AccountEvent,
    AccountInvited,
    AccountLocked,
    Method,
    PasswordSet,
    SignedIn,
    SignInFailed,
    WhySet,
)
from domain.account.refusals import InvitationInvalid, PasswordWeak, PasswordWrong
from domain.account.state import Account, SealedPassword
from domain.identity import PersonId

FAILURES_MAX = 10
LOCKED_FOR = timedelta(minutes=15)
INVITED_FOR = timedelta(hours=72)
LENGTH_MIN, LENGTH_MAX, DIFFERENT_MIN = 12, 256, 5


def require_strength(password: str, *, address: str | None) -> None:
    """Refuse what is guessed first (NIST SP 800-63B-4, section 3.1.1): length, not rules."""
    wanted = LENGTH_MIN <= len(password) <= LENGTH_MAX and len(set(password)) >= DIFFERENT_MIN
    told = address is not None and address.casefold() in password.casefold()
    if told or not wanted:
        raise PasswordWeak


def invite(
    account: Account, *, person: PersonId, login: str, token_hash: str, at: datetime
) -> list[AccountEvent]:
    """Let someone set a password; an invitation before this one opens nothing any more."""
    if account.invitation is not None and account.invitation.token_hash == token_hash:
        return []
    return [
        AccountInvited(
            person=person,
            login=login,
            token_hash=token_hash,
            invited_at=at,
            expires_at=at + INVITED_FOR,
        )
    ]


def require_invitation(account: Account, *, token_hash: str, at: datetime) -> None:
    """Refuse a token that is not the last one given out, was used, or has run out."""
    invitation = account.invitation
    if invitation is None or at >= invitation.expires_at:
        raise InvitationInvalid
    if not hmac.compare_digest(invitation.token_hash, token_hash):
        raise InvitationInvalid


def accept(
    account: Account, *, person: PersonId, token_hash: str, password: SealedPassword, at: datetime
) -> list[AccountEvent]:
    """Set the password that an invitation allows to set, once."""
    require_invitation(account, token_hash=token_hash, at=at)
    return [_set(person, password, "invitation", at)]


def change(
    account: Account,
    *,
    person: PersonId,
    proven: SealedPassword,
    password: SealedPassword,
    session: str | None,
    at: datetime,
) -> list[AccountEvent]:
    """Set another password, after the one in force was proven; all other sessions end."""
    if account.password != proven or account.locked(at):
        raise PasswordWrong
    return [_set(person, password, "change", at, kept=session)]


def rehash(
    account: Account,
    *,
    person: PersonId,
    proven: SealedPassword,
    password: SealedPassword,
    at: datetime,
) -> list[AccountEvent]:
    """Keep the same password under stronger parameters, if it is still the same."""
    if account.password != proven:
        return []
    return [_set(person, password, "rehash", at)]


def fail(account: Account, *, person: PersonId, at: datetime) -> list[AccountEvent]:
    """Count a password that did not fit; nothing is recorded while none would."""
    if account.locked(at):
        return []
    failed = SignInFailed(person=person, failed_at=at)
    if account.failures_at(at) + 1 < FAILURES_MAX:
        return [failed]
    return [failed, AccountLocked(person=person, locked_at=at, locked_until=at + LOCKED_FOR)]


def sign_in(
    account: Account,
    *,
    person: PersonId,
    method: Method,
    session: str,
    proven: SealedPassword | None = None,
    at: datetime,
) -> list[AccountEvent]:
    """Record that someone proved who they are: by the password in force, or to a provider."""
    if method == "password" and (account.password != proven or account.locked(at)):
        raise PasswordWrong
    return [SignedIn(person=person, session=session, method=method, signed_in_at=at)]


def _set(
    person: PersonId,
    password: SealedPassword,
    why: WhySet,
    at: datetime,
    *,
    kept: str | None = None,
) -> PasswordSet:
    return PasswordSet(
        person=person,
        ref=password.ref,
        password=password.text,
        why=why,
        set_at=at,
        kept_session=kept,
    )
