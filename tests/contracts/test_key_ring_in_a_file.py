"""What the key ring in a file promises besides: nothing left on the disk, nobody else reads it."""

import stat

import pytest

from adapters.sqlite_keys import SqliteKeyRing
from commands.ports import KeysUnreachable
from tests.contracts.key_rings import SECRET
from tests.people import ACME

MARIA = "maria@example.org"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.sqlite"


def on_disk(path):
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


async def test_the_disk_names_nobody_and_keeps_no_key_in_the_clear(path):
    async with SqliteKeyRing(path, SECRET) as ring:
        await ring.subject(ACME, MARIA)
        assert MARIA.encode() not in on_disk(path)


async def test_nothing_of_a_destroyed_key_is_left_on_the_disk(path):
    async with SqliteKeyRing(path, SECRET) as ring:
        people = [await ring.subject(ACME, f"person-{number}") for number in range(300)]
        kept = {person: await ring._wrapped(person) for person in people}
        assert all(wrapped in on_disk(path) for wrapped in kept.values())
        for person in people[::3]:
            await ring.destroy(person)
        left = on_disk(path)
        for person in people[::3]:
            assert kept[person] not in left
            assert person.ref.encode() not in left
        assert all(kept[person] in left for person in people[1::3])


async def test_only_the_owner_may_read_it(path):
    async with SqliteKeyRing(path, SECRET) as ring:
        await ring.subject(ACME, MARIA)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == {0o600}


async def test_a_ring_made_with_another_secret_is_refused(path):
    async with SqliteKeyRing(path, SECRET):
        with pytest.raises(KeysUnreachable, match="another secret"):
            SqliteKeyRing(path, bytes(32))


async def test_a_file_that_cannot_be_opened_is_unreachable(tmp_path):
    with pytest.raises(KeysUnreachable):
        SqliteKeyRing(tmp_path / "nowhere" / "keys.sqlite", SECRET)


async def test_commits_are_synced_to_the_disk(path):
    async with SqliteKeyRing(path, SECRET) as ring:
        for pragma, wanted in (("synchronous", 2), ("secure_delete", 1), ("journal_mode", "wal")):
            assert ring._writer.execute(f"PRAGMA {pragma}").fetchone() == (wanted,)
