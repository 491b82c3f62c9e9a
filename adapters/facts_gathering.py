"""What is gathered from the stream for the next block."""

from dataclasses import dataclass, field

from adapters.facts_blanking import Blanking
from adapters.facts_block import Fact, Months, read_facts
from adapters.jetstream_tail import Message
from hotpath.facts import BrokenBatch, decode_row

BLOCK_ROWS_MAX = 10_000
BLOCK_BYTES_MAX = 16 << 20


@dataclass
class Gathered:
    """The messages of the next block; `broken` ones go to the dead letters."""

    first: int = 0
    last: int = 0
    facts: list[Fact] = field(default_factory=list)
    messages: dict[int, bytes] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    size: int = 0

    @property
    def full(self) -> bool:
        return len(self.facts) >= BLOCK_ROWS_MAX or self.size >= BLOCK_BYTES_MAX

    def add(self, message: Message, months: Months, blanking: Blanking) -> None:
        self.first = self.first or message.seq
        self.last = message.seq
        self.size += len(message.payload)
        self.messages[message.seq] = message.payload
        try:
            facts = read_facts(message.seq, message.payload, months)
            self.facts += blanking.blanked(message.seq, facts)
        except BrokenBatch as error:
            self.broken[message.seq] = str(error)

    def drop_malformed(self, reason: str) -> bool:
        """Give up the messages with a row that is none; False when every row looks well."""
        bad = {fact.seq for fact in self.facts if not _well_formed(fact)}
        self.broken |= dict.fromkeys(bad, reason)
        self.facts = [fact for fact in self.facts if fact.seq not in bad]
        return bool(bad)


def _well_formed(fact: Fact) -> bool:
    try:
        decode_row(fact.row)
    except BrokenBatch:
        return False
    return True
