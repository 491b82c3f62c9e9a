"""Whose keys the story is played with: the directory's own tenant, unless it is in real use."""

import asyncio
import time

import msgspec

from ops.data_dir import Credentials
from ops.demo.installation import Installation
from ops.demo.marketing import ADVERTISER, Desk
from ops.demo.wire import Wire
from ops.settings import Settings
from ops.tenants import create

KNOWN_WITHIN_S = 10.0
LOOK_EVERY_S = 0.05
UNAUTHORIZED = 401


async def cast(installation: Installation, wire: Wire, settings: Settings) -> Credentials:
    """Return the keys to play with.

    Live campaigns that an interrupted demo left behind are completed. Anybody else's live
    campaign would bid on the story's requests, so the story then gets a tenant of its own.
    """
    keys = installation.credentials
    marketer = Desk(wire, keys, keys.admin_key)
    live = (await marketer.read("/v1/campaigns?stage=live&limit=200"))["items"]
    for card in live:
        if card["advertiser"] == ADVERTISER:
            await marketer.send(f"/v1/campaigns/{card['id']}/complete")
    if all(card["advertiser"] == ADVERTISER for card in live):
        return keys
    opened = await create(f"demo {int(time.time())}", settings)
    own = msgspec.structs.replace(keys, **msgspec.structs.asdict(opened))
    await _known(wire, own)
    return own


async def _known(wire: Wire, keys: Credentials) -> None:
    """Wait until the API knows the new keys."""
    headers = {"Authorization": f"Bearer {keys.approver_key}"}
    async with asyncio.timeout(KNOWN_WITHIN_S):
        while True:
            reply = await wire.surely("GET", f"{keys.api_url}/v1/whoami", headers=headers)
            if reply.status != UNAUTHORIZED:
                return
            await asyncio.sleep(LOOK_EVERY_S)
