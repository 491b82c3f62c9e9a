"""What surrounds every API request: its id, its headers, its line in the log, its numbers."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import accumulate
from time import perf_counter
from typing import Any

from litestar import Litestar
from litestar.types import HTTPScope, Message, Receive, Send
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from uuid_utils import uuid4

from ops.api_access_log import GatheredLines, RequestLine, nameless
from write_api.admission import ANSWER_HEADERS

REQUEST_ID = re.compile(rb"^[A-Za-z0-9._:-]{1,64}$")
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CONTENT_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
GUARDS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", CONTENT_POLICY),
]


class Series:
    """How requests of one kind went: how many took up to each bound, and how long in all."""

    def __init__(self) -> None:
        self.within = [0] * (len(LATENCY_BUCKETS_S) + 1)
        self.seconds = 0.0


class Telemetry(Collector):
    """Counts and times requests by route template, so that ids never become labels.

    Plain sums, since one event loop keeps them; Prometheus' own metrics lock at every step.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._series: dict[tuple[str, str, int], Series] = {}
        self.registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        series = self._series.get((method, route, status))
        if series is None:
            series = self._series[method, route, status] = Series()
        series.seconds += seconds
        series.within[bisect_left(LATENCY_BUCKETS_S, seconds)] += 1

    def collect(self) -> Iterable[Metric]:
        """Return the counter and the histogram as they stand."""
        labels = ["method", "route", "status"]
        requests = CounterMetricFamily("cx_api_requests", "Requests answered", labels=labels)
        latency = HistogramMetricFamily(
            "cx_api_request_seconds",
            "Time from a request's first byte to the end of its answer",
            labels=labels,
        )
        for (method, route, status), series in self._series.items():
            kind = [method, route, str(status)]
            counts = list(accumulate(series.within))
            bounds = [*map(str, LATENCY_BUCKETS_S), "+Inf"]
            requests.add_metric(kind, counts[-1])
            latency.add_metric(kind, list(zip(bounds, counts, strict=True)), series.seconds)
        return requests, latency

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class Edge(Litestar):
    """The application with its surroundings, also around requests that no route takes."""

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:  # type: ignore[override]  # noqa: ANN401 - Litestar's own union of scopes
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        exchange = Exchange(scope, send)
        try:
            await super().__call__(scope, receive, exchange.send)
        finally:
            exchange.finish(self.state.telemetry, self.state.access_log)


class Exchange:
    """One request and its answer."""

    def __init__(self, scope: HTTPScope, send: Send) -> None:
        self._started = perf_counter()
        self._scope, self._send = scope, send
        self._status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.id = _request_id(scope)
        scope["state"] = {"request_id": self.id}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            added = self._scope["state"].get(ANSWER_HEADERS, ())
            headers = [*message["headers"], (b"x-request-id", self.id.encode()), *GUARDS, *added]
            message = {**message, "headers": headers}
        await self._send(message)

    def finish(self, telemetry: Telemetry, access_log: GatheredLines) -> None:
        seconds = perf_counter() - self._started
        method = str(self._scope["method"])
        route = str(self._scope.get("path_template") or "(none)")
        telemetry.observe(method, route, self._status, seconds)
        if route not in QUIET:
            access_log.keep(
                RequestLine(
                    method=method,
                    route=route,
                    path=nameless(self._scope["path"]),
                    status=int(self._status),
                    ms=round(seconds * 1000, 2),
                    request_id=self.id,
                    timestamp=datetime.now(UTC),
                )
            )


def _request_id(scope: HTTPScope) -> str:
    """Return the caller's `X-Request-ID` when it is harmless to repeat, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.match(value):
            return value.decode()
    return uuid4().hex
