"""The certificate of a request: its recorded steps, and what must be said besides."""

from datetime import datetime

from domain.privacy.events import Certificate, RequestKind
from domain.privacy.request import Running

BACKUPS_DAYS = 30
KEPT_LOG = (
    "The event log keeps its events and its hash chain: whatever names the person in them was "
    "sealed with the key that was destroyed, and the link from the name to the reference with it."
)
AGGREGATES = "Daily counts hold no identifier and stay as they are."
SEEN = (
    "Facts were deleted by rewriting their parts; ClickHouse removes the old files within minutes."
)
RAW = (
    "Raw streams hold facts for up to 3 days. What they hold of the person at or before the "
    "sequences under `raw` is only ever taken in as nobody's, and the request's own key is "
    "destroyed once they hold none of it."
)
BIDS = "Bid requests are logged without identifiers of persons, and no profiles are kept."
SPOOLS = "Nothing of this person is spooled anywhere else."
BACKUPS = (
    f"Backups of the log hold sealed text without a key. Backups of the key ring must be pruned "
    f"after {BACKUPS_DAYS} days at most; a key ring restored from an older one is purged again "
    "when the platform starts."
)
STATEMENTS: dict[RequestKind, tuple[str, ...]] = {
    "erasure": (KEPT_LOG, AGGREGATES, SEEN, RAW, BIDS, SPOOLS, BACKUPS),
    "purge": (
        "The person's consent record and membership stay, as evidence and by contract.",
        AGGREGATES,
        SEEN,
        RAW,
        BIDS,
        SPOOLS,
    ),
    "access": ("The export is computed when it is asked for and stored nowhere.", AGGREGATES, BIDS),
}


def certified(running: Running, *, tenant: str, log_position: int, at: datetime) -> Certificate:
    """Return the certificate of a request whose steps are all done."""
    return Certificate(
        request=running.request,
        tenant=tenant,
        subject=running.subject,
        person_check=running.person_check,
        kind=running.kind,
        requested_at=running.requested_at,
        completed_at=at,
        steps=running.steps,
        log_position=log_position,
        statements=STATEMENTS[running.kind],
    )
