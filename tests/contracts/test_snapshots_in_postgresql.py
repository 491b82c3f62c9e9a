"""Snapshots in a table: the newest of the code that folds stays, and a server away is a fault."""

import pytest

from adapters.postgres_snapshots import PostgresSnapshots, SnapshotsUnreachable
from commands.snapshots import Snapshot
from tests.engines import free_port, postgres_server


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with postgres_server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


async def test_two_processes_keep_the_newest(url):
    async with PostgresSnapshots(url) as ours, PostgresSnapshots(url) as theirs:
        assert await ours.newest("acme", "budget-1") is None
        for version in (5, 9, 7):
            await theirs.keep("acme", "budget-1", Snapshot(version, "code", b"%d" % version))
        assert await ours.newest("acme", "budget-1") == Snapshot(9, "code", b"9")
        assert await ours.newest("rival", "budget-1") is None


async def test_newer_code_replaces_what_older_code_folded(url):
    async with PostgresSnapshots(url) as snapshots:
        await snapshots.keep("acme", "budget-2", Snapshot(9, "code", b"\x00\xff"))
        await snapshots.keep("acme", "budget-2", Snapshot(2, "newer code", b"2"))
        assert await snapshots.newest("acme", "budget-2") == Snapshot(2, "newer code", b"2")


async def test_a_server_that_is_away_is_a_fault():
    async with PostgresSnapshots(f"postgresql://nobody@127.0.0.1:{free_port()}/none") as away:
        with pytest.raises(SnapshotsUnreachable):
            await away.newest("acme", "budget-1")
