"""Process manager: keys whose time is over are revoked, so that they open nothing anywhere.

The API heeds a key's time by itself; the hot path knows only which keys are in force.
"""

from collections.abc import Iterable
from functools import partial

from commands.agenda import Agenda, Dropped, Due
from commands.desk import Desk
from commands.ports import Happenings, Overtaken
from commands.tenant import decided
from commands.transact import Asking
from domain.envelope import Recorded
from domain.identity import KeyId
from domain.tenant.decisions import expire_key
from domain.tenant.events import KeyExpirySet, KeyIssued, KeyRevoked
from migrations.events import EventDecoder, kinds_of

PROCESS = "key-expiry"

Told = KeyIssued | KeyExpirySet | KeyRevoked
TOLD: EventDecoder[Told] = EventDecoder(Told)
TOLD_KINDS = kinds_of(Told)


class KeyExpiry:
    """Says when keys expire, and revokes them then."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def heed(self, recorded: Recorded) -> Iterable[Due | Dropped]:
        """Return what an event puts on the agenda or takes off it."""
        if recorded.kind not in TOLD_KINDS:
            return ()
        event = TOLD.decode(recorded.data)
        at = None if isinstance(event, KeyRevoked) else event.expires_at
        if at is None:
            return (Dropped(recorded.tenant, event.key),)
        return (Due(recorded.tenant, event.key, at, recorded.event_id),)

    async def act(self, due: Due) -> bool:
        """Revoke a key; False when someone else wrote first."""
        at = self._desk.clock.now()
        asking = Asking.of_process(
            PROCESS, due.caused_by, tenant=due.tenant, causation_id=due.caused_by
        )
        decision = partial(expire_key, key=KeyId(due.name), at=at)
        try:
            await decided(self._desk, decision, asking=asking, at=at)
        except Overtaken:
            return False
        return True


def key_expiry(desk: Desk, happenings: Happenings) -> Agenda:
    """Return the agenda of all keys that expire."""
    expiry = KeyExpiry(desk)
    return Agenda(desk, happenings, heed=expiry.heed, act=expiry.act)
