"""What may be asked about the clients of an agency."""

from functools import partial

import msgspec

from commands.desk import Desk
from commands.tenant import decided
from commands.transact import Asking, Outcome
from domain.identity import AdvertiserId
from domain.tenant import Open
from domain.tenant.decisions import record_advertiser


class RecordAdvertiser(msgspec.Struct, frozen=True, kw_only=True):
    """A client as it is to be; currency and time zone default to the agency's."""

    advertiser: AdvertiserId
    name: str
    currency: str | None = None
    time_zone: str | None = None


async def take_on_advertiser(
    command: RecordAdvertiser, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Take on a client, or change one."""
    at = desk.clock.now()
    decision = partial(
        record_advertiser,
        advertiser=command.advertiser,
        name=command.name,
        currency=command.currency,
        time_zone=command.time_zone,
        at=at,
    )
    outcome = await decided(
        desk,
        decision,
        asking=asking,
        at=at,
        part=partial(_changed, command.advertiser),
        expected_version=expected_version,
    )
    return outcome._replace(id=command.advertiser)


def _changed(advertiser: AdvertiserId, books: Open) -> int:
    known = books.advertisers.get(advertiser)
    return known.version if known else 0
