"""Every projection there is, by name."""

from projections.access import ACCESS
from projections.budgets import BUDGETS
from projections.campaign_board import CAMPAIGN_BOARD
from projections.hot_campaigns import HOT_CAMPAIGNS
from projections.projection import Projection
from projections.transitions import TRANSITIONS

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (CAMPAIGN_BOARD, TRANSITIONS, BUDGETS, HOT_CAMPAIGNS, ACCESS)
}
