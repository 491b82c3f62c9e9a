"""The steps of a privacy request: each may be done again, and tells what it counted."""

from collections.abc import Awaitable, Callable
from functools import partial

from commands.desk import Desk
from commands.ports import Subject
from commands.privacy import REQUESTS, SUBJECTS, whom_of
from commands.privacy_ports import Counts, Places, Wanted
from commands.raw_cuts import cut_of, make_cut
from commands.transact import Asking, current, transact
from domain.identity import TenantId
from domain.privacy import subject as files
from domain.privacy.categories import events_about, streams_of
from domain.privacy.events import StepName
from domain.privacy.request import Asked, Unasked

PROCESS = "erasure_steps"

Doing = Callable[[Asked, TenantId], Awaitable[Counts | None]]


class Steps:
    """Does one step at a time; None means that it must wait for something and be tried again."""

    def __init__(self, desk: Desk, places: Places) -> None:
        self._desk = desk
        self._places = places
        self._does: dict[StepName, Doing] = {
            "events": self._events,
            "keys": self._keys,
            "raw": self._raw,
            "found": self._found,
            "facts": self._facts,
            "letters": self._letters,
            "views": self._views,
        }

    async def do(self, step: StepName, asked: Asked, tenant: TenantId) -> Counts | None:
        """Return what the step counted; raises `Fault` when a place cannot be reached."""
        return await self._does[step](asked, tenant)

    async def _events(self, asked: Asked, tenant: TenantId) -> Counts:
        counts: Counts = {}
        for stream in streams_of(asked.subject, tenant):
            history = await self._desk.log.read(tenant, stream)
            about = [events_about(asked.subject, stream, event.data) for event in history]
            if any(about):
                counts[stream.partition("-")[0]] = sum(about)
        return counts

    async def _keys(self, asked: Asked, tenant: TenantId) -> Counts:
        """Destroy the person's key, and those of earlier requests, which sealed their name too."""
        file = (await current(self._desk, SUBJECTS, tenant, asked.subject)).state
        earlier = [
            found.sealed_for
            for request in file.requests
            if request != asked.request
            and not isinstance(
                found := (await current(self._desk, REQUESTS, tenant, request)).state, Unasked
            )
            and found.kind == "access"
        ]
        destroyed = [
            await self._desk.keys.destroy(Subject(tenant, ref)) for ref in (asked.subject, *earlier)
        ]
        return {"person": 1, "earlier_requests": len(destroyed) - 1}

    async def _raw(self, asked: Asked, tenant: TenantId) -> Counts:
        heads = await self._places.raw.heads()
        cuts = await make_cut(self._desk, tenant=tenant, request=asked.request, cuts=heads)
        return {f"partition_{partition}": cut for partition, cut in sorted(cuts.items())}

    async def _found(self, asked: Asked, tenant: TenantId) -> Counts | None:
        """Count the facts there are, once all that were under way are in."""
        wanted = await self._wanted(asked, tenant)
        if asked.kind == "access":
            return await self._places.rows.count(wanted)
        cuts = await cut_of(self._desk, tenant=tenant, request=asked.request)
        if not await self._places.raw.settled(wanted, cuts):
            return None
        return await self._places.rows.count(wanted, cuts)

    async def _facts(self, asked: Asked, tenant: TenantId) -> Counts:
        cuts = await cut_of(self._desk, tenant=tenant, request=asked.request)
        wanted = await self._wanted(asked, tenant)
        await self._places.rows.erase(wanted, cuts)
        left = await self._places.rows.count(wanted, cuts)
        return {"rows_left": sum(left.values())}

    async def _letters(self, asked: Asked, tenant: TenantId) -> Counts:
        return await self._places.letters.redact(await self._wanted(asked, tenant))

    async def _views(self, asked: Asked, tenant: TenantId) -> Counts | None:
        """Have every view drop the person; done once none shows them."""
        wanted = await self._wanted(asked, tenant)
        found = await self._places.views.count(wanted)
        if asked.kind == "access":
            return found
        at, ref = self._desk.clock.now(), asked.subject
        asking = Asking.of_process(PROCESS, f"{asked.request}/erased", tenant=tenant)
        decision = partial(
            files.finish_erasure, subject=ref, request=asked.request, rows=found, at=at
        )
        await transact(self._desk, SUBJECTS, ref, decision, asking=asking, at=at)
        file = (await current(self._desk, SUBJECTS, tenant, ref)).state
        return file.rows if isinstance(file, files.Erased) and not found else None

    async def _wanted(self, asked: Asked, tenant: TenantId) -> Wanted:
        whom = await whom_of(asked, tenant=tenant, desk=self._desk)
        return Wanted(tenant, asked.subject, whom.all_players if whom else ())
