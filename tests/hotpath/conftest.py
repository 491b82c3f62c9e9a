"""A log for each module: these tests read whole streams back and count every row."""

import pytest

from ops import engines
from tests.engines import free_port, running


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory):
    directory = tmp_path_factory.mktemp("log")
    engine = engines.nats(directory / "nats", free_port())
    with running(engine, directory / "nats.log"):
        yield f"nats://127.0.0.1:{engine.port}"
