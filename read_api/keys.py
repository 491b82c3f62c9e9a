"""Which keys were issued, to whom and on what terms. Their texts are not known here."""

from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from domain.identity import KeyId, TenantId
from domain.tenant import Key
from domain.tenant.permissions import Permission
from projections.access import Holder
from projections.people import People
from projections.views import Positions
from read_api.books import VIEW, books_of, part_of
from read_api.parameters import LIMIT_DEFAULT, Cursor, Limit, Listed, Token, caught_up
from read_api.ports import Clock

TAGS = ["Keys"]


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """`opens` is false once revoked or expired; `prefix` is how the key's text begins."""

    id: str
    use: str
    person: str | None
    label: str
    prefix: str
    scopes: tuple[str, ...] | None
    rate_per_minute: int | None
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None
    opens: bool
    version: int


@get("/v1/keys", tags=TAGS, opt={"permission": Permission.USER_READ})
async def key_list(
    *,
    caller: Given[Holder],
    people: Given[People],
    positions: Given[Positions],
    clock: Given[Clock],
    opens: FromQuery[bool | None] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    token: Token = None,
) -> Response[Listed[KeyShown]]:
    """List the keys; with `opens` only those that do, or do not any more."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    now = clock.now()
    chosen = {
        id_: key for id_, key in books.keys.items() if opens is None or key.opens(now) is opens
    }
    part, following = part_of(chosen, limit=limit, cursor=cursor)
    shown = [key_shown(id_, key, at=now) for id_, key in part]
    return Response(Listed(shown, following), headers=headers)


@get("/v1/keys/{key:str}", tags=TAGS, opt={"permission": Permission.USER_READ})
async def key_card(
    *,
    key: FromPath[str],
    caller: Given[Holder],
    people: Given[People],
    positions: Given[Positions],
    clock: Given[Clock],
    token: Token = None,
) -> Response[KeyShown]:
    """Read the terms of a key."""
    headers = await caught_up(positions, VIEW, token)
    books = await books_of(people, TenantId(caller.tenant))
    known = books.keys.get(KeyId(key))
    if known is None:
        raise NotFoundException(
            detail="There is no such key in this tenant.", extra={"code": "key_unknown"}
        )
    shown = key_shown(key, known, at=clock.now())
    return Response(shown, headers={**headers, "ETag": f'"{known.version}"'})


def key_shown(id_: str, key: Key, *, at: datetime) -> KeyShown:
    """Return a key as the API shows it at that time."""
    return KeyShown(
        id=id_,
        use=key.use,
        person=key.person,
        label=key.label,
        prefix=key.prefix,
        scopes=key.scopes,
        rate_per_minute=key.rate_per_minute,
        issued_at=key.issued_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        replaces=key.replaces,
        opens=key.opens(at),
        version=key.version,
    )
