"""What may be asked of the reward signal: how a model's decision turned out (FR-LOY-010)."""

import uuid
from functools import partial

from commands.desk import Desk
from commands.ledger import Ledger
from commands.loyalty import MEMBERS, AboutMember, known_subject, nameless
from commands.transact import Asking, Outcome, current, transact
from domain.loyalty import UNREWARDED, Reward, RewardSignalled, Stranger
from domain.loyalty.refusals import MemberUnknown
from domain.loyalty.rewards import evolve, note, signal
from migrations.events import EventDecoder

REWARDS: Ledger[Reward, RewardSignalled] = Ledger(
    "reward", UNREWARDED, evolve, EventDecoder(RewardSignalled), remembers=16
)
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "rewards.campaign-express")


class SignalReward(AboutMember, frozen=True, kw_only=True):
    """`decision` is the id of a bid or a recommendation, as it was given to the caller."""

    decision: str
    model_version: str
    signal: float
    reason: str


async def signal_reward(
    command: SignalReward, *, asking: Asking, desk: Desk, expected_version: int | None = None
) -> Outcome:
    """Record how a decision turned out for a member; each decision has a stream of its own.

    The member's stream is told after it: should that fail, asking again makes up for it.
    """
    subject = await known_subject(command.member, asking=asking, desk=desk)
    known = await current(desk, MEMBERS, asking.tenant, subject.ref)
    if isinstance(known.state, Stranger):
        raise MemberUnknown
    asking = nameless(asking, command, subject)
    at = desk.clock.now()
    news = RewardSignalled(
        member=subject.ref,
        decision=command.decision,
        model_version=command.model_version,
        signal=command.signal,
        reason=command.reason,
        signalled_at=at,
    )
    outcome = await transact(
        desk,
        REWARDS,
        str(uuid.uuid5(NAMESPACE, command.decision)),
        partial(signal, news=news),
        asking=asking,
        at=at,
        expected_version=expected_version,
    )
    noting = partial(note, reward=news)
    await transact(desk, MEMBERS, subject.ref, noting, asking=asking, at=at)
    return outcome._replace(id=command.decision)
