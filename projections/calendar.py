"""When campaigns fly, indexed so that a range of days is answered from its own part of the list.

Flights lie in classes by their length, each in the order of their first day. A flight that
touches the days began at most its class' length before them, so each class is read from there
on and only until the days are over.
"""

import asyncio
from datetime import UTC, date, datetime, time
from itertools import chain
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from domain.campaign.brief import Brief, BudgetPlan
from domain.campaign.events import CampaignDrafted, CampaignEdited, CampaignEvent
from domain.envelope import Recorded
from domain.identity import TenantId
from projections.ports import ViewReader
from projections.projection import Place, Projection
from projections.stages import step
from projections.views import PAGE_MAX, BadCursor

DAYS_MAX = {"week": 7, "month": 31, "quarter": 92, "year": 366, "decade": 3_660, "ever": None}
UNDATED = "undated"
# The list's order is a whole number below 2^53, which a double holds exactly: how far the first
# day is from the end of the calendar (22 bits), then the position at which it was drafted.
ORDER_MAX = 2**53
SEQUENCE_BITS = 31
FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as a calendar shows it.

    One without a start flies from when it was drafted (`drafted_at`), one without an end for
    ever; one with neither is not on the calendar.
    """

    id: str
    name: str
    advertiser: str
    channels: tuple[str, ...]
    stage: str
    starts_at: datetime | None
    ends_at: datetime | None
    budget: BudgetPlan
    drafted_at: datetime
    created: int

    @property
    def first_day(self) -> int:
        """Return the ordinal of the UTC day on which it begins."""
        return (self.starts_at or self.drafted_at).astimezone(UTC).toordinal()


class Span(NamedTuple):
    """A time to look at: from `opening`, and before `closing`."""

    opening: datetime
    closing: datetime

    def touches(self, flight: Flight) -> bool:
        """Tell whether any moment of the flight is in the span."""
        begins = flight.starts_at or flight.drafted_at
        return begins < self.closing and (flight.ends_at is None or flight.ends_at > self.opening)


class Flights(NamedTuple):
    """A part of the calendar; `next` asks for the part after it, None at the end."""

    flights: list[Flight]
    next: str | None


@runtime_checkable
class Calendar(Protocol):
    """The flights of a tenant's campaigns."""

    async def between(
        self, tenant: TenantId, span: Span, *, limit: int = 50, cursor: str | None = None
    ) -> Flights:
        """Return the flights that touch the span, earliest first; raises `BadCursor`."""


class StoredCalendar:
    """Satisfies `Calendar`; a cursor is the place in the list of the last flight seen."""

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader

    async def between(
        self, tenant: TenantId, span: Span, *, limit: int = 50, cursor: str | None = None
    ) -> Flights:
        """Return up to `limit` (at most `PAGE_MAX`) flights that touch the span."""
        wanted = max(1, min(limit, PAGE_MAX))
        before = _before(cursor)
        classes = await asyncio.gather(
            *(self._of(kind, tenant, span, before=before, wanted=wanted + 1) for kind in DAYS_MAX)
        )
        found = sorted(chain.from_iterable(classes), key=_order, reverse=True)
        more = len(found) > wanted
        return Flights(found[:wanted], str(_order(found[wanted - 1])) if more else None)

    async def _of(
        self, kind: str, tenant: TenantId, span: Span, *, before: int, wanted: int
    ) -> list[Flight]:
        """Return up to `wanted` flights of one class, reading no further than the span."""
        before = min(before, _opening(kind, span))
        found: list[Flight] = []
        while len(found) < wanted:
            rows = await self._reader.page(
                CALENDAR.name, tenant, group=kind, before=before, limit=wanted
            )
            flights = [_flight.decode(row) for row in rows]
            found += [flight for flight in flights if span.touches(flight)]
            if len(rows) < wanted or flights[-1].first_day > span.closing.toordinal():
                break
            before = _order(flights[-1])
        return found[:wanted]


def day_span(first: date, last: date) -> Span:
    """Return the span of whole UTC days, both included."""
    if last == date.max:
        return Span(datetime.combine(first, time.min, UTC), datetime.max.replace(tzinfo=UTC))
    after = date.fromordinal(last.toordinal() + 1)
    return Span(datetime.combine(first, time.min, UTC), datetime.combine(after, time.min, UTC))


def fold(flight: Flight | None, event: CampaignEvent, recorded: Recorded) -> Flight | None:
    """Return the flight after one more event."""
    match flight, event:
        case None, CampaignDrafted(campaign=campaign, drafted_at=at, brief=brief):
            return _written(
                brief, id=campaign, stage="draft", drafted_at=at, created=recorded.position
            )
        case Flight(), CampaignEdited(brief=brief):
            return _written(
                brief,
                id=flight.id,
                stage=flight.stage,
                drafted_at=flight.drafted_at,
                created=flight.created,
            )
        case Flight(), _ if (moved := step(event)) is not None and moved.to != flight.stage:
            return replace(flight, stage=moved.to)
        case _:
            return flight


def place(flight: Flight) -> Place:
    """Return the class of the flight's length, and its place there."""
    return Place(_kind(flight), _order(flight))


def _written(brief: Brief, *, id: str, stage: str, drafted_at: datetime, created: int) -> Flight:  # noqa: A002 - the row's own name for it
    return Flight(
        id=id,
        name=brief.name,
        advertiser=brief.advertiser,
        channels=brief.channels,
        stage=stage,
        starts_at=brief.starts_at,
        ends_at=brief.ends_at,
        budget=brief.budget,
        drafted_at=drafted_at,
        created=created,
    )


def _kind(flight: Flight) -> str:
    if flight.starts_at is None and flight.ends_at is None:
        return UNDATED
    if flight.ends_at is None:
        return "ever"
    days = flight.ends_at.astimezone(UTC).toordinal() - flight.first_day + 1
    return next(kind for kind, most in DAYS_MAX.items() if most is None or days <= most)


def _order(flight: Flight) -> int:
    return _place_of(flight.first_day) - flight.created % (1 << SEQUENCE_BITS)


def _place_of(day: int) -> int:
    """Return the place in the list where flights that begin on a day come first."""
    return ORDER_MAX - 1 - (day << SEQUENCE_BITS)


def _opening(kind: str, span: Span) -> int:
    """Return the place before which no flight of the class can reach the span."""
    days = DAYS_MAX[kind]
    first = FIRST_DAY if days is None else max(FIRST_DAY, span.opening.toordinal() - days + 1)
    return _place_of(first) + 1


def _before(cursor: str | None) -> int:
    if cursor is None:
        return ORDER_MAX
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= len(str(ORDER_MAX))):
        raise BadCursor(cursor)
    return int(cursor)


CALENDAR = Projection(name="calendar", events=CampaignEvent, memory=Flight, fold=fold, place=place)
_flight = msgspec.json.Decoder(Flight)
