"""The newest version and hash of many streams, as far as this process has seen them."""

from collections import OrderedDict

from domain.envelope import GENESIS

ENDS_MAX = 16_384


class Ends:
    """A head start for appending: the log itself still says whether it was right."""

    def __init__(self) -> None:
        self._ends: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def at(self, name: str, version: int) -> str | None:
        """Return the hash of the stream's newest event if it is that version, else None."""
        if version == 0:
            return GENESIS  # if something is there after all, the log says so
        known = self._ends.get(name)
        return known[1] if known is not None and known[0] == version else None

    def beyond(self, name: str, version: int) -> bool:
        """Return whether the stream is known to have more than that version."""
        known = self._ends.get(name)
        return known is not None and known[0] > version

    def note(self, name: str, version: int, seal: str) -> None:
        """Remember the newest of a stream; what is older than known is passed over."""
        if not self.beyond(name, version):
            self._ends[name] = version, seal
            self._ends.move_to_end(name)
            if len(self._ends) > ENDS_MAX:
                self._ends.popitem(last=False)

    def forget(self, name: str) -> None:
        self._ends.pop(name, None)
