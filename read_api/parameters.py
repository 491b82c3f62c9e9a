"""The parameters that many questions share, and what they mean."""

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import HeaderParameter, QueryParameter

from projections.views import PAGE_MAX, Positions

WAIT_S = 0.5
LIMIT_DEFAULT = 50

T = TypeVar("T")

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, description="How many items at most")]
Cursor = Annotated[
    str | None, QueryParameter(max_length=256, description="The `next` of the list's last answer")
]
Token = Annotated[
    int | None,
    HeaderParameter(
        name="X-Consistency-Token",
        ge=0,
        description="A position that a command answered with: the read waits for it up to 500 ms",
    ),
]


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list; `next` is the cursor of the rest, null at its end."""

    items: list[T]
    next: str | None


async def caught_up(positions: Positions, view: str, token: int | None) -> dict[str, str]:
    """Wait until `view` has seen `token`; the headers say so when it did not in time."""
    if token is None or await positions.wait(view, token, WAIT_S):
        return {}
    return {"X-Stale": "true"}


def no_campaign() -> NotFoundException:
    return NotFoundException(
        detail="There is no such campaign.", extra={"code": "campaign_unknown"}
    )


def bad_cursor() -> ClientException:
    return ClientException(
        detail="The cursor is not one that this list answered with.", extra={"code": "bad_cursor"}
    )
