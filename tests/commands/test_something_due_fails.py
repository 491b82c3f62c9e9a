"""What comes due and cannot be done now is due again: neither a no nor a fault forgets it."""

from datetime import timedelta

import pytest

from commands.agenda import Agenda, Dropped, Due
from commands.ports import LogUnreachable
from tests.commands.desks import drafted, new_desk
from tests.people import ACME, MONDAY


class Doings:
    """Acts as it is told to, and remembers on what."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.acted = []

    async def act(self, due):
        self.acted.append(due.name)
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer


def due_at(at):
    return lambda recorded: [Due(ACME, recorded.stream, at, recorded.event_id)]


async def world(doings, *, campaigns=2, heed=None):
    desk = new_desk()
    for _ in range(campaigns):
        await drafted(desk)
    agenda = Agenda(desk, desk.log, heed=heed or due_at(MONDAY), act=doings.act)
    return desk, agenda


async def test_a_fault_while_acting_leaves_everything_due():
    doings = Doings(LogUnreachable("gone"))
    _, agenda = await world(doings)
    with pytest.raises(LogUnreachable):
        await agenda.step()
    assert await agenda.step() == 2
    assert len(set(doings.acted)) == 2
    assert await agenda.step() == 0


async def test_what_is_not_closed_is_tried_again_beside_the_rest():
    later, done = False, True
    doings = Doings(later, done)
    _, agenda = await world(doings)
    assert await agenda.step() == 1
    assert await agenda.step() == 1
    assert len(doings.acted) == 3
    assert await agenda.step() == 0


async def test_nothing_is_done_before_its_time_even_when_the_clock_goes_back():
    doings = Doings()
    desk, agenda = await world(doings, heed=due_at(MONDAY + timedelta(minutes=1)))
    assert await agenda.step() == 0
    desk.clock.at -= timedelta(hours=1)
    assert await agenda.step() == 0
    desk.clock.at += timedelta(hours=2)
    assert await agenda.step() == 2
    desk.clock.at -= timedelta(hours=2)
    assert await agenda.step() == 0


async def test_what_was_dropped_or_moved_is_not_done_at_its_old_time():
    doings = Doings()
    times = iter([MONDAY, MONDAY + timedelta(days=1), None])

    def heed(recorded):
        at = next(times)
        name = "the same"
        return [Due(ACME, name, at, recorded.event_id) if at else Dropped(ACME, name)]

    _, agenda = await world(doings, campaigns=2, heed=heed)
    assert await agenda.step() == 0
    desk, agenda = await world(doings, campaigns=1, heed=heed)
    assert await agenda.step() == 0
    assert doings.acted == []
    assert desk.clock.now() == MONDAY
