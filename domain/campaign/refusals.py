"""How a campaign says no: each docstring is the sentence its user reads."""

from domain.refusal import Reason, Refusal


class CampaignUnknown(Refusal, reason=Reason.UNKNOWN):
    """There is no such campaign."""


class CampaignAlreadyWritten(Refusal, reason=Reason.UNTIMELY):
    """Another campaign was already drafted under this id."""


class BriefInvalid(Refusal, reason=Reason.MALFORMED):
    """The campaign cannot be kept as it is written; each error names its field."""


class BriefIncomplete(Refusal, reason=Reason.MALFORMED):
    """The campaign is not complete enough to be reviewed; each error names what is missing."""


class OwnWorkApproved(Refusal, reason=Reason.FORBIDDEN):
    """Nobody approves their own work: ask a colleague who neither wrote nor last edited it."""


class ApproverNeeded(Refusal, reason=Reason.FORBIDDEN):
    """Only a manager, a director, a compliance officer or a role made for it can do this."""


class ApprovalNotAsked(Refusal, reason=Reason.FORBIDDEN):
    """This campaign does not wait for your approval: `missing` says whose it waits for."""


class ContentChanged(Refusal, reason=Reason.UNTIMELY):
    """What you read is not what is there now: read the campaign again before you approve it."""


class MarketerNeeded(Refusal, reason=Reason.FORBIDDEN):
    """Only a marketer, an administrator or a role made for it can write and submit campaigns."""


class RoleNeeded(Refusal, reason=Reason.FORBIDDEN):
    """Running a campaign takes a role in this agency, and you hold none."""


class CampaignNotEditable(Refusal, reason=Reason.UNTIMELY):
    """A campaign that is live, paused, completed or archived cannot be edited."""


class CampaignNotSubmittable(Refusal, reason=Reason.UNTIMELY):
    """Only a draft or a rejected campaign can be submitted for review."""


class CampaignNotApprovable(Refusal, reason=Reason.UNTIMELY):
    """Only a campaign in review can be approved."""


class CampaignNotRejectable(Refusal, reason=Reason.UNTIMELY):
    """Only a campaign in review can be rejected."""


class CampaignNotReturnable(Refusal, reason=Reason.UNTIMELY):
    """Changes can only be requested of a campaign in review."""


class CampaignNotSchedulable(Refusal, reason=Reason.UNTIMELY):
    """Only an approved campaign can be scheduled, and only once."""


class GoLiveTimeMissing(Refusal, reason=Reason.MALFORMED):
    """Say when the campaign should go live: it has no start of its own."""


class GoLiveTimePast(Refusal, reason=Reason.MALFORMED):
    """A campaign can only be scheduled for a time that is still to come."""


class GoLiveTimeTooLate(Refusal, reason=Reason.MALFORMED):
    """A campaign cannot be scheduled to go live at or after its own end."""


class CampaignNotLaunchable(Refusal, reason=Reason.UNTIMELY):
    """Only an approved or scheduled campaign can go live."""


class CampaignOver(Refusal, reason=Reason.UNTIMELY):
    """The campaign's end has passed, so it can no longer run."""


class CampaignNotOver(Refusal, reason=Reason.UNTIMELY):
    """The campaign's end is still to come."""


class CampaignNotPausable(Refusal, reason=Reason.UNTIMELY):
    """Only a live or scheduled campaign can be paused."""


class CampaignNotResumable(Refusal, reason=Reason.UNTIMELY):
    """Only a paused campaign can be resumed."""


class CampaignNotCompletable(Refusal, reason=Reason.UNTIMELY):
    """Only a live or paused campaign can be completed."""


class CampaignNotArchivable(Refusal, reason=Reason.UNTIMELY):
    """Only a completed campaign can be archived."""
