import pytest
from structlog.testing import capture_logs

from adapters.clock import StoppedClock
from adapters.memory import MemoryBilledSpend
from commands.budget_notices import TEXTS, TOLD_KINDS, Told, budget_notices, heed, text_of
from commands.desk import Desk
from commands.notification import (
    NOTIFICATIONS,
    RaiseNotification,
    ReadNotification,
    raise_notification,
    read_notification,
)
from commands.ports import Overtaken
from commands.spend import SpendRecording
from commands.transact import current
from domain.notification.decisions import NotificationUnknown
from tests.commands.desks import drafted, new_desk
from tests.commands.test_bills_become_spend import bill
from tests.commands.test_money_that_campaigns_share import asked, at_rest
from tests.golden.shipped import SHIPPED
from tests.people import ANA, BEN, BRIEF, MONDAY, asks


async def raised(desk):
    """Return every notification on the log: the event it is raised for, and its text."""
    feed = await desk.log.after(0, limit=10_000)
    return [r for r in feed if r.kind == "notification.raised.v1"]


async def spent_out(desk):
    billed = MemoryBilledSpend()
    campaign = await drafted(desk)
    bill(billed, campaign, 1, units=BRIEF.budget.total.micros // 1_000_000)
    bill(billed, "nobody", 2)
    with capture_logs():
        await SpendRecording(desk, billed, partitions=1).step()
    return campaign


async def test_each_alarm_is_told_once_over_all_restarts():
    desk = new_desk()
    campaign = await spent_out(desk)
    for _ in range(3):
        await at_rest(budget_notices(Desk(desk.log, desk.clock), desk.log))
    told = await raised(desk)
    alarms = [
        r
        for stream in (f"budget-{campaign}", "spend-0")
        for r in await desk.log.read("acme", stream)
        if r.kind in TOLD_KINDS
    ]
    assert {r.stream for r in told} == {f"notification-{alarm.event_id}" for alarm in alarms}
    assert len(told) == len(alarms) == 4
    assert {r.causation_id for r in told} == {alarm.event_id for alarm in alarms}


async def test_a_clock_set_back_keeps_nothing_from_being_told():
    desk = new_desk()
    await spent_out(desk)
    earlier = Desk(desk.log, StoppedClock(MONDAY.replace(hour=1)))
    await at_rest(budget_notices(earlier, desk.log))
    assert len(await raised(desk)) == 4


async def test_whoever_is_overtaken_tells_it_at_the_next_step():
    desk = new_desk()
    await spent_out(desk)
    agenda = budget_notices(desk, desk.log)
    append = desk.log.append
    failures = iter([Overtaken("x")] * 12)

    async def overtaken(tenant, stream, entries, *, after):
        if failure := next(failures, None):
            raise failure
        return await append(tenant, stream, entries, after=after)

    desk.log.append = overtaken
    closed = [await agenda.step() for _ in range(6)]
    assert closed[0] == 0
    assert sum(closed) == len(await raised(desk)) == 4


def alarms():
    kinds = {path.stem for path, _ in SHIPPED} & TOLD_KINDS
    return [event for path, event in SHIPPED if path.stem in kinds]


@pytest.mark.parametrize("event", alarms(), ids=lambda event: type(event).__name__)
def test_every_alarm_has_a_sentence_that_names_its_figures(event):
    text = text_of(event)
    assert text.endswith(".")
    assert "{" not in text
    assert "Money(" not in text


def test_every_kind_that_is_told_has_a_text_and_a_golden_file():
    assert {type(event) for event in alarms()} == set(TEXTS) == set(Told.__args__)


async def test_a_person_reads_it_once_for_themselves():
    desk = new_desk()
    command = RaiseNotification(notification="n1", about="campaign-1", topic="x", text="Look.")
    for _ in range(2):
        await raise_notification(command, asking=asked(), desk=desk)
    for actor, key in ((ANA, "a"), (ANA, "b"), (BEN, "c")):
        read = ReadNotification(notification="n1")
        await read_notification(read, asking=asks(actor, key), desk=desk)
    folded = await current(desk, NOTIFICATIONS, "acme", "n1")
    assert (folded.version, folded.state.readers) == (3, {"ana", "ben"})


async def test_nothing_can_be_read_that_was_not_raised():
    with pytest.raises(NotificationUnknown):
        await read_notification(
            ReadNotification(notification="no"), asking=asked(), desk=new_desk()
        )


async def test_what_is_no_alarm_is_passed_over():
    desk = new_desk()
    await drafted(desk)
    for recorded in await desk.log.after(0, limit=10):
        assert not list(heed(recorded))
