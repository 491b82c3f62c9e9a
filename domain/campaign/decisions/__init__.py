"""What may be done to a campaign, and what follows: the BRD's matrix (FR-WKF-001, 002)."""

from domain.campaign.decisions.reviewing import approve, reject, request_changes, submit
from domain.campaign.decisions.running import (
    archive,
    complete,
    end,
    go_live,
    pause,
    resume,
    schedule,
)
from domain.campaign.decisions.writing import draft, edit

__all__ = [
    "approve",
    "archive",
    "complete",
    "draft",
    "edit",
    "end",
    "go_live",
    "pause",
    "reject",
    "request_changes",
    "resume",
    "schedule",
    "submit",
]
