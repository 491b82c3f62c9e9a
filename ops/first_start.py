"""The first start of a data directory: a tenant, and the file that holds its keys."""

import msgspec

from ops.data_dir import Credentials, DataDir, replace
from ops.settings import Settings

FIRST_TENANT = "agency"
PRIVATE = 0o600


async def credentials(settings: Settings, directory: DataDir) -> Credentials:
    """Return the keys of the directory's tenant, which the first call creates.

    The keys are drafted in a file before the tenant is recorded, and the command has an id of
    its own, so a start that is killed anywhere in between is simply taken up again.
    """
    known = directory.read_credentials()
    if known is None:
        known = await _created(settings, directory)
    current = msgspec.structs.replace(known, api_url=settings.api_url, hot_url=settings.hot_url)
    if current != directory.read_credentials():
        replace(directory.credentials, _readable(current), mode=PRIVATE)
    return current


async def _created(settings: Settings, directory: DataDir) -> Credentials:
    from ops.tenants import Keys, fresh_keys, open_books  # noqa: PLC0415 - later starts skip it
    from ops.wiring import opened_log  # noqa: PLC0415 - likewise

    draft = directory.root / "credentials.draft.json"
    if not draft.exists():
        replace(draft, msgspec.json.encode(fresh_keys(FIRST_TENANT)), mode=PRIVATE)
    keys = msgspec.json.decode(draft.read_bytes(), type=Keys)
    async with opened_log(settings) as log:
        await open_books(keys, name=FIRST_TENANT.title(), request="first-start", log=log)
    known = Credentials(
        api_url=settings.api_url, hot_url=settings.hot_url, **msgspec.structs.asdict(keys)
    )
    replace(directory.credentials, _readable(known), mode=PRIVATE)
    draft.unlink()
    return known


def _readable(known: Credentials) -> bytes:
    return msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n"
