"""Process manager: does what privacy requests ask, one recorded step after the other.

Each step may be done twice without harm and is recorded once done, so a process that is killed
anywhere goes on with the first step that is not on the record.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Literal

import structlog

from commands.agenda import Agenda, Dropped, Due
from commands.desk import Desk
from commands.erasure_steps import Steps
from commands.ports import Fault, Happenings, Overtaken, Subject, SubjectErased
from commands.privacy import REQUESTS, SUBJECTS, whom_of
from commands.privacy_ports import Places, Wanted
from commands.raw_cuts import cut_of, end_cut
from commands.transact import Asking, current, transact
from domain.envelope import Recorded
from domain.identity import TenantId
from domain.privacy import PrivacyEvent, SubjectEvent
from domain.privacy import request as requests
from domain.privacy import subject as files
from domain.privacy.certificate import certified
from domain.privacy.events import (
    PrivacyRequested,
    RequestDone,
    RequestForgotten,
    RequestHeld,
    RequestRefused,
    RequestStarted,
    StepDone,
)
from domain.privacy.refusals import HoldUnknown, SubjectOnHold
from domain.privacy.request import Done, Received, Refused, Running, Unasked
from domain.privacy.subject_events import (
    ErasureBegun,
    HoldLifted,
    HoldPlaced,
    RequestNoted,
)
from domain.privacy.subject_events import SubjectErased as Gone

PROCESS = "erasure"
# How soon to look again at what waits long; a lifted hold is looked at at once.
PATIENCE = {"run": timedelta(seconds=10), "forget": timedelta(minutes=10)}

log = structlog.get_logger(__name__)


class Waiting(Enum):
    """What is not closed waits: for an engine or a view, or for people or days."""

    A_MOMENT = "a_moment"
    LONG = "long"


Closed = Literal[True] | Waiting
Acting = Callable[[TenantId, str], Awaitable[Closed]]


class Erasing:
    """Follows the log; safe to stop anywhere and to run twice.

    What was erased once is erased again after a start, should an older copy of the key ring
    have come back.
    """

    def __init__(self, desk: Desk, happenings: Happenings, places: Places) -> None:
        self._desk = desk
        self._places = places
        self._steps = Steps(desk, places)
        self._agenda = Agenda(desk, happenings, heed=self._heed, act=self._act)
        self._look_at: dict[tuple[TenantId, str], datetime] = {}
        self._own: dict[tuple[TenantId, str], str] = {}
        self._acts: dict[str, Acting] = {
            "run": self._run,
            "forget": self._forget,
            "hold": self._let_lapse,
            "again": self._erase_again,
        }

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Read on, then do what can be done; return how many matters were closed."""
        return await self._agenda.step(wait_s=wait_s)

    def _heed(self, recorded: Recorded) -> Iterator[Due | Dropped]:
        if recorded.kind.startswith("privacy."):
            yield from self._heed_request(recorded, REQUESTS.decoder.decode(recorded.data))
        elif recorded.kind.startswith("subject."):
            yield from self._heed_subject(recorded, SUBJECTS.decoder.decode(recorded.data))

    def _heed_request(self, recorded: Recorded, told: PrivacyEvent) -> Iterator[Due | Dropped]:
        due, dropped = _noting(recorded)
        match told:
            case PrivacyRequested(request=request, requested_at=at, sealed_for=own):
                self._own[recorded.tenant, request] = own
                yield due(f"run/{request}", at)
            case RequestDone(request=request, forget_at=at):
                yield dropped(f"run/{request}")
                yield due(f"forget/{request}", at)
            case RequestRefused(request=request, refused_at=at):
                yield dropped(f"run/{request}")
                yield due(f"forget/{request}", at)
            case RequestForgotten(request=request, forgotten_at=at):
                yield dropped(f"forget/{request}")
                yield due(f"again/{self._own.pop((recorded.tenant, request), '')}", at)
            case RequestHeld() | RequestStarted() | StepDone():
                return

    def _heed_subject(self, recorded: Recorded, told: SubjectEvent) -> Iterator[Due | Dropped]:
        due, dropped = _noting(recorded)
        match told:
            case HoldPlaced(hold=hold, until=until):
                if until is not None:
                    yield due(f"hold/{hold}", until)
            case HoldLifted(hold=hold):
                self._look_at.clear()
                yield dropped(f"hold/{hold}")
            case Gone(subject=ref, erased_at=at):
                yield due(f"again/{ref}", at)
            case RequestNoted() | ErasureBegun():
                return

    async def _act(self, due: Due) -> bool:
        matter, _, about = due.name.partition("/")
        now = self._desk.clock.now()
        if self._look_at.get((due.tenant, due.name), now) > now:
            return False
        try:
            closed = await self._acts[matter](due.tenant, about)
        except Overtaken:
            return False
        except Fault as fault:
            log.warning("erasure_waits", tenant=due.tenant, matter=due.name, fault=repr(fault))
            return False
        if closed is Waiting.LONG:
            self._look_at[due.tenant, due.name] = now + PATIENCE[matter]
        return closed is True

    async def _run(self, tenant: TenantId, request: str) -> Closed:
        while True:
            folded = await current(self._desk, REQUESTS, tenant, request)
            match folded.state:
                case Received() as asked:
                    if not await self._begin(asked, tenant):
                        return Waiting.LONG
                case Running(following=None) as running:
                    await self._certify(running, tenant, position=folded.position)
                case Running() as running:
                    if not await self._take(running, tenant):
                        return Waiting.A_MOMENT
                case Done() | Refused() | Unasked():
                    return True

    async def _begin(self, asked: Received, tenant: TenantId) -> bool:
        """Start on a request, or hold it; return whether it was started."""
        at = self._desk.clock.now()
        if asked.kind != "access" and not await self._free(asked, tenant, at=at):
            await self._record(asked.request, "hold", partial(requests.hold, at=at), tenant, at)
            return False
        await self._record(asked.request, "start", partial(requests.start, at=at), tenant, at)
        return True

    async def _free(self, asked: Received, tenant: TenantId, *, at: datetime) -> bool:
        if asked.kind == "purge":
            file = (await current(self._desk, SUBJECTS, tenant, asked.subject)).state
            return not files.holding(file, at=at)
        decision = partial(files.begin_erasure, subject=asked.subject, request=asked.request, at=at)
        asking = Asking.of_process(PROCESS, f"{asked.request}/begin", tenant=tenant)
        try:
            await transact(self._desk, SUBJECTS, asked.subject, decision, asking=asking, at=at)
        except SubjectOnHold:
            return False
        return True

    async def _take(self, running: Running, tenant: TenantId) -> bool:
        """Do the next step; return False when it must wait for something."""
        step = running.following
        if step is None:
            return True
        counts = await self._steps.do(step, running, tenant)
        if counts is None:
            return False
        at = self._desk.clock.now()
        decision = partial(requests.record_step, step=step, counts=counts, at=at)
        await self._record(running.request, step, decision, tenant, at)
        return True

    async def _certify(self, running: Running, tenant: TenantId, *, position: int) -> None:
        at = self._desk.clock.now()
        certificate = certified(running, tenant=tenant, log_position=position, at=at)
        forget_at = at if running.kind != "access" else running.requested_at + requests.DUE_WITHIN
        decision = partial(requests.complete, certificate=certificate, forget_at=forget_at, at=at)
        await self._record(running.request, "done", decision, tenant, at)

    async def _forget(self, tenant: TenantId, request: str) -> Closed:
        """Destroy a request's own key once nothing could bring the person's data back."""
        cuts = await cut_of(self._desk, tenant=tenant, request=request)
        if cuts and not await self._places.raw.gone(cuts):
            return Waiting.LONG
        asked = (await current(self._desk, REQUESTS, tenant, request)).state
        if isinstance(asked, Unasked):
            return True
        if whom := await whom_of(asked, tenant=tenant, desk=self._desk):
            # What was still being buried while the letters were blanked is there by now.
            wanted = Wanted(tenant, asked.subject, whom.all_players)
            if asked.kind != "access":
                await self._places.letters.redact(wanted)
        await end_cut(self._desk, tenant=tenant, request=request)
        await self._desk.keys.destroy(Subject(tenant, asked.sealed_for))
        at = self._desk.clock.now()
        await self._record(request, "forget", partial(requests.forget, at=at), tenant, at)
        return True

    async def _let_lapse(self, tenant: TenantId, hold: str) -> Closed:
        ref, at = hold.partition(".")[0], self._desk.clock.now()
        asking = Asking.of_process(PROCESS, f"{hold}/elapsed", tenant=tenant)
        decision = partial(
            files.lift_hold, subject=ref, hold=hold, by=asking.person, why="elapsed", at=at
        )
        with contextlib.suppress(HoldUnknown):
            await transact(self._desk, SUBJECTS, ref, decision, asking=asking, at=at)
        return True

    async def _erase_again(self, tenant: TenantId, ref: str) -> Closed:
        subject = Subject(tenant, ref)
        try:
            await self._desk.keys.seal(subject, "")
        except SubjectErased:
            return True
        log.warning("erased_again", tenant=tenant, subject=ref)
        await self._desk.keys.destroy(subject)
        return True

    async def _record(
        self, request: str, what: str, decision: requests.Decision, tenant: TenantId, at: datetime
    ) -> None:
        asking = Asking.of_process(PROCESS, f"{request}/{what}", tenant=tenant)
        await transact(self._desk, REQUESTS, request, decision, asking=asking, at=at)


def _noting(recorded: Recorded) -> tuple[Callable[[str, datetime], Due], Callable[[str], Dropped]]:
    """Return how to put a matter on the tenant's agenda because of this event, and off it."""
    tenant, cause = recorded.tenant, recorded.event_id
    return lambda name, at: Due(tenant, name, at, cause), partial(Dropped, tenant)
