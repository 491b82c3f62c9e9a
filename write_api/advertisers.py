"""The agency's clients, and its own settings, over HTTP."""

from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import put
from litestar.params import FromPath
from litestar.types import ASGIApp

from commands.advertisers import RecordAdvertiser, take_on_advertiser
from commands.tenant import ChangeSettings, change_tenant_settings
from domain.identity import AdvertiserId
from domain.tenant.permissions import Permission
from write_api.bodies import read_as
from write_api.commanding import Answer, Receipt, asking, commander_of
from write_api.overwriting import NEVER_READ, asking_for_if_match, version_read
from write_api.preconditions import expected_version
from write_api.problems import AnyRequest

TAGS = ["Tenant"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Currency = Annotated[str, msgspec.Meta(max_length=8, description="ISO 4217, for example EUR")]
TimeZone = Annotated[str, msgspec.Meta(max_length=64, description="IANA, like Europe/Berlin")]


class AdvertiserBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client as it is to be; currency and time zone default to the agency's."""

    name: Name
    currency: Currency | None = None
    time_zone: TimeZone | None = None


class SettingsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agency's name, and what new advertisers get that do not say otherwise."""

    name: Name
    currency: Currency
    time_zone: TimeZone


@put(
    "/v1/advertisers/{advertiser:str}",
    tags=TAGS,
    opt={"permission": Permission.TENANT_WRITE, "body": AdvertiserBody, "answer": Receipt},
)
async def put_advertiser(request: AnyRequest, advertiser: FromPath[str]) -> ASGIApp:
    """Take on a client, or with If-Match change one."""
    commander = commander_of(request)
    expected = version_read(request)
    body = await read_as(request, AdvertiserBody)
    with asking_for_if_match(request):
        outcome = await take_on_advertiser(
            RecordAdvertiser(
                advertiser=AdvertiserId(advertiser),
                name=body.name,
                currency=body.currency,
                time_zone=body.time_zone,
            ),
            asking=asking(request, commander.caller, body),
            desk=commander.desk,
            expected_version=expected,
        )
    if expected == NEVER_READ:
        address = f"/v1/advertisers/{quote(advertiser, safe='')}"
        return Answer(outcome, status=201, location=address)
    return Answer(outcome, status=200)


@put(
    "/v1/tenant",
    tags=TAGS,
    opt={"permission": Permission.TENANT_WRITE, "body": SettingsBody, "answer": Receipt},
)
async def put_tenant(request: AnyRequest) -> ASGIApp:
    """Change the agency's name or defaults; what was budgeted before stays as it was."""
    commander = commander_of(request)
    expected = expected_version(request, required=True)
    body = await read_as(request, SettingsBody)
    outcome = await change_tenant_settings(
        ChangeSettings(name=body.name, currency=body.currency, time_zone=body.time_zone),
        asking=asking(request, commander.caller, body),
        desk=commander.desk,
        expected_version=expected,
    )
    return Answer(outcome, status=200)
