"""What a worker counts, as Prometheus text (exposition format 0.0.4)."""

from collections.abc import Iterator, Mapping

from hotpath.metrics_cy import BOUNDS_S, Meters

KINDS = {
    0: "visit",
    1: "registration",
    2: "deposit",
    3: "pixel_refused",
    4: "bid",
    5: "win",
    6: "bill",
    7: "loss",
    8: "click",
    9: "imp",
    15: "other",
}
KIND_BY_NAME = {name: kind for kind, name in KINDS.items()}
TIMED = {"pixel": (0, 1, 2), "bid": (4,), "notice": (5, 6, 7, 8, 9)}


def exposition(meters: Meters, *, worker: int, gauges: Mapping[str, float]) -> bytes:
    """Return all counters of this worker, each labelled with its index.

    `gauges` are further values by name without the prefix `cx_hot_`, all in base units.
    """
    lines = [*_answers(meters, worker), *_latencies(meters, worker), *_log(meters, worker)]
    for name, value in gauges.items():
        lines += _single(f"cx_hot_{name}", "gauge", value, worker)
    return ("\n".join(lines) + "\n").encode()


def _answers(meters: Meters, worker: int) -> Iterator[str]:
    yield "# HELP cx_hot_answers_total Answers sent, by what was asked and HTTP status."
    yield "# TYPE cx_hot_answers_total counter"
    for kind, name in KINDS.items():
        for status, count in meters.statuses(kind).items():
            labels = f'worker="{worker}",kind="{name}",status="{status}"'
            yield f"cx_hot_answers_total{{{labels}}} {count}"


def _latencies(meters: Meters, worker: int) -> Iterator[str]:
    yield "# HELP cx_hot_latency_seconds From the request's bytes to its answer."
    yield "# TYPE cx_hot_latency_seconds histogram"
    for name, kinds in TIMED.items():
        counts, seconds = [0] * (len(BOUNDS_S) + 1), 0.0
        for kind in kinds:
            more, elapsed = meters.histogram(kind)
            counts = [one + other for one, other in zip(counts, more, strict=True)]
            seconds += elapsed
        labels, below = f'worker="{worker}",kind="{name}"', 0
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
            below += count
            yield f'cx_hot_latency_seconds_bucket{{{labels},le="{bound}"}} {below}'
        yield f"cx_hot_latency_seconds_sum{{{labels}}} {seconds:.9f}"
        yield f"cx_hot_latency_seconds_count{{{labels}}} {below}"


def _log(meters: Meters, worker: int) -> Iterator[str]:
    yield from _single("cx_hot_rows_durable_total", "counter", meters.rows_durable, worker)
    yield from _single("cx_hot_bytes_durable_total", "counter", meters.bytes_durable, worker)
    yield from _single("cx_hot_batches_durable_total", "counter", meters.batches_durable, worker)
    yield from _single("cx_hot_batches_lost_total", "counter", meters.batches_lost, worker)
    yield from _single("cx_hot_answers_unsent_total", "counter", meters.answers_unsent, worker)
    refused = meters.connections_refused
    yield from _single("cx_hot_connections_refused_total", "counter", refused, worker)
    yield "# HELP cx_hot_rejected_total Requests refused, by reason."
    yield "# TYPE cx_hot_rejected_total counter"
    for reason, count in sorted(meters.rejected.items()):
        yield f'cx_hot_rejected_total{{worker="{worker}",reason="{reason}"}} {count}'


def _single(name: str, shape: str, value: float, worker: int) -> Iterator[str]:
    yield f"# TYPE {name} {shape}"
    yield f'{name}{{worker="{worker}"}} {value}'
