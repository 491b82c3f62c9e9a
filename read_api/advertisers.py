"""The agency itself and its clients: names, currencies and time zones."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from domain.identity import AdvertiserId, TenantId
from domain.tenant import Advertiser
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.people import People
from projections.views import Positions
from read_api.books import VIEW, books_of, part_of
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, caught_up

TAGS = ["Tenant"]


class AdvertiserShown(msgspec.Struct, frozen=True, kw_only=True):
    """A client: currency by ISO 4217, time zone by its IANA name."""

    id: str
    name: str
    currency: str
    time_zone: str
    version: int


class TenantShown(msgspec.Struct, frozen=True, kw_only=True):
    """The agency, with the defaults of its advertisers."""

    id: str
    name: str
    currency: str
    time_zone: str
    version: int


@get("/v1/tenant", tags=TAGS, opt={"permission": Permission.TENANT_READ})
async def tenant_card(
    caller: Given[Holder], people: Given[People], positions: Given[Positions], token: Token = None
) -> Response[TenantShown]:
    """Read the agency's settings; the ETag is what a change sends as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    shown = TenantShown(
        id=books.tenant,
        name=books.name,
        currency=books.currency,
        time_zone=books.time_zone,
        version=books.settings_version,
    )
    return Response(shown, headers={**headers, "ETag": f'"{shown.version}"'})


@get("/v1/advertisers", tags=TAGS, opt={"permission": Permission.TENANT_READ})
async def advertiser_list(
    *,
    caller: Given[Holder],
    people: Given[People],
    positions: Given[Positions],
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[AdvertiserShown]]:
    """List the agency's clients by id."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    part, following = part_of(books.advertisers, limit=limit, cursor=cursor)
    shown = [advertiser_shown(id_, advertiser) for id_, advertiser in part]
    return Response(Listed(shown, following), headers=headers)


@get("/v1/advertisers/{advertiser:str}", tags=TAGS, opt={"permission": Permission.TENANT_READ})
async def advertiser_card(
    *,
    advertiser: FromPath[str],
    caller: Given[Holder],
    people: Given[People],
    positions: Given[Positions],
    token: Token = None,
) -> Response[AdvertiserShown]:
    """Read a client's settings; the ETag is what a change sends as If-Match."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    known = books.advertisers.get(AdvertiserId(advertiser))
    if known is None:
        raise NotFoundException(
            detail="This agency has no such advertiser.", extra={"code": "advertiser_unknown"}
        )
    headers["ETag"] = f'"{known.version}"'
    return Response(advertiser_shown(advertiser, known), headers=headers)


def advertiser_shown(id_: str, advertiser: Advertiser) -> AdvertiserShown:
    """Return a client as the API shows it."""
    return AdvertiserShown(
        id=id_,
        name=advertiser.name,
        currency=advertiser.currency,
        time_zone=advertiser.time_zone,
        version=advertiser.version,
    )
