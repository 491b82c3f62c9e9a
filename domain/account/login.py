"""A login: one name by which somebody signs in, and who that is.

The name, be it a mail address or a provider's subject, is known to the key ring alone; the
stream is named by its reference. One name never means two people.
"""

from datetime import datetime

import msgspec

from domain.account.events import Method
from domain.account.refusals import LoginTaken
from domain.event import Event
from domain.identity import PersonId


class LoginClaimed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="login.claimed.v1"):
    """From now on this name means this person; `provider` says who vouches for it."""

    login: str
    person: PersonId
    method: Method
    claimed_at: datetime
    provider: str | None = None


class LoginReleased(Event, frozen=True, kw_only=True, tag="login.released.v1"):
    login: str
    person: PersonId
    released_at: datetime


LoginEvent = LoginClaimed | LoginReleased


class Login(msgspec.Struct, frozen=True):
    """Whose name this is, None for nobody's."""

    person: PersonId | None = None


NOBODYS = Login()


def evolve(login: Login, event: LoginEvent) -> Login:
    """Accept what happened: history is never argued with, so nothing is refused."""
    match event:
        case LoginClaimed(person=person):
            return Login(person)
        case LoginReleased(person=person):
            return NOBODYS if login.person == person else login


def claim(
    login: Login,
    *,
    name: str,
    person: PersonId,
    method: Method,
    provider: str | None = None,
    departed: bool = False,
    at: datetime,
) -> list[LoginEvent]:
    """Let a name mean this person; that of one who has `departed` is free again."""
    if login.person == person:
        return []
    if login.person is not None and not departed:
        raise LoginTaken
    return [
        LoginClaimed(login=name, person=person, method=method, provider=provider, claimed_at=at)
    ]


def release(login: Login, *, name: str, person: PersonId, at: datetime) -> list[LoginEvent]:
    """Let a name mean nobody, if it means this person."""
    if login.person != person:
        return []
    return [LoginReleased(login=name, person=person, released_at=at)]
