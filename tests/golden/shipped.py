"""Every event version that was ever shipped, as it was written then.

A line is added when a version ships and never changed afterwards: histories
in the field hold exactly these bytes.
"""

from pathlib import Path

import msgspec

from domain.account import AccountEvent
from domain.account.login import LoginEvent
from domain.approvals import ApprovalRuleEvent
from domain.audit.events import AuditSealed
from domain.budget.allocation import AllocationCheckpointed, AllocationParked
from domain.budget.claims import SpendParked, SpendRangeClaimed
from domain.budget.events import BudgetEvent
from domain.campaign.events import CampaignEvent
from domain.consent import ConsentEvent
from domain.loyalty import MemberEvent, ProgrammeSet, RewardSignalled
from domain.notification import NotificationEvent
from domain.privacy import PrivacyEvent, SubjectEvent
from domain.privacy.raw_events import RawCutEvent
from domain.session import SessionEvent
from domain.shared_budget import SharedBudgetEvent
from domain.tenant.events import TenantEvent

EVENTS = Path(__file__).parent / "events"
DECODER = msgspec.json.Decoder(
    CampaignEvent
    | ApprovalRuleEvent
    | BudgetEvent
    | TenantEvent
    | SpendRangeClaimed
    | SpendParked
    | SharedBudgetEvent
    | NotificationEvent
    | AllocationCheckpointed
    | AllocationParked
    | AuditSealed
    | ConsentEvent
    | MemberEvent
    | ProgrammeSet
    | RewardSignalled
    | PrivacyEvent
    | SubjectEvent
    | RawCutEvent
    | AccountEvent
    | LoginEvent
    | SessionEvent
)
SHIPPED = [(path, DECODER.decode(path.read_bytes())) for path in sorted(EVENTS.glob("*.json"))]
