"""Fixtures every room may use: one set of real engines for the whole run."""

import pytest

from ops import engines
from tests.engines import a_postgres, free_port, running
from tests.engines import kurrent_peer as peer_engine


@pytest.fixture(scope="session")
def engine_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="session")
def nats_url(engine_dir):
    engine = engines.nats(engine_dir / "nats", free_port())
    with running(engine, engine_dir / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"


@pytest.fixture(scope="session")
def redis_url(engine_dir):
    engine = engines.valkey(engine_dir / "valkey", free_port())
    with running(engine, engine_dir / "valkey.log"):
        yield f"redis://127.0.0.1:{engine.port}/0"


@pytest.fixture(scope="session")
def clickhouse_url(engine_dir):
    engine = engines.clickhouse(engine_dir / "clickhouse", free_port())
    with running(engine, engine_dir / "clickhouse.log"):
        yield f"http://127.0.0.1:{engine.port}"


@pytest.fixture(scope="session")
def postgres(engine_dir):
    """Return a PostgreSQL server that each test asks for a schema of its own."""
    with a_postgres(engine_dir) as server:
        yield server


@pytest.fixture(scope="session")
def kurrent_peer(engine_dir):
    """Return the URL of a stand-in for KurrentDB that each test takes a namespace of."""
    engine = peer_engine(free_port())
    with running(engine, engine_dir / "kurrent.log"):
        yield f"kurrentdb://127.0.0.1:{engine.port}?tls=false"
