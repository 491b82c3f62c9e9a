"""Each kind of event that was succeeded, and how its content becomes its successor's.

Nothing in the log is rewritten: an old event keeps its bytes and its hash, and is read anew.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Content = dict[str, Any]  # an event's JSON, decoded, without its kind


class Upcaster(NamedTuple):
    """`change` is pure and total: whatever the old version allowed must come out readable."""

    to: str
    change: Callable[[Content], Content]


def _total_and_daily(content: Content) -> Content:
    """Make a total of the one number a campaign's budget was at first."""
    brief = content["brief"]
    return {**content, "brief": {**brief, "budget": {"total": brief["budget"], "daily": None}}}


UPCASTERS: dict[str, Upcaster] = {
    "campaign.drafted.v0": Upcaster("campaign.drafted.v1", _total_and_daily),
    "campaign.edited.v0": Upcaster("campaign.edited.v1", _total_and_daily),
}


def upcast(kind: str, content: Content) -> tuple[str, Content]:
    """Return the newest kind that `kind` became, and the content as that kind writes it."""
    while (upcaster := UPCASTERS.get(kind)) is not None:
        kind, content = upcaster.to, upcaster.change(content)
    return kind, content


def ancestors_of(kinds: Iterable[str]) -> frozenset[str]:
    """Return these kinds and every older one that is read as one of them."""
    known = set(kinds)
    return frozenset(known | {old for old in UPCASTERS if upcast_kind(old) in known})


def upcast_kind(kind: str) -> str:
    """Return the newest kind that `kind` became."""
    while (upcaster := UPCASTERS.get(kind)) is not None:
        kind = upcaster.to
    return kind
