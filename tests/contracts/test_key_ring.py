"""What every key ring promises, the same on memory, a file and a server."""

import asyncio
import sys

import pytest

from adapters.memory_keys import MemoryKeyRing
from adapters.postgres_keys import PostgresKeyRing
from commands.ports import KeyRing, KeysUnreachable, Subject, SubjectErased
from tests.contracts.key_rings import SECRET, FileRing, MemoryRing, ServerRing
from tests.contracts.naming import PEOPLE
from tests.engines import HOUSE, free_port
from tests.people import ACME, GLOBEX

MARIA = "maria@example.org"


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def backend(request, tmp_path):
    match request.param:
        case "memory":
            return MemoryRing(tmp_path)
        case "sqlite":
            return FileRing(tmp_path / "keys.sqlite")
        case "postgres":
            return ServerRing(request.getfixturevalue("postgres").schema())


@pytest.fixture
async def ring(backend):
    async with backend.opened() as ring:
        yield ring


async def test_it_is_a_key_ring(ring):
    assert isinstance(ring, KeyRing)


async def test_the_same_name_is_the_same_subject(ring):
    maria = await ring.subject(ACME, MARIA)
    assert await ring.subject(ACME, MARIA) == maria
    assert await ring.known(ACME, MARIA) == maria
    assert maria.tenant == ACME


@pytest.mark.parametrize("name", ["", "Zoë / 名 🎈", "a" * 4_000, "with.dots-and space\n"])
async def test_any_text_is_a_name(ring, name):
    subject = await ring.subject(ACME, name)
    assert await ring.opened(subject, await ring.seal(subject, name)) == name


async def test_a_stranger_is_unknown_and_stays_so(ring):
    assert await ring.known(ACME, MARIA) is None
    assert await ring.known(ACME, MARIA) is None


async def test_a_ref_says_nothing_of_the_name(ring):
    first, second = await ring.subject(ACME, MARIA), await ring.subject(ACME, "maria")
    assert first.ref != second.ref
    assert len(first.ref) == 32
    assert set(first.ref) <= set("0123456789abcdef")


async def test_tenants_share_nobody(ring):
    ours, theirs = await ring.subject(ACME, MARIA), await ring.subject(GLOBEX, MARIA)
    assert ours.ref != theirs.ref
    assert await ring.opened(theirs, await ring.seal(ours, "secret")) is None
    assert await ring.opened(Subject(GLOBEX, ours.ref), await ring.seal(ours, "secret")) is None


async def test_sealing_twice_looks_different_and_opens_the_same(ring):
    maria = await ring.subject(ACME, MARIA)
    seals = [await ring.seal(maria, MARIA) for _ in range(2)]
    assert seals[0] != seals[1]
    assert all(seal.startswith("sealed:1:") and MARIA not in seal for seal in seals)
    assert [await ring.opened(maria, seal) for seal in seals] == [MARIA, MARIA]


async def test_what_was_sealed_for_another_does_not_open(ring):
    maria, jonas = await ring.subject(ACME, MARIA), await ring.subject(ACME, "jonas")
    assert await ring.opened(jonas, await ring.seal(maria, "secret")) is None


async def test_what_was_changed_does_not_open(ring):
    maria = await ring.subject(ACME, MARIA)
    seal = await ring.seal(maria, "words")  # 33 bytes: no character's bits are padding
    for at in range(len(seal)):
        changed = seal[:at] + ("A" if seal[at] != "A" else "B") + seal[at + 1 :]
        assert await ring.opened(maria, changed) is None
    for broken in ("", "secret", "sealed:1:", "sealed:1:é", "sealed:2:AAAA", seal[:-4], seal + "A"):
        assert await ring.opened(maria, broken) is None


async def test_a_destroyed_key_opens_and_seals_nothing(ring):
    maria = await ring.subject(ACME, MARIA)
    seal = await ring.seal(maria, "secret")
    assert await ring.destroy(maria)
    assert await ring.opened(maria, seal) is None
    with pytest.raises(SubjectErased):
        await ring.seal(maria, "secret")
    assert await ring.known(ACME, MARIA) is None
    assert not await ring.destroy(maria)


async def test_whoever_comes_back_after_erasure_is_someone_new(ring):
    maria = await ring.subject(ACME, MARIA)
    seal = await ring.seal(maria, "secret")
    await ring.destroy(maria)
    again = await ring.subject(ACME, MARIA)
    assert again.ref != maria.ref
    assert await ring.opened(again, seal) is None
    assert await ring.opened(maria, seal) is None


async def test_destroying_one_leaves_all_others(ring):
    maria, jonas = await ring.subject(ACME, MARIA), await ring.subject(ACME, "jonas")
    elsewhere = await ring.subject(GLOBEX, MARIA)
    seals = {subject: await ring.seal(subject, "kept") for subject in (jonas, elsewhere)}
    await ring.destroy(maria)
    for subject, seal in seals.items():
        assert await ring.opened(subject, seal) == "kept"
    assert await ring.known(GLOBEX, MARIA) == elsewhere


async def test_a_digest_is_the_same_again_and_needs_the_secret(backend, ring):
    told = ring.digest(MARIA)
    assert told == ring.digest(MARIA) != ring.digest("maria")
    assert told != MemoryKeyRing().digest(MARIA)
    async with backend.opened() as again:
        assert again.digest(MARIA) == told


async def test_first_calls_at_once_give_one_subject(ring):
    subjects = await asyncio.gather(*(ring.subject(ACME, MARIA) for _ in range(20)))
    assert len(set(subjects)) == 1
    assert await ring.opened(subjects[0], await ring.seal(subjects[0], "kept")) == "kept"


async def test_a_reopened_ring_knows_and_forgets_as_before(backend):
    async with backend.opened() as ring:
        maria, jonas = await ring.subject(ACME, MARIA), await ring.subject(ACME, "jonas")
        seals = [await ring.seal(subject, "secret") for subject in (maria, jonas)]
        await ring.destroy(maria)
    async with backend.opened() as ring:
        assert await ring.known(ACME, "jonas") == jonas
        assert await ring.opened(jonas, seals[1]) == "secret"
        assert await ring.opened(maria, seals[0]) is None
        assert await ring.known(ACME, MARIA) is None


@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
async def test_a_subject_is_durable_before_it_is_returned(backend):
    async with backend.opened() as ring, backend.opened() as other:
        maria = await ring.subject(ACME, MARIA)
        assert await other.opened(maria, await ring.seal(maria, "secret")) == "secret"


@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
async def test_what_one_process_destroys_no_other_can_seal_with(backend):
    async with backend.opened() as ring, backend.opened() as other:
        maria = await ring.subject(ACME, MARIA)
        seal = await other.seal(maria, "secret")
        await ring.destroy(maria)
        assert await other.opened(maria, seal) is None
        with pytest.raises(SubjectErased):
            await other.seal(maria, "more")


@pytest.mark.parametrize("backend", ["sqlite", "postgres"], indirect=True)
async def test_processes_that_meet_people_at_once_agree_on_them(backend):
    name = "sqlite" if isinstance(backend, FileRing) else "postgres"
    asking = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.contracts.naming", name, backend.address),
            cwd=HOUSE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    told = [(await process.communicate())[0].decode().split() for process in asking]
    assert [process.returncode for process in asking] == [0, 0]
    assert told[0] == told[1]
    assert len(set(told[0])) == len(PEOPLE)


async def test_a_server_that_is_away_is_unreachable_and_nothing_else():
    url = f"postgresql://postgres@127.0.0.1:{free_port()}/cx"
    async with PostgresKeyRing(url, SECRET, wait_s_max=0.2) as ring:
        with pytest.raises(KeysUnreachable):
            await ring.subject(ACME, MARIA)


async def test_a_server_whose_ring_was_made_with_another_secret_is_refused(postgres):
    url = postgres.schema()
    async with PostgresKeyRing(url, SECRET) as ring:
        await ring.subject(ACME, MARIA)
    async with PostgresKeyRing(url, bytes(32)) as ring:
        with pytest.raises(KeysUnreachable, match="another secret"):
            await ring.known(ACME, MARIA)
