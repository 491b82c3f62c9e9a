"""A key ring is copied to a file and back, and opens what it sealed wherever it is."""

import secrets

import pytest

from adapters.keys_copy import copy_keys, plant_keys
from adapters.postgres_keys import PostgresKeyRing
from adapters.sqlite_keys import SqliteKeyRing
from commands.ports import KeysUnreachable
from tests.people import ACME

SECRET = secrets.token_bytes(32)


def ring(url):
    if url.startswith("sqlite"):
        return SqliteKeyRing(url.removeprefix("sqlite:///"), SECRET)
    return PostgresKeyRing(url, SECRET)


@pytest.fixture
def places(tmp_path, postgres):
    return {
        "sqlite": f"sqlite:///{tmp_path}/keys.sqlite",
        "other": f"sqlite:///{tmp_path}/other.sqlite",
        "postgresql": postgres.schema(),
    }


@pytest.mark.parametrize(
    ("old", "new"), [("sqlite", "other"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]
)
async def test_what_one_ring_sealed_the_other_opens(places, tmp_path, old, new):
    copy = tmp_path / "copy.sqlite"
    assert not copy_keys(places[old], copy)
    copy.unlink(missing_ok=True)
    async with ring(places[old]) as keys:
        ana, ben = await keys.subject(ACME, "ana"), await keys.subject(ACME, "ben")
        sealed = await keys.seal(ana, "Ana Silva")
        assert copy_keys(places[old], copy)
        await keys.destroy(ben)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert plant_keys(copy, places[new])
    async with ring(places[new]) as keys:
        assert await keys.opened(ana, sealed) == "Ana Silva"
        assert await keys.known(ACME, "ana") == ana
        # Ben's key was still there when the copy was made: whoever erases must do so again.
        assert await keys.known(ACME, "ben") == ben


@pytest.mark.parametrize("new", ["sqlite", "postgresql"])
async def test_a_ring_that_is_there_is_never_replaced(places, tmp_path, new):
    copy = tmp_path / "copy.sqlite"
    async with ring(places["other"]) as keys:
        await keys.subject(ACME, "ana")
    assert copy_keys(places["other"], copy)
    async with ring(places[new]) as keys:
        await keys.subject(ACME, "cleo")
    assert not plant_keys(copy, places[new])
    async with ring(places[new]) as keys:
        assert await keys.known(ACME, "ana") is None


def test_a_ring_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "keys.sqlite").write_bytes(b"no ring at all, but long enough to be looked at")
    with pytest.raises(KeysUnreachable):
        copy_keys(f"sqlite:///{tmp_path}/keys.sqlite", tmp_path / "copy.sqlite")
