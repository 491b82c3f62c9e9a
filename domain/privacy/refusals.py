"""How privacy requests and holds are turned down: each docstring is what the user reads."""

from domain.refusal import Reason, Refusal


class RequestUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such privacy request."""


class RequestBegun(Refusal, reason=Reason.UNTIMELY):
    """What has begun or is done cannot be refused any more."""


class SubjectInvalid(Refusal, reason=Reason.MALFORMED):
    """A subject is 1 to 256 bytes of text without control characters."""


class HoldUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such legal hold."""


class HoldElapsed(Refusal, reason=Reason.MALFORMED):
    """A legal hold must end in the future, or have no end."""


class HoldTooLate(Refusal, reason=Reason.UNTIMELY):
    """Erasure has begun already: there is nothing left to hold."""


class SubjectOnHold(Refusal, reason=Reason.UNTIMELY):
    """A legal hold keeps this person's data: erasure waits until it is lifted."""


class ExportGone(Refusal, reason=Reason.UNTIMELY):
    """This export is over: the subject was erased, or a month has passed. Ask again."""
