"""Every projection there is, by name."""

from projections.access import ACCESS
from projections.approval_rules import APPROVAL_RULES
from projections.budgets import BUDGETS
from projections.calendar import CALENDAR
from projections.campaign_board import CAMPAIGN_BOARD
from projections.causation import CAUSATION
from projections.consent import CONSENT, CONSENT_HOT
from projections.hot_campaigns import HOT_CAMPAIGNS
from projections.loyalty import LOYALTY, LOYALTY_PROGRAMMES, LOYALTY_REWARDS
from projections.notifications import NOTIFICATIONS
from projections.people import PEOPLE
from projections.privacy import LEGAL_HOLDS, PRIVACY
from projections.projection import Projection
from projections.sessions import SESSIONS
from projections.shared_budgets import SHARED_BUDGETS
from projections.transitions import TRANSITIONS

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        CAMPAIGN_BOARD,
        TRANSITIONS,
        BUDGETS,
        SHARED_BUDGETS,
        NOTIFICATIONS,
        HOT_CAMPAIGNS,
        ACCESS,
        APPROVAL_RULES,
        CALENDAR,
        CAUSATION,
        PEOPLE,
        CONSENT,
        CONSENT_HOT,
        LOYALTY,
        LOYALTY_PROGRAMMES,
        LOYALTY_REWARDS,
        PRIVACY,
        LEGAL_HOLDS,
        SESSIONS,
    )
}
