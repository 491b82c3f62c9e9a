# Types of the compiled meters; the words are in `metrics_cy.pyx`.
BOUNDS_S: tuple[float, ...]

class Meters:
    rows_durable: int
    batches_durable: int
    batches_lost: int
    bytes_durable: int
    connections_refused: int
    answers_unsent: int
    rejected: dict[str, int]
    def count(self, kind: int, status: int, elapsed_ns: int) -> None: ...
    def statuses(self, kind: int) -> dict[int, int]: ...
    def histogram(self, kind: int) -> tuple[list[int], float]: ...
