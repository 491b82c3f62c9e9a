"""How the loyalty programme says no."""

from domain.refusal import Reason, Refusal


class MemberUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such member in this loyalty programme."""


class MemberNameInvalid(Refusal, reason=Reason.MALFORMED):
    """A member's name is 1 to 256 bytes of text without slashes or control characters."""


class EnrolmentUnconfirmed(Refusal, reason=Reason.UNTIMELY):
    """Stars can be redeemed once the enrolment is confirmed."""


class NothingPaid(Refusal, reason=Reason.MALFORMED):
    """A purchase of nothing earns no stars."""


class PurchaseCurrencyWrong(Refusal, reason=Reason.MALFORMED):
    """Stars are earned in the currency of the tenant: convert the amount first."""


class PurchaseDiffers(Refusal, reason=Reason.UNTIMELY):
    """This purchase has already earned stars, for another amount."""


class PurchaseUnknown(Refusal, reason=Reason.UNKNOWN):
    """This member has earned no stars with such a purchase."""


class PurchaseTooOld(Refusal, reason=Reason.UNTIMELY):
    """A purchase can be refunded for twelve months: its stars are settled by now."""


class RefundGrows(Refusal, reason=Reason.UNTIMELY):
    """Less of this purchase is left than this would keep: a refund never gives stars back."""


class NotEnoughStars(Refusal, reason=Reason.UNTIMELY):
    """The member has fewer stars than that."""


class RedemptionDiffers(Refusal, reason=Reason.UNTIMELY):
    """This redemption was already made, for another number of stars."""


class RedemptionUnknown(Refusal, reason=Reason.UNKNOWN):
    """This member has made no such redemption."""


class RedemptionTooOld(Refusal, reason=Reason.UNTIMELY):
    """A redemption can be cancelled for twelve months: this one is final by now."""


class RewardDiffers(Refusal, reason=Reason.UNTIMELY):
    """This decision has already been rewarded in another way."""
