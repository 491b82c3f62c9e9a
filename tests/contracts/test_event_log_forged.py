"""Whatever is done to a log behind its back, verifying it says where and what."""

import pytest

from adapters.clock import StoppedClock
from adapters.rows import envelope_of, recorded_in
from commands.desk import Desk
from commands.sealing import SEALS, Sealing
from domain.audit.seals import STREAM, TENANT, anchor_of
from tests.contracts.forging import PostgresForger, SqliteForger, continue_stream, rewrite
from tests.contracts.logs import BACKENDS, entry
from tests.people import ACME, GLOBEX, MONDAY

FORGED = b'{"kind":"told.v1","word":"forged"}'
ACMES, GLOBEXS = (ACME, "campaign-1"), (GLOBEX, "campaign-1")


FORGERS = {
    "sqlite": lambda backend: SqliteForger(backend.path),
    "postgresql": lambda backend: PostgresForger(backend.url),
}


@pytest.fixture(params=FORGERS)
async def kept(request):
    """A log of two tenants, four events each in turns, sealed: then one more, not yet sealed."""
    backend = BACKENDS[request.param](request)
    async with backend.opened() as log:
        for version in range(4):
            await log.append(*ACMES, [entry()], after=version)
            await log.append(*GLOBEXS, [entry()], after=version)
        await Sealing(Desk(log, StoppedClock(MONDAY)), log).step()
        await log.append(*ACMES, [entry()], after=4)
        (seal,) = await log.read(TENANT, STREAM)
        assert (await log.verify()).findings == ()
        yield log, FORGERS[request.param](backend), anchor_of(SEALS.decoder.decode(seal.data))


def positions(forger):
    """Return where the events stand: backends number them differently."""
    return [row[0] for row in forger.rows()]


def places(verification):
    return {(finding.tenant, finding.stream, finding.version) for finding in verification.findings}


def problems(verification):
    return " | ".join(finding.problem for finding in verification.findings)


async def test_an_edited_event_is_found_where_it_stands(kept):
    log, forger, _ = kept
    position, *_, state = forger.rows()[2]
    forger.edit(position, kind="told.v1", envelope=bytes(state).replace(b"hello", b"hallo"))
    (finding,) = (await log.verify()).findings
    assert finding[:4] == (*ACMES, 2, position)
    assert finding.problem == "its content is not what was sealed"


async def test_an_edited_stream_with_new_hashes_is_found_by_the_seal(kept):
    log, forger, _ = kept
    rewrite(forger, positions(forger)[2], FORGED)
    (finding,) = (await log.verify()).findings
    assert (finding.tenant, finding.stream, finding.version) == (TENANT, STREAM, 1)
    assert "of the 8 events it sealed" in finding.problem
    assert "some are not what they were" in finding.problem


async def test_a_deleted_event_is_found_by_its_stream_and_by_the_seal(kept):
    log, forger, _ = kept
    gone = positions(forger)[3]
    forger.delete(gone, gone)
    verification = await log.verify()
    assert (*GLOBEXS, 3) in places(verification)
    assert "version 2 is missing: this is 3" in problems(verification)
    assert "of the 8 events it sealed" in problems(verification)
    assert "only 7 are there" in problems(verification)


async def test_a_stream_cut_short_is_found_by_the_seal(kept):
    log, forger, _ = kept
    gone = positions(forger)[7]  # the last of its stream: no later event misses it
    forger.delete(gone, gone)
    verification = await log.verify()
    assert (TENANT, STREAM, 1) in places(verification)
    assert "only 7 are there" in problems(verification)


async def test_events_of_one_stream_in_another_order_are_found(kept):
    log, forger, _ = kept
    forger.swap(positions(forger)[2], positions(forger)[4])
    verification = await log.verify()
    assert {(*ACMES, 2), (*ACMES, 3)} <= places(verification)
    assert "it stands after version 3: the stream is not in order" in problems(verification)


async def test_events_of_two_streams_in_another_order_are_found_by_the_seal(kept):
    log, forger, _ = kept
    forger.swap(positions(forger)[2], positions(forger)[3])
    (finding,) = (await log.verify()).findings
    assert (finding.stream, finding.version) == (STREAM, 1)
    assert "or not in that order" in finding.problem


async def test_an_inserted_event_is_found_by_the_seal(kept):
    log, forger, _ = kept
    between = positions(forger)[2]
    forger.make_room(between)
    continue_stream(forger, between, ACME, "campaign-2", after=0, entry=entry(FORGED))
    (finding,) = (await log.verify()).findings
    assert (finding.stream, finding.version) == (STREAM, 1)
    assert "of the 8 events it sealed" in finding.problem


async def test_a_forked_stream_is_found(kept):
    log, forger, _ = kept
    forger.unlock()
    last = positions(forger)[-1]
    continue_stream(forger, last + 1, *ACMES, after=3, entry=entry(FORGED))
    (finding,) = (await log.verify()).findings
    assert finding[:3] == (*ACMES, 4)
    assert finding.problem == "version 4 stands here once more: the stream is forked"


async def test_a_tail_cut_off_behind_the_last_seal_is_found_by_an_anchor(kept):
    log, forger, anchor = kept
    there = positions(forger)
    forger.delete(there[6], there[-1])
    assert (await log.verify()).findings == ()  # Nothing left says that there was more,
    (finding,) = (await log.verify(anchor=anchor)).findings  # but the anchor does.
    assert finding[:4] == (TENANT, STREAM, 1, anchor.position)
    assert "was cut off after seal 0" in finding.problem


async def test_a_log_rewritten_with_its_seals_is_found_by_an_anchor(kept):
    log, forger, anchor = kept
    rewrite(forger, positions(forger)[2], FORGED)
    history = [recorded_in(*row) for row in forger.rows()]
    seal = next(each for each in history if each.stream == STREAM)
    forger.delete(seal.position, positions(forger)[-1])
    await Sealing(Desk(log, StoppedClock(MONDAY)), log).step()
    assert (await log.verify()).findings == ()
    (finding,) = (await log.verify(anchor=anchor)).findings
    assert "what stands before it was rewritten" in finding.problem


async def test_a_tenant_is_told_only_of_what_concerns_it(kept):
    log, forger, _ = kept
    gone = positions(forger)[3]
    forger.delete(gone, gone)
    assert (*GLOBEXS, 3) in places(await log.verify(GLOBEX))
    assert places(await log.verify(ACME)) == {(*ACMES, 3), (TENANT, STREAM, 1)}  # beside the gap
    assert (await log.verify(ACME)).events == 5


async def test_an_event_nobody_can_read_is_found_and_the_rest_is_still_checked(kept):
    log, forger, _ = kept
    there = positions(forger)
    forger.edit(there[2], kind="told.v1", envelope=b"\x00")
    position, *_, state = forger.rows()[7]
    forger.edit(position, kind="told.v1", envelope=bytes(state).replace(b"hello", b"hallo"))
    verification = await log.verify()
    assert places(verification) == {(*ACMES, 2), (*GLOBEXS, 4), (TENANT, STREAM, 1)}


async def test_a_seal_edited_to_fit_is_itself_found(kept):
    log, forger, _ = kept
    recorded = next(
        recorded_in(*row) for row in forger.rows() if recorded_in(*row).stream == STREAM
    )
    changed = envelope_of(recorded).replace(b'"count":8', b'"count":7')
    forger.edit(recorded.position, kind=recorded.kind, envelope=changed)
    assert "its content is not what was sealed" in problems(await log.verify())
