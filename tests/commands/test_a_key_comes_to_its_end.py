from datetime import timedelta

from commands.key_expiry import key_expiry
from commands.keys import IssueKey, RevokeKey, RotateKey, issue_new_key, replace_key, revoke_old_key
from commands.tenant import TENANTS, OpenTenant, Person, open_tenant_books
from commands.transact import current
from domain.tenant.terms import KeyTerms
from tests.commands.desks import kinds, new_desk
from tests.people import ACME, ANA, MONDAY, TUESDAY, WEDNESDAY, asks

TEXT = "cx_api_" + "5e" * 24
SECOND = timedelta(seconds=1)


async def opened():
    desk = new_desk(MONDAY)
    books = OpenTenant(name="Acme", people=[Person(person="ana", name="Ana", roles=ANA.roles)])
    await open_tenant_books(books, asking=asks(ANA, "open"), desk=desk)
    return desk


async def issued(desk, **terms):
    command = IssueKey(text=TEXT, terms=KeyTerms(person="ana", **terms))
    return (await issue_new_key(command, asking=asks(ANA, "issue"), desk=desk)).outcome.id


async def key_of(desk, key):
    return (await current(desk, TENANTS, ACME, "acme")).state.keys[key]


async def test_a_key_is_revoked_when_its_time_is_over_and_not_before():
    desk = await opened()
    key = await issued(desk, expires_at=TUESDAY)
    expiry = key_expiry(desk, desk.log)
    desk.clock.at = TUESDAY - SECOND
    assert await expiry.step() == 0
    desk.clock.at = TUESDAY
    assert await expiry.step() == 1
    assert (await key_of(desk, key)).revoked_at == TUESDAY
    history = await desk.log.read(ACME, "tenant-acme")
    assert history[-1].actor == "process:key-expiry"
    assert history[-1].causation_id == history[-2].event_id
    assert b'"why":"expired"' in history[-1].data


async def test_a_process_that_starts_late_revokes_once():
    desk = await opened()
    await issued(desk, expires_at=TUESDAY)
    desk.clock.at = WEDNESDAY
    for _ in range(2):
        expiry = key_expiry(desk, desk.log)
        await expiry.step()
        await expiry.step()
    assert (await kinds(desk, "tenant-acme")).count("key_revoked") == 1


async def test_a_replaced_key_ends_with_its_grace_and_its_successor_stays():
    desk = await opened()
    old = await issued(desk)
    rotation = RotateKey(key=old, text=TEXT + "2", grace=timedelta(hours=2))
    new = (await replace_key(rotation, asking=asks(ANA, "rotate"), desk=desk)).outcome.id
    expiry = key_expiry(desk, desk.log)
    desk.clock.at = MONDAY + timedelta(hours=1)
    assert await expiry.step() == 0
    desk.clock.at = MONDAY + timedelta(hours=2)
    assert await expiry.step() == 1
    assert (await key_of(desk, old)).revoked_at == desk.clock.at
    assert (await key_of(desk, new)).revoked_at is None


async def test_a_key_that_was_revoked_before_is_left_alone():
    desk = await opened()
    key = await issued(desk, expires_at=TUESDAY)
    await revoke_old_key(RevokeKey(key=key), asking=asks(ANA, "revoke"), desk=desk)
    desk.clock.at = WEDNESDAY
    assert await key_expiry(desk, desk.log).step() == 0
    assert (await key_of(desk, key)).revoked_at == MONDAY


async def test_a_rotation_that_comes_twice_makes_one_successor_and_tells_one_text():
    desk = await opened()
    old = await issued(desk)
    first, second = [
        await replace_key(
            RotateKey(key=old, text=TEXT + digit), asking=asks(ANA, "rotate"), desk=desk
        )
        for digit in "12"
    ]
    assert list(first.keys.values()) == [TEXT + "1"]
    assert second.keys == {}
    assert second.outcome == first.outcome._replace(replayed=True)
    assert (await kinds(desk, "tenant-acme")).count("key_issued") == 2
