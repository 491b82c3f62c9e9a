"""Why a word on consent is not taken."""

from domain.refusal import Reason, Refusal


class ConsentStringBroken(Refusal, reason=Reason.MALFORMED):
    """The consent string is not what it claims to be, so it consents to nothing."""


class ConsentSignalMissing(Refusal, reason=Reason.MALFORMED):
    """Say what the person chose: a tc_string, gpp, us_privacy, gpc, or purposes and partners."""
