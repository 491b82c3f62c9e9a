"""Desks over logs in memory, and the shortest ways to get a campaign somewhere."""

import itertools

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from adapters.memory_keys import MemoryKeyRing
from commands.campaign import Action, CreateCampaign, MoveCampaign, create_campaign, move_campaign
from commands.desk import Desk
from tests.people import ANA, BEN, BRIEF, MONDAY, asks

NUMBERS = itertools.count()


def new_desk(at=MONDAY):
    return Desk(MemoryEventLog(), StoppedClock(at), keys=MemoryKeyRing())


async def drafted(desk, brief=BRIEF, *, tenant="acme", key=None):
    """Return the id of a campaign that Ana drafted."""
    asking = asks(ANA, key or f"draft-{next(NUMBERS)}", tenant=tenant)
    return (await create_campaign(CreateCampaign(brief=brief), asking=asking, desk=desk)).id


async def moved(desk, campaign, *actions):
    """Take the actions, each by whoever may."""
    outcome = None
    for action in actions:
        actor = ANA if action is Action.SUBMIT else BEN
        outcome = await move_campaign(
            MoveCampaign(campaign=campaign, action=action),
            asking=asks(actor, f"{action}-{next(NUMBERS)}"),
            desk=desk,
        )
    return outcome


async def kinds(desk, stream, *, tenant="acme"):
    """Return the kinds on a stream, without the category and the version."""
    history = await desk.log.read(tenant, stream)
    return [recorded.kind.split(".")[1] for recorded in history]
