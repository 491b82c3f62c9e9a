"""Why an account says no."""

from domain.refusal import Reason, Refusal


class InvitationInvalid(Refusal, reason=Reason.FORBIDDEN):
    """This invitation was used, has run out or never was: ask for another."""


class PasswordWeak(Refusal, reason=Reason.MALFORMED):
    """A password has 12 to 256 characters, at least 5 different ones, and no mail address in it."""


class PasswordWrong(Refusal, reason=Reason.FORBIDDEN):
    """This is not the password, or it was tried too often: come back in a quarter of an hour."""


class MailAddressMissing(Refusal, reason=Reason.UNTIMELY):
    """This person has no mail address to sign in with: give them one first."""


class LoginTaken(Refusal, reason=Reason.UNTIMELY):
    """Somebody else already signs in by this name."""
