"""What was seen once and must be known for ever, at a price that does not grow with it."""

import msgspec

RECENT_MAX = 256


class Seen(msgspec.Struct, frozen=True):
    """A persistent map from a caller's id to a number; entries are only ever added.

    Adding copies the recent ones alone, so a long history costs no more for each event than a
    short one.
    """

    recent: dict[str, int] = {}
    older: tuple[dict[str, int], ...] = ()

    def get(self, name: str) -> int | None:
        """Return the number seen with this id, None for a new one."""
        if name in self.recent:
            return self.recent[name]
        return next((some[name] for some in self.older if name in some), None)

    def with_(self, name: str, number: int) -> "Seen":
        """Return this with one more entry; the first number of an id stays."""
        if self.get(name) is not None:
            return self
        if len(self.recent) >= RECENT_MAX:
            return Seen({name: number}, (*self.older, self.recent))
        return Seen({**self.recent, name: number}, self.older)
