"""Which key ring a process opens, and with what secret."""

import asyncio
import secrets

import pytest

from adapters.postgres_keys import PostgresKeyRing
from adapters.sqlite_keys import SqliteKeyRing
from ops.data_dir import DataDir
from ops.obstacle import BadSettings
from ops.settings import Settings
from ops.wiring import KeysAway, keys_url, opened_keys
from tests.people import ACME

SERVER = "postgresql://postgres@127.0.0.1/cx"


def settings(directory, **changes):
    return Settings(data_dir=str(directory), **changes)


async def test_a_directory_has_a_ring_of_its_own(tmp_path):
    async with opened_keys(settings(tmp_path)) as keys:
        assert isinstance(keys, SqliteKeyRing)
        maria = await keys.subject(ACME, "maria")
    async with opened_keys(settings(tmp_path)) as keys:
        assert await keys.known(ACME, "maria") == maria
    assert (tmp_path / "keys.sqlite").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keyring.key").stat().st_mode & 0o777 == 0o600


def test_the_ring_is_where_the_log_is_unless_it_is_told_elsewhere(tmp_path):
    assert keys_url(settings(tmp_path)) == f"sqlite:///{tmp_path}/keys.sqlite"
    assert keys_url(settings(tmp_path, event_log_url=SERVER)) == SERVER
    told = settings(tmp_path, event_log_url=SERVER, keys_url="sqlite:///elsewhere")
    assert keys_url(told) == "sqlite:///elsewhere"


async def test_a_ring_on_a_server_may_be_away_when_it_is_opened(tmp_path):
    async with opened_keys(settings(tmp_path, keys_url=SERVER)) as keys:
        assert isinstance(keys, PostgresKeyRing)


async def test_processes_that_share_a_secret_file_share_the_ring(tmp_path):
    (tmp_path / "secret").write_bytes(secrets.token_bytes(32))
    homes = [tmp_path / "one", tmp_path / "two"]
    ring = {
        "keys_url": f"sqlite:///{tmp_path}/shared.sqlite",
        "keys_secret_file": str(tmp_path / "secret"),
    }
    found = []
    for home in homes:
        home.mkdir()
        async with opened_keys(settings(home, **ring)) as keys:
            found.append(await keys.subject(ACME, "maria"))
    assert found[0] == found[1]
    assert not (homes[0] / "keyring.key").exists()


async def test_a_lost_secret_is_told_in_a_sentence(tmp_path):
    async with opened_keys(settings(tmp_path)) as keys:
        await keys.subject(ACME, "maria")
    (tmp_path / "keyring.key").unlink()
    with pytest.raises(KeysAway, match="another secret"):
        async with opened_keys(settings(tmp_path)):
            raise AssertionError


@pytest.mark.parametrize("content", [b"", b"short", bytes(33), None])
async def test_a_file_that_holds_no_secret_is_a_bad_setting(tmp_path, content):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSettings, match="keys_secret_file"):
        async with opened_keys(settings(tmp_path, keys_secret_file=str(path))):
            raise AssertionError


async def test_first_starts_at_once_agree_on_the_secret(tmp_path):
    homes = [DataDir(tmp_path) for _ in range(20)]
    made = await asyncio.gather(*(asyncio.to_thread(home.keyring_secret) for home in homes))
    assert len(set(made)) == 1
    assert len(made[0]) == 32
