"""Process manager: what was gathered on consent goes when the consent is revoked.

It asks for a purge in the person's name, and the privacy requests do the rest; their consent
record stays, since it must say that they revoked (GDPR, Art. 7(1)).
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from commands.agenda import Agenda, Dropped, Due
from commands.desk import Desk
from commands.ports import Fault, Happenings, Subject
from commands.privacy import OpenRequest, open_privacy_request
from commands.transact import Asking
from domain.consent.events import ConsentRevoked
from domain.envelope import Recorded
from domain.privacy.events import PrivacyRequested
from domain.refusal import Refusal
from migrations.events import EventDecoder, kinds_of

PROCESS = "consent_purge"
AT_ONCE = datetime.min.replace(tzinfo=UTC)  # however far the clock is set back
REASON = "Consent was revoked."

REVOKED_KINDS = kinds_of(ConsentRevoked)
REQUESTED_KINDS = kinds_of(PrivacyRequested)
REVOKED = EventDecoder(ConsentRevoked)

log = structlog.get_logger(__name__)


class ConsentPurge:
    """Safe to stop anywhere and to run twice: the same revocation is the same request."""

    def __init__(self, desk: Desk, happenings: Happenings) -> None:
        self._desk = desk
        self._agenda = Agenda(desk, happenings, heed=heed, act=self._act)

    async def step(self, *, wait_s: float = 0.0) -> int:
        """Read on, then ask for the purges that are due; return how many were settled."""
        return await self._agenda.step(wait_s=wait_s)

    async def _act(self, due: Due) -> bool:
        event = REVOKED.decode(due.note.encode())
        asking = Asking.of_process(
            PROCESS, due.caused_by, tenant=due.tenant, causation_id=due.caused_by
        )
        try:
            name = await self._desk.keys.opened(Subject(due.tenant, event.subject), event.sealed)
            if name is None:
                return True  # Erased meanwhile: nothing is left to purge.
            command = OpenRequest(subject=name, kind="purge", reason=REASON)
            await open_privacy_request(command, asking=asking, desk=self._desk)
        except Refusal as refusal:
            log.warning("purge_refused", tenant=due.tenant, code=refusal.code)
        except Fault as fault:
            log.warning("purge_waits", tenant=due.tenant, fault=repr(fault))
            return False
        return True


def heed(recorded: Recorded) -> Iterable[Due | Dropped]:
    """Tell what a revocation puts on the agenda, and what its purge takes off it."""
    if recorded.kind in REVOKED_KINDS:
        note = recorded.data.decode()
        yield Due(recorded.tenant, recorded.event_id, AT_ONCE, recorded.event_id, note)
    elif recorded.kind in REQUESTED_KINDS and recorded.causation_id is not None:
        yield Dropped(recorded.tenant, recorded.causation_id)
