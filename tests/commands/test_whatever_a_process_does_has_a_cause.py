"""What a process does because of an event says so, also where its code does not think of it."""

import asyncio

import pytest

from commands.agenda import Agenda, Due
from commands.causes import because_of, cause
from commands.transact import Asking
from domain.identity import TenantId
from tests.commands.desks import drafted, new_desk
from tests.people import MONDAY

ACME = TenantId("acme")


def asked(source="s", **more):
    return Asking.of_process("tidying", source, tenant=ACME, **more)


async def test_a_command_asked_from_an_agenda_is_caused_by_what_put_it_there():
    desk, seen = new_desk(), []
    await drafted(desk)

    def heed(recorded):
        yield Due(recorded.tenant, "tidy", MONDAY, recorded.event_id)

    async def act(due):
        await asyncio.sleep(0)
        seen.append((asked().causation_id, due.caused_by))
        return True

    assert await Agenda(desk, desk.log, heed=heed, act=act).step() == 1
    (told,) = seen
    assert told[0] == told[1] == (await desk.log.after(0, limit=9))[-1].event_id
    assert asked().causation_id is None


def test_a_cause_that_is_named_goes_before_the_one_around():
    with because_of("the event around"):
        assert asked().causation_id == "the event around"
        assert asked(causation_id="another").causation_id == "another"
        with because_of("one within"):
            assert cause() == "one within"
        assert cause() == "the event around"


def test_an_act_that_fails_leaves_no_cause_behind():
    with pytest.raises(ZeroDivisionError), because_of("an event"):
        raise ZeroDivisionError
    assert cause() is None


def test_the_cause_does_not_change_which_command_it_is():
    with because_of("an event"):
        inside = asked()
    assert inside.command_id == asked().command_id
    assert inside.fingerprint == asked().fingerprint


async def test_two_acts_at_once_keep_their_causes_apart():
    async def act(event):
        with because_of(event):
            await asyncio.sleep(0)
            return asked().causation_id

    assert await asyncio.gather(act("one"), act("two")) == ["one", "two"]
