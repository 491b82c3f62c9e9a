"""What the peer has recorded: one list in commit order, streams as lists of places in it."""

import pickle
import re
from dataclasses import dataclass
from uuid import uuid4

APPEND_BYTES_MAX = 1_048_576
NO_STREAM = -1
STATISTICS_EVERY = 50  # appends: a real server writes its own events in between, too
FIRST_POSITION = 4_096  # a real log begins with records of its own
RECORD_BYTES = 120  # of a record's frame in a real log, about


@dataclass(frozen=True, slots=True)
class Record:
    position: int
    stream: str
    revision: int
    type: str
    id: str
    data: bytes
    metadata: bytes


class WrongExpectedVersion(Exception):
    def __init__(self, current):
        self.current = current


class AppendTooLarge(Exception):
    pass


class Records:
    """Kept in a file, if one is named, as the appends that were accepted one after the other.

    The file is flushed to the kernel before an append is answered: it survives the death of
    the process, which is what the tests do, though not that of the machine.
    """

    def __init__(self, path=None):
        self.all = []
        self.places = {}  # position -> place in `all`
        self.streams = {}
        self._end = FIRST_POSITION
        self._appends = 0
        self._matches = {}
        self._file = None
        if path:
            if path.exists():
                self._load(path)
            self._file = path.open("ab")

    def append(self, stream, events, *, expected):
        """Record `events` (type, id, data, metadata); returns the revision and the position."""
        current = len(self.streams.get(stream, ())) - 1  # NO_STREAM for none
        if sum(len(data) + len(metadata) for _, _, data, metadata in events) > APPEND_BYTES_MAX:
            raise AppendTooLarge
        if expected is not None and expected != current:
            return self._known(stream, events, expected, current)
        if self._file:
            pickle.dump((stream, events), self._file)
            self._file.flush()
        self._record(stream, events)
        last = self.all[self.streams[stream][-1]]
        self._appends += 1
        if self._appends % STATISTICS_EVERY == 0:
            name = "$stats-127.0.0.1:2113"
            statistics = [("$statsCollected", str(uuid4()), b'{"proc-cpu":1}', b"")]
            if self._file:
                pickle.dump((name, statistics), self._file)
            self._record(name, statistics)
        return last.revision, last.position

    def matching(self, pattern, by_stream):
        """Return the places of all records whose stream or type matches, oldest first."""
        places, seen = self._matches.get((pattern, by_stream), ([], 0))
        matches = re.compile(pattern).search
        for place in range(seen, len(self.all)):
            record = self.all[place]
            if matches(record.stream if by_stream else record.type):
                places.append(place)
        self._matches[pattern, by_stream] = places, len(self.all)
        return places

    def _known(self, stream, events, expected, current):
        """Answer an append that came twice as the first time, as a real server does."""
        first = expected + 1
        there = [self.all[place] for place in self.streams.get(stream, [])[first:][: len(events)]]
        if not there or [record.id for record in there] != [event[1] for event in events]:
            raise WrongExpectedVersion(current)
        return there[-1].revision, there[-1].position

    def _record(self, stream, events):
        for type_, id_, data, metadata in events:
            places = self.streams.setdefault(stream, [])
            record = Record(self._end, stream, len(places), type_, id_, data, metadata)
            self.places[self._end] = len(self.all)
            places.append(len(self.all))
            self.all.append(record)
            self._end += RECORD_BYTES + len(stream) + len(data) + len(metadata)

    def _load(self, path):
        with path.open("rb") as kept:
            while True:
                try:
                    stream, events = pickle.load(kept)  # noqa: S301 - the peer wrote it itself
                except (EOFError, pickle.UnpicklingError):
                    return
                self._record(stream, events)
