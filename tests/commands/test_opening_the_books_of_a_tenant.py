import hashlib

import pytest

from commands.tenant import TENANTS, NewKey, OpenTenant, Person, open_tenant_books
from commands.transact import current
from domain.tenant.refusals import PersonUnknown
from tests.commands.desks import kinds, new_desk
from tests.people import ACME, ANA, BEN, asks

ANAS_KEY = NewKey(key="ana-1", use="api", text="cx_api_ana", person=ANA.person)
ACME_BOOKS = OpenTenant(
    name="Acme",
    people=(
        Person(person=ANA.person, name="Ana", roles=ANA.roles),
        Person(person=BEN.person, name="Ben", roles=BEN.roles),
    ),
    keys=(ANAS_KEY, NewKey(key="ex-1", use="exchange", text="cx_exchange_1")),
)


async def opened():
    desk = new_desk()
    return desk, await open_tenant_books(ACME_BOOKS, asking=asks(ANA, "open"), desk=desk)


async def test_a_tenant_opens_with_its_people_and_keys_at_once():
    desk, issued = await opened()
    assert issued.outcome.version == 5
    assert issued.keys == {"ana-1": "cx_api_ana", "ex-1": "cx_exchange_1"}
    assert await kinds(desk, "tenant-acme") == [
        "opened",
        "person_joined",
        "person_joined",
        "key_issued",
        "key_issued",
    ]


async def test_the_text_of_a_key_is_never_recorded():
    desk, _ = await opened()
    history = await desk.log.after(0, limit=10)
    assert not any(b"cx_api_ana" in recorded.data for recorded in history)
    key = (await current(desk, TENANTS, ACME, "acme")).state.keys["ana-1"]
    assert key.secret_hash == hashlib.sha256(b"cx_api_ana").hexdigest()


async def test_opening_again_is_the_same_answer():
    desk, first = await opened()
    again = await open_tenant_books(ACME_BOOKS, asking=asks(ANA, "open"), desk=desk)
    assert again.outcome == first.outcome._replace(replayed=True)


async def test_a_key_for_nobody_spoils_the_whole_opening():
    desk = new_desk()
    stray = OpenTenant(name="Acme", keys=(ANAS_KEY,))
    with pytest.raises(PersonUnknown):
        await open_tenant_books(stray, asking=asks(ANA, "open"), desk=desk)
    assert await desk.log.after(0, limit=10) == []
