"""Members asked for many things at once, over real logs and from several processes' desks."""

import asyncio
import contextlib
import random

import pytest

from adapters.clock import StoppedClock
from adapters.memory import MemoryEventLog
from adapters.memory_keys import MemoryKeyRing
from adapters.sqlite_log import SqliteEventLog
from commands.desk import Desk
from commands.loyalty import (
    MEMBERS,
    CancelRedemption,
    EarnStars,
    EnrolMember,
    RedeemStars,
    RefundPurchase,
    ask_member,
)
from commands.loyalty_rewards import SignalReward, signal_reward
from commands.ports import Overtaken
from commands.transact import current
from domain.loyalty.refusals import MemberUnknown, RewardDiffers
from domain.refusal import Refusal
from tests.people import ANA, GLOBEX, MONDAY, asks, usd

NAME = "Mia Müller <mia@example.com>"


@contextlib.asynccontextmanager
async def opened(backend, tmp_path):
    if backend == "memory":
        yield MemoryEventLog()
        return
    async with SqliteEventLog(tmp_path / "events.sqlite") as log:
        yield log


@pytest.fixture(params=["memory", "sqlite"])
async def desks(request, tmp_path):
    """Three desks over one log and one key ring, as three processes would have them."""
    async with opened(request.param, tmp_path) as log:
        keys, clock = MemoryKeyRing(), StoppedClock(MONDAY)
        yield [Desk(log, clock, keys=keys) for _ in range(3)]


async def persistently(command, key, desk):
    """Ask again for as long as others write first; a refusal is an answer too."""
    while True:
        try:
            return await ask_member(command, asking=asks(ANA, key), desk=desk)
        except Overtaken:
            await asyncio.sleep(0)
        except Refusal as refusal:
            return refusal


async def member(desk):
    ref = (await desk.keys.known("acme", NAME)).ref
    return (await current(desk, MEMBERS, "acme", ref)).state


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_shuffle_of_commands_adds_up(desks, seed):
    commands = [
        *(EarnStars(member=NAME, purchase=f"p{n}", amount=usd(n + 1)) for n in range(20)),
        *(RedeemStars(member=NAME, redemption=f"r{n}", stars=15) for n in range(12)),
        *(CancelRedemption(member=NAME, redemption=f"r{n}") for n in range(12)),
        *(RefundPurchase(member=NAME, purchase=f"p{n}") for n in range(0, 20, 3)),
    ]
    shuffled = [(n, command) for n, command in enumerate(commands) for _ in range(2)]
    random.Random(seed).shuffle(shuffled)
    await persistently(EnrolMember(member=NAME), "enrol", desks[0])
    await asyncio.gather(
        *(
            persistently(command, f"{number}-{turn}", desks[turn % 3])
            for turn, (number, command) in enumerate(shuffled)
        )
    )
    mia = await member(desks[0])
    assert mia.balance == sum(lot.left for lot in mia.lots.values()) >= 0
    assert all(0 <= lot.left <= lot.stars for lot in mia.lots.values())
    assert mia.balance <= mia.lifetime
    assert len(mia.lots) == 20
    for desk in desks[1:]:
        assert await member(desk) == mia


async def test_a_purse_is_not_emptied_twice(desks):
    await persistently(EnrolMember(member=NAME), "enrol", desks[0])
    earn = EarnStars(member=NAME, purchase="p", amount=usd(100))
    await persistently(earn, "earn", desks[0])
    answers = await asyncio.gather(
        *(
            persistently(RedeemStars(member=NAME, redemption=f"r{n}", stars=60), f"r{n}", desk)
            for n, desk in enumerate(desks * 5)
        )
    )
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 1
    assert (await member(desks[0])).balance == 40


async def test_one_purchase_from_many_tills_earns_once(desks):
    await persistently(EnrolMember(member=NAME), "enrol", desks[0])
    earn = EarnStars(member=NAME, purchase="p", amount=usd(100))
    await asyncio.gather(
        *(persistently(earn, f"till-{n}", desk) for n, desk in enumerate(desks * 5))
    )
    assert (await member(desks[0])).lifetime == 100


async def test_the_log_never_says_who_a_member_is(desks):
    await persistently(EnrolMember(member=NAME), "enrol", desks[0])
    await persistently(EarnStars(member=NAME, purchase="p", amount=usd(5)), "earn", desks[0])
    reward = SignalReward(
        member=NAME, decision="bid-1", model_version="m7", signal=1.0, reason="clicked"
    )
    await signal_reward(reward, asking=asks(ANA, "reward"), desk=desks[0])
    everything = await desks[0].log.after(0, limit=100)
    assert len(everything) == 6
    for recorded in everything:
        assert "mia" not in repr(recorded).lower()


async def test_a_guessed_name_does_not_show_in_a_fingerprint(desks):
    """The same words about someone of the same name, under another ref, look different."""
    fingerprints = []
    for tenant in ("acme", GLOBEX):
        asking = asks(ANA, "enrol", tenant=tenant)
        await ask_member(EnrolMember(member=NAME), asking=asking, desk=desks[0])
        ref = (await desks[0].keys.known(tenant, NAME)).ref
        (first, *_) = await desks[0].log.read(tenant, f"member-{ref}")
        fingerprints.append(first.fingerprint)
    assert len(set(fingerprints)) == 2


async def test_an_erased_member_is_a_stranger_and_may_come_back_as_someone_new(desks):
    desk = desks[0]
    await persistently(EnrolMember(member=NAME), "enrol", desk)
    await persistently(EarnStars(member=NAME, purchase="p", amount=usd(5)), "earn", desk)
    await desk.keys.destroy(await desk.keys.known("acme", NAME))
    gone = await persistently(RedeemStars(member=NAME, redemption="r", stars=1), "r", desk)
    assert isinstance(gone, MemberUnknown)
    await persistently(EnrolMember(member=NAME), "enrol-again", desk)
    assert (await member(desk)).balance == 0


async def test_a_decision_is_rewarded_once_in_its_tenant(desks):
    desk = desks[0]
    await persistently(EnrolMember(member=NAME), "enrol", desk)
    reward = SignalReward(
        member=NAME, decision="bid-1", model_version="m7", signal=1.0, reason="clicked"
    )
    first = await signal_reward(reward, asking=asks(ANA, "one"), desk=desk)
    again = await signal_reward(reward, asking=asks(ANA, "two"), desk=desks[1])
    assert first.version == again.version == 1
    other = SignalReward(
        member=NAME, decision="bid-1", model_version="m7", signal=-1.0, reason="clicked"
    )
    with pytest.raises(RewardDiffers):
        await signal_reward(other, asking=asks(ANA, "three"), desk=desk)
    elsewhere = asks(ANA, "four", tenant=GLOBEX)
    with pytest.raises(MemberUnknown):
        await signal_reward(reward, asking=elsewhere, desk=desk)
