"""How a person signs in, given everything that happened to their account."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from domain.account.events import (
    AccountEvent,
    AccountInvited,
    AccountLocked,
    PasswordSet,
    SignedIn,
    SignInFailed,
)

FAILURES_WITHIN = timedelta(minutes=15)


class SealedPassword(msgspec.Struct, frozen=True):
    """An Argon2 hash as it is kept: sealed for the person of that reference."""

    ref: str
    text: str


class Invitation(msgspec.Struct, frozen=True):
    """A one-time token that somebody was given, known by its hash."""

    token_hash: str
    expires_at: datetime


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is known so far; each part comes and goes by itself.

    Sessions opened before `sessions_since` are over, except `kept_session`.
    """

    login: str | None = None
    invitation: Invitation | None = None
    password: SealedPassword | None = None
    failures: int = 0
    failed_at: datetime | None = None
    locked_until: datetime | None = None
    sessions_since: datetime | None = None
    kept_session: str | None = None

    def locked(self, at: datetime) -> bool:
        """Tell whether no password fits at this moment."""
        return self.locked_until is not None and at < self.locked_until

    def failures_at(self, at: datetime) -> int:
        """Return how many passwords in a row did not fit lately."""
        recent = self.failed_at is not None and at - self.failed_at < FAILURES_WITHIN
        return self.failures if recent else 0

    def honours(self, session: str, opened_at: datetime) -> bool:
        """Tell whether a session outlived the last change of the password."""
        since = self.sessions_since
        return since is None or opened_at >= since or session == self.kept_session


FRESH = Account()


def evolve(account: Account, event: AccountEvent) -> Account:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case AccountInvited():
            invitation = Invitation(event.token_hash, event.expires_at)
            return replace(account, login=event.login, invitation=invitation)
        case PasswordSet(why="rehash"):
            return replace(account, password=SealedPassword(event.ref, event.password))
        case PasswordSet():
            return Account(
                login=account.login,
                password=SealedPassword(event.ref, event.password),
                sessions_since=event.set_at,
                kept_session=event.kept_session,
            )
        case SignedIn():
            return replace(account, failures=0, failed_at=None, locked_until=None)
        case SignInFailed():
            return replace(
                account,
                failures=account.failures_at(event.failed_at) + 1,
                failed_at=event.failed_at,
            )
        case AccountLocked():
            return replace(account, failures=0, locked_until=event.locked_until)
