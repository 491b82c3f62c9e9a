"""Up to where rows of the raw streams are nobody's any more: the erasure's own notes."""

from datetime import datetime

import msgspec

from domain.event import Event


class RawCut(Event, frozen=True, kw_only=True, tag="raw_cut.made.v1"):
    """Rows of the person at or before `cuts` (partition to sequence) are taken in as nobody's."""

    tenant: str
    request: str
    cuts: dict[int, int]
    made_at: datetime


class RawCutEnded(Event, frozen=True, kw_only=True, tag="raw_cut.ended.v1"):
    """The raw streams hold no message of that time any more."""

    tenant: str
    request: str
    ended_at: datetime


RawCutEvent = RawCut | RawCutEnded


class RawCuts(msgspec.Struct, frozen=True):
    """The cuts in force, by tenant and request."""

    made: dict[tuple[str, str], dict[int, int]]


UNCUT = RawCuts({})


def evolve(state: RawCuts, event: RawCutEvent) -> RawCuts:
    """Accept what happened, whatever it is."""
    name = (event.tenant, event.request)
    match event:
        case RawCut(cuts=cuts):
            return RawCuts({**state.made, name: state.made.get(name, cuts)})
        case RawCutEnded():
            return RawCuts({each: cuts for each, cuts in state.made.items() if each != name})


def cut(
    state: RawCuts, *, tenant: str, request: str, cuts: dict[int, int], at: datetime
) -> list[RawCutEvent]:
    """Cut at these sequences; a cut once made stays where it is."""
    if (tenant, request) in state.made:
        return []
    return [RawCut(tenant=tenant, request=request, cuts=cuts, made_at=at)]


def end(state: RawCuts, *, tenant: str, request: str, at: datetime) -> list[RawCutEvent]:
    """End a cut that nothing needs any more."""
    if (tenant, request) not in state.made:
        return []
    return [RawCutEnded(tenant=tenant, request=request, ended_at=at)]
