"""A person asks to be forgotten: what happens, in which order, and what stops on the way."""

import json
from datetime import timedelta

import msgspec
import pytest

from adapters.memory_keys import MemoryKeyRing
from adapters.memory_places import MemoryFacts
from adapters.memory_views import MemoryViews
from adapters.view_erasure import StoredPersonalViews
from commands.desk import Desk
from commands.erasing import Erasing
from commands.loyalty import EarnStars, EnrolMember, ask_member
from commands.ports import LogUnreachable, Subject, SubjectErased
from commands.privacy import (
    REQUESTS,
    SUBJECTS,
    LiftHold,
    OpenRequest,
    PlaceHold,
    RefuseRequest,
    lift_legal_hold,
    open_privacy_request,
    place_legal_hold,
    refuse_request,
)
from commands.privacy_ports import Places
from commands.raw_cuts import cuts_in_force
from commands.transact import current
from domain.privacy.refusals import HoldElapsed, HoldTooLate, RequestBegun, SubjectInvalid
from domain.privacy.request import Done, Received, Refused, Running, check_of, hash_of
from domain.privacy.subject import place_hold
from projections.loyalty import LOYALTY
from projections.privacy import LEGAL_HOLDS, PRIVACY
from projections.runner import Runner
from tests.commands.desks import new_desk
from tests.people import ACME, BEN, GLOBEX, MONDAY, asks, usd

MARIA, JONAS = "maria@example.org", "jonas"
VIEWS = (LOYALTY, PRIVACY, LEGAL_HOLDS)


class House:
    """A desk with its views and facts, and as many process managers as a test starts."""

    def __init__(self):
        self.desk = new_desk()
        self.log, self.keys, self.clock = self.desk.log, self.desk.keys, self.desk.clock
        self.facts, self.views = MemoryFacts(), MemoryViews()
        self.runners = [Runner(view, feed=self.log, store=self.views) for view in VIEWS]
        self.number = 0
        self.erasing = self.process()

    def process(self):
        views = StoredPersonalViews(self.views, [view.name for view in VIEWS])
        places = Places(raw=self.facts, rows=self.facts, letters=self.facts, views=views)
        return Erasing(self.desk, self.log, places)

    async def projected(self):
        for runner in self.runners:
            while await runner.step(wait_s=0.0):
                pass

    async def settled(self, process=None):
        """Let views and the process manager take turns until nothing moves."""
        head = -1
        while head != (head := await self.log.head()):
            await self.projected()
            await (process or self.erasing).step()
        await self.projected()

    def asks(self, tenant=ACME):
        self.number += 1
        return asks(BEN, f"request-{self.number}", tenant=tenant)

    async def ask(self, kind="erasure", subject=MARIA, tenant=ACME, **more):
        command = OpenRequest(subject=subject, kind=kind, **more)
        outcome = await open_privacy_request(command, asking=self.asks(tenant), desk=self.desk)
        return outcome.id

    async def hold(self, subject=MARIA, until=None):
        command = PlaceHold(subject=subject, reason="A court asked.", until=until)
        return (await place_legal_hold(command, asking=self.asks(), desk=self.desk)).id

    async def lift(self, hold):
        await lift_legal_hold(LiftHold(hold=hold), asking=self.asks(), desk=self.desk)

    async def enrol(self, name=MARIA, tenant=ACME):
        command = EnrolMember(member=name)
        await ask_member(command, asking=self.asks(tenant), desk=self.desk)
        earning = EarnStars(member=name, purchase="p-1", amount=usd(40))
        await ask_member(earning, asking=self.asks(tenant), desk=self.desk)
        return await self.keys.known(tenant, name)

    async def state(self, request, tenant=ACME):
        return (await current(self.desk, REQUESTS, tenant, request)).state

    async def row(self, request):
        return msgspec.json.decode(await self.views.row("privacy", ACME, request))

    async def steps(self, request):
        return {each["step"]: each["counts"] for each in (await self.row(request))["steps"]}


@pytest.fixture
def house():
    return House()


async def test_an_erased_person_is_gone_from_every_place(house):
    maria = await house.enrol()
    for kind in ("visit", "visit", "deposit"):
        house.facts.observe(ACME, MARIA, kind)
    request = await house.ask()
    await house.settled()
    assert isinstance(await house.state(request), Done)
    assert await house.steps(request) == {
        "keys": {"person": 1, "earlier_requests": 0},
        "raw": {"partition_0": 3},
        "found": {"visit": 2, "deposit": 1},
        "facts": {"rows_left": 0},
        "letters": {"letters_blanked": 0},
        "views": {"loyalty": 1},
    }
    assert house.facts.rows == []
    assert await house.keys.known(ACME, MARIA) is None
    assert await house.views.row("loyalty", ACME, maria.ref) is None


async def test_no_event_and_no_view_ever_held_the_name(house):
    await house.enrol()
    await house.hold(subject=JONAS)
    await house.ask(players=("player-77",), reason="Maria wrote to us.")
    await house.settled()
    for recorded in await house.log.after(0, limit=1_000):
        said = msgspec.json.encode(recorded).decode()
        assert not any(word in said for word in (MARIA, "Maria", "player-77", JONAS, "court"))


async def test_the_log_still_verifies_after_erasure(house):
    await house.enrol()
    before = [recorded.hash for recorded in await house.log.after(0, limit=1_000)]
    await house.ask()
    await house.settled()
    assert not (await house.log.verify()).findings
    after = [recorded.hash for recorded in await house.log.after(0, limit=1_000)]
    assert after[: len(before)] == before


async def test_the_certificate_can_be_checked_against_the_record(house):
    request = await house.ask()
    await house.projected()
    opened = await house.keys.opened(
        Subject(ACME, (await house.row(request))["sealed_for"]),
        (await house.row(request))["sealed"],
    )
    await house.settled()
    history = await house.log.read(ACME, f"privacy-{request}")
    done = next(event for event in history if event.kind == "privacy.done.v1")
    done = REQUESTS.decoder.decode(done.data)
    assert hash_of(done.certificate) == done.certificate_hash
    assert done.certificate.log_position < history[-1].position
    whom = json.loads(opened)
    assert done.certificate.person_check == check_of(salt=whom["salt"], tenant=ACME, name=MARIA)


async def test_an_unknown_person_is_erased_with_nothing_found(house):
    request = await house.ask(subject="nobody")
    await house.settled()
    assert isinstance(await house.state(request), Done)
    steps = await house.steps(request)
    assert (steps["found"], steps["views"]) == ({}, {})


async def test_another_tenants_person_of_the_same_name_is_untouched(house):
    theirs = await house.enrol(tenant=GLOBEX)
    await house.enrol()
    house.facts.observe(GLOBEX, MARIA)
    house.facts.observe(ACME, MARIA)
    sealed = await house.keys.seal(theirs, "kept")
    await house.ask()
    await house.settled()
    assert [row["tenant"] for row in house.facts.rows] == [GLOBEX]
    assert await house.keys.opened(theirs, sealed) == "kept"
    assert await house.views.row("loyalty", GLOBEX, theirs.ref) is not None


async def test_whoever_comes_back_is_someone_new(house):
    before = await house.enrol()
    await house.ask()
    await house.settled()
    after = await house.enrol()
    house.facts.observe(ACME, MARIA)
    await house.settled()
    assert after.ref != before.ref
    assert await house.views.row("loyalty", ACME, after.ref) is not None
    assert len(house.facts.rows) == 1


async def test_a_rebuilt_view_shows_nothing_of_the_erased(house):
    maria = await house.enrol()
    jonas = await house.enrol(JONAS)
    await house.ask()
    await house.settled()
    afresh = MemoryViews()
    runner = Runner(LOYALTY, feed=house.log, store=afresh)
    while await runner.step(wait_s=0.0):
        pass
    assert await afresh.row("loyalty", ACME, maria.ref) is None
    assert await afresh.row("loyalty", ACME, jonas.ref) is not None


async def test_erasure_waits_for_a_hold_and_goes_on_when_it_is_lifted(house):
    maria = await house.enrol()
    hold = await house.hold()
    request = await house.ask()
    await house.settled()
    assert (await house.row(request))["status"] == "held"
    assert await house.keys.known(ACME, MARIA) == maria
    await house.lift(hold)
    await house.settled()
    assert isinstance(await house.state(request), Done)
    assert await house.keys.known(ACME, MARIA) is None


async def test_every_hold_must_be_lifted(house):
    first, second = await house.hold(), await house.hold()
    request = await house.ask(kind="purge")
    await house.settled()
    await house.lift(first)
    await house.settled()
    assert isinstance(await house.state(request), Received)
    await house.lift(second)
    await house.lift(second)
    await house.settled()
    assert isinstance(await house.state(request), Done)


async def test_a_hold_with_an_end_lifts_itself(house):
    await house.hold(until=MONDAY + timedelta(days=3))
    request = await house.ask()
    await house.settled()
    assert isinstance(await house.state(request), Received)
    house.clock.at = MONDAY + timedelta(days=3, seconds=1)
    await house.settled()
    await house.settled()
    assert isinstance(await house.state(request), Done)
    with pytest.raises(HoldElapsed):
        await house.hold(subject=JONAS, until=MONDAY)


async def test_a_hold_cannot_stop_what_has_begun(house):
    request = await house.ask()
    await house.erasing.step()
    ref = (await house.state(request)).subject
    file = (await current(house.desk, SUBJECTS, ACME, ref)).state
    with pytest.raises(HoldTooLate):
        place_hold(file, subject=ref, hold="x", by="ben", sealed="", until=None, at=MONDAY)


async def test_access_is_not_held_and_leaves_everything(house):
    maria = await house.enrol()
    house.facts.observe(ACME, MARIA)
    await house.hold()
    request = await house.ask(kind="access")
    await house.settled()
    member = len(await house.log.read(ACME, f"member-{maria.ref}"))
    assert await house.steps(request) == {
        "events": {"subject": 2, "member": member},
        "found": {"visit": 1},
        "views": {"loyalty": 1, "legal_holds": 1},
    }
    assert await house.keys.known(ACME, MARIA) == maria


async def test_a_purge_deletes_what_was_observed_and_keeps_what_was_agreed(house):
    maria = await house.enrol()
    house.facts.observe(ACME, MARIA)
    house.facts.observe(ACME, "player-7")
    house.facts.observe(ACME, JONAS)
    request = await house.ask(kind="purge", players=("player-7",))
    await house.settled()
    assert isinstance(await house.state(request), Done)
    assert [row["player"] for row in house.facts.rows] == [JONAS]
    assert await house.keys.known(ACME, MARIA) == maria
    assert await house.views.row("loyalty", ACME, maria.ref) is not None


async def test_the_same_request_under_way_is_answered_again(house):
    await house.hold()
    request = await house.ask()
    assert await house.ask() == request
    assert await house.ask(kind="purge") != request
    assert await house.ask(players=("player-7",)) != request


async def test_a_second_erasure_finds_nothing(house):
    await house.enrol()
    house.facts.observe(ACME, MARIA)
    first = await house.ask()
    await house.settled()
    second = await house.ask()
    await house.settled()
    assert second != first
    assert isinstance(await house.state(second), Done)
    assert (await house.steps(second))["found"] == {}


async def test_facts_on_their_way_are_waited_for(house):
    house.facts.observe(ACME, MARIA)
    house.facts.waiting = house.facts.rows
    house.facts.rows = []
    request = await house.ask()
    await house.settled()
    assert isinstance(await house.state(request), Running)
    house.facts.rows, house.facts.waiting = house.facts.waiting, []
    await house.settled()
    assert (await house.steps(request))["found"] == {"visit": 1}
    assert house.facts.rows == []


class Stopping(MemoryFacts):
    """An engine that is down until it is told otherwise."""

    down = True

    async def erase(self, wanted, cuts):
        if self.down:
            raise LogUnreachable("ClickHouse is stopped")
        await super().erase(wanted, cuts)


async def test_an_engine_that_is_down_is_waited_for(house):
    house.facts = Stopping()
    house.erasing = house.process()
    house.facts.observe(ACME, MARIA)
    request, other = await house.ask(), await house.ask(kind="access", subject=JONAS)
    await house.settled()
    assert isinstance(await house.state(request), Running)
    assert isinstance(await house.state(other), Done)
    house.facts.down = False
    await house.settled()
    assert isinstance(await house.state(request), Done)


async def test_a_process_that_starts_anew_goes_on_where_it_was(house):
    house.facts = Stopping()
    house.erasing = house.process()
    house.facts.observe(ACME, MARIA)
    request = await house.ask()
    await house.settled()
    house.facts.down = False
    await house.settled(house.process())
    assert isinstance(await house.state(request), Done)
    history = await house.log.read(ACME, f"privacy-{request}")
    steps = [event.data for event in history if event.kind == "privacy.step_done.v1"]
    assert len(steps) == 6


async def test_two_processes_do_everything_once(house):
    await house.enrol()
    other = house.process()
    request = await house.ask()
    await house.settled()
    await house.settled(other)
    history = await house.log.read(ACME, f"privacy-{request}")
    kinds = [event.kind for event in history]
    assert kinds.count("privacy.step_done.v1") == 6
    assert kinds.count("privacy.done.v1") == 1


async def test_the_raw_streams_are_cut_until_they_have_run_out(house):
    house.facts.observe(ACME, MARIA)
    request = await house.ask(players=("player-7",))
    await house.settled()
    (erased,) = await cuts_in_force(house.desk)
    assert erased[:3] == (ACME, (MARIA, "player-7"), {0: 1})
    assert not (await house.state(request)).forgotten
    house.facts.first_seq = 2
    house.clock.at = MONDAY + timedelta(days=3)
    await house.settled()
    assert await cuts_in_force(house.desk) == []
    assert (await house.state(request)).forgotten


async def test_a_forgotten_request_names_nobody(house):
    request = await house.ask()
    await house.settled()
    house.clock.at = MONDAY + timedelta(days=3)
    await house.settled()
    state = await house.state(request)
    assert state.forgotten
    assert await house.keys.opened(Subject(ACME, state.sealed_for), state.sealed) is None


async def test_erasing_forgets_earlier_requests_too(house):
    await house.enrol()
    access = await house.ask(kind="access")
    await house.settled()
    state = await house.state(access)
    assert await house.keys.opened(Subject(ACME, state.sealed_for), state.sealed)
    await house.ask()
    await house.settled()
    assert await house.keys.opened(Subject(ACME, state.sealed_for), state.sealed) is None


async def test_a_month_after_it_an_access_request_is_forgotten(house):
    request = await house.ask(kind="access")
    await house.settled()
    house.clock.at = MONDAY + timedelta(days=29)
    await house.settled()
    assert not (await house.state(request)).forgotten
    house.clock.at = MONDAY + timedelta(days=31)
    await house.settled()
    assert (await house.state(request)).forgotten


async def test_an_older_key_ring_that_comes_back_is_purged_again(house):
    maria = await house.enrol()
    sealed = await house.keys.seal(maria, "secret")
    older = MemoryKeyRing(bytes(32))
    older._refs, older._keys = dict(house.keys._refs), dict(house.keys._keys)
    await house.ask()
    await house.settled()
    house.keys._refs, house.keys._keys = older._refs, older._keys
    assert await house.keys.opened(maria, sealed) == "secret"
    await house.settled(house.process())
    assert await house.keys.opened(maria, sealed) is None
    assert await house.keys.known(ACME, MARIA) is None


class Interrupted(MemoryKeyRing):
    """A ring in which someone else destroys the key just before it seals."""

    async def seal(self, subject, text):
        await self.destroy(subject)
        return await super().seal(subject, text)


async def test_a_command_whose_person_is_erased_meanwhile_records_nothing(house):
    desk = Desk(house.log, house.clock, keys=Interrupted())
    before = await house.log.head()
    with pytest.raises(SubjectErased):
        await place_legal_hold(
            PlaceHold(subject=MARIA, reason="Late."), asking=house.asks(), desk=desk
        )
    assert await house.log.head() == before


async def test_a_request_can_be_refused_before_it_begins(house):
    await house.hold()
    request = await house.ask()
    command = RefuseRequest(request=request, ground="identity_unproven")
    for _ in range(2):
        await refuse_request(command, asking=house.asks(), desk=house.desk)
    await house.settled()
    assert isinstance(await house.state(request), Refused)
    assert (await house.state(request)).forgotten


async def test_what_is_done_cannot_be_refused(house):
    request = await house.ask()
    await house.settled()
    with pytest.raises(RequestBegun):
        await refuse_request(
            RefuseRequest(request=request, ground="excessive"),
            asking=house.asks(),
            desk=house.desk,
        )


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 257, "é" * 129, "\0"])
async def test_names_that_nothing_could_have_taken_are_refused(house, name):
    with pytest.raises(SubjectInvalid):
        await house.ask(subject=name)
    assert await house.log.head() == 0
