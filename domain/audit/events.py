"""Facts about the record itself."""

from datetime import datetime

from domain.event import Event


class AuditSealed(Event, frozen=True, kw_only=True, tag="audit.sealed.v1"):
    """The next `count` events of the log are as they are: `root` proves it.

    Order and count bind, positions are where they stood when this was recorded: a log that
    was restored into another backend numbers its events anew.
    """

    log: str  # names the log for its whole life: the hash of its first event
    seal: int  # counts from 1
    first: int  # the position of the first event sealed here
    last: int
    count: int
    total: int  # events sealed so far, this seal's included
    root: str  # hex SHA-256 over the root before it and these events' hashes, in order
    sealed_at: datetime
