"""What more than one process is composed of: the event log and the projections."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.sqlite_log import SqliteEventLog
from ops.data_dir import DataDir
from ops.obstacle import BadSettings
from ops.settings import Settings
from projections.access import ACCESS
from projections.budgets import BUDGETS
from projections.campaign_board import CAMPAIGN_BOARD
from projections.hot_campaigns import HOT_CAMPAIGNS
from projections.transitions import TRANSITIONS

PROJECTIONS = (ACCESS, HOT_CAMPAIGNS, CAMPAIGN_BOARD, TRANSITIONS, BUDGETS)
SQLITE = "sqlite:///"


@contextlib.asynccontextmanager
async def opened_log(settings: Settings) -> AsyncIterator[SqliteEventLog]:
    """Open the event log until the block ends; raises `BadSettings`, `LogUnreachable`."""
    async with SqliteEventLog(log_path(settings)) as log:
        yield log


def log_path(settings: Settings) -> Path:
    """Return the event log's file: `DIR/events.sqlite` unless the setting names another."""
    url = settings.event_log_url
    if not url:
        return DataDir(settings.directory).events
    if not url.startswith(SQLITE) or url == SQLITE:
        raise BadSettings(f"The setting event_log_url must be sqlite:///PATH, not {url!r}.")
    return Path(url.removeprefix(SQLITE))
