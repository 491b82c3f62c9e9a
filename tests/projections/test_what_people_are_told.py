from datetime import timedelta

import pytest

from adapters.memory_views import MemoryViews
from domain.notification.events import NotificationRaised, NotificationRead
from domain.shared_budget import events as se
from projections.notifications import NOTIFICATIONS, Notifications, StoredNotifications
from projections.shared_budgets import SHARED_BUDGETS, SharedBudgets, StoredSharedBudgets
from projections.views import BadCursor
from tests.golden.shipped import SHIPPED
from tests.people import ACME, GLOBEX, MONDAY, TUESDAY, usd
from tests.projections.scribe import Scribe, kept_up


@pytest.fixture
def views():
    return MemoryViews()


def raised(number):
    return NotificationRaised(
        notification=f"n{number}", about="budget-spring", topic="budget.exhausted",
        text=f"Number {number}.", at=MONDAY + timedelta(minutes=number),
    )  # fmt: skip


def test_they_are_what_the_read_side_asks(views):
    assert isinstance(StoredNotifications(views), Notifications)
    assert isinstance(StoredSharedBudgets(views), SharedBudgets)


async def test_notices_come_newest_first_a_page_at_a_time(views):
    scribe = Scribe()
    for number in range(5):
        await scribe.write(f"notification-n{number}", raised(number))
    read = NotificationRead(notification="n3", person="ana", read_at=TUESDAY)
    await scribe.write("notification-n3", read, read)
    await kept_up(NOTIFICATIONS, scribe.log, views)
    told = StoredNotifications(views)
    seen, cursor = [], None
    while True:
        notices, cursor = await told.listed(ACME, limit=2, cursor=cursor)
        seen += [(notice.id, notice.readers) for notice in notices]
        if cursor is None:
            break
    assert seen == [("n4", ()), ("n3", ("ana",)), ("n2", ()), ("n1", ()), ("n0", ())]
    assert await told.listed(GLOBEX, limit=2, cursor=None) == ([], None)
    with pytest.raises(BadCursor):
        await told.listed(ACME, limit=2, cursor="tomorrow")


async def test_a_shared_budget_is_shown_with_its_alerts(views):
    events = [event for _, event in SHIPPED if isinstance(event, se.SharedBudgetEvent)]
    first = next(event for event in events if isinstance(event, se.SharedBudgetSet))
    scribe = Scribe()
    await scribe.write(f"shared_budget-{first.shared_budget}", first, *events)
    await kept_up(SHARED_BUDGETS, scribe.log, views)
    card = await StoredSharedBudgets(views).of(ACME, first.shared_budget)
    assert card.standing.total == usd(500)
    assert card.standing.spent_micros == 2_000_000
    assert {alert.kind for alert in card.alerts} == {
        "nearing_limit", "exhausted", "replenished", "daily_overspent",
    }  # fmt: skip
    (listed,), cursor = await StoredSharedBudgets(views).listed(ACME, limit=5, cursor=None)
    assert (listed, cursor) == (card, None)
    assert await StoredSharedBudgets(views).of(GLOBEX, first.shared_budget) is None
