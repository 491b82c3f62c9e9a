"""Whether this process lives, and whether it can do its work."""

from collections.abc import Mapping

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency as Given

from read_api.ports import Exposition, Readiness


class Health(msgspec.Struct, frozen=True):
    status: str


class State(msgspec.Struct, frozen=True):
    """`ready`, or `waiting` for the dependencies whose state is not `ok`."""

    status: str
    dependencies: Mapping[str, str]


@get("/healthz", tags=["Operation"], opt={"permission": None})
async def healthz() -> Health:
    """Say that this process lives."""
    return Health("ok")


@get("/readyz", tags=["Operation"], opt={"permission": None})
async def readyz(readiness: Given[Readiness]) -> Response[State]:
    """Answer 200 once every dependency does its part, 503 until then."""
    dependencies = await readiness.dependencies()
    ready = all(state == "ok" for state in dependencies.values())
    state = State("ready" if ready else "waiting", dependencies)
    return Response(
        state, status_code=200 if ready else 503, headers={} if ready else {"Retry-After": "1"}
    )


@get(
    "/metrics", tags=["Operation"], opt={"permission": None}, media_type="text/plain; version=0.0.4"
)
async def prometheus(exposition: Given[Exposition]) -> bytes:
    """Answer this process's counters in Prometheus' text format."""
    return exposition.text()
