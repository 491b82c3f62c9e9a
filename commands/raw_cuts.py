"""Whose rows of the raw streams an ingest takes in as nobody's, because they were erased."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from commands.budget_allocation import OURS
from commands.desk import Desk
from commands.ledger import Ledger
from commands.privacy import REQUESTS, whom_of
from commands.transact import Asking, current, transact
from domain.identity import TenantId
from domain.privacy.raw_events import UNCUT, RawCutEvent, RawCuts, cut, end, evolve
from domain.privacy.request import Unasked
from migrations.events import EventDecoder

PROCESS = "raw_cut"
IN_FORCE = "in_force"

CUTS: Ledger[RawCuts, RawCutEvent] = Ledger(
    PROCESS, UNCUT, evolve, EventDecoder(RawCutEvent), remembers=16
)


class Erased(NamedTuple):
    """Someone whose rows at or before `cuts` (partition to sequence) are nobody's any more.

    `salt` covers what would still tell them: it is destroyed with the request.
    """

    tenant: TenantId
    players: tuple[str, ...]
    cuts: Mapping[int, int]
    salt: str


async def cuts_in_force(desk: Desk) -> Sequence[Erased]:
    """Return who is to be left out of what is read from the raw streams now."""
    folded = await current(desk, CUTS, OURS, IN_FORCE)
    erased = []
    for (tenant, request), cuts in folded.state.made.items():
        owner = TenantId(tenant)
        asked = (await current(desk, REQUESTS, owner, request)).state
        whom = None if isinstance(asked, Unasked) else await whom_of(asked, tenant=owner, desk=desk)
        if whom is not None:
            erased.append(Erased(owner, whom.all_players, cuts, whom.salt))
    return erased


async def make_cut(
    desk: Desk, *, tenant: TenantId, request: str, cuts: dict[int, int]
) -> dict[int, int]:
    """Cut the raw streams for a request and return where: a cut once made stays where it is."""
    at = desk.clock.now()
    decision = partial(cut, tenant=tenant, request=request, cuts=cuts, at=at)
    asking = Asking.of_process(PROCESS, f"{tenant}/{request}", tenant=OURS)
    await transact(desk, CUTS, IN_FORCE, decision, asking=asking, at=at)
    return await cut_of(desk, tenant=tenant, request=request)


async def cut_of(desk: Desk, *, tenant: TenantId, request: str) -> dict[int, int]:
    """Return where the raw streams were cut for a request; {} when nowhere."""
    folded = await current(desk, CUTS, OURS, IN_FORCE)
    return folded.state.made.get((tenant, request), {})


async def end_cut(desk: Desk, *, tenant: TenantId, request: str) -> None:
    """End a cut once the streams hold nothing of that time."""
    at = desk.clock.now()
    decision = partial(end, tenant=tenant, request=request, at=at)
    asking = Asking.of_process(PROCESS, f"{tenant}/{request}/end", tenant=OURS)
    await transact(desk, CUTS, IN_FORCE, decision, asking=asking, at=at)
