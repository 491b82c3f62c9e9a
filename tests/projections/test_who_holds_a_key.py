import pytest

from adapters.memory_views import MemoryViews
from domain.tenant import events as te
from domain.tenant.permissions import Permission
from projections.access import ACCESS, Holder
from projections.stored_views import StoredAccess
from projections.views import Access
from tests.people import ACME, ANA, MONDAY
from tests.projections.scribe import ANA_JOINED, OPENED, Scribe, issued, kept_up


@pytest.fixture
def views():
    return MemoryViews()


async def holder_after(views, *events):
    scribe = Scribe()
    await scribe.write(f"tenant-{ACME}", *events)
    await kept_up(ACCESS, scribe.log, views)
    return await StoredAccess(views).holder("hash-of-k1")


def test_it_is_what_the_read_side_asks(views):
    assert isinstance(StoredAccess(views), Access)


async def test_a_key_is_found_by_its_hash(views):
    holder = await holder_after(views, OPENED, ANA_JOINED, issued("k1"))

    assert holder == Holder(
        key="k1",
        use="api",
        tenant=ACME,
        person=ANA.person,
        roles=("marketer", "admin"),
        permissions=frozenset(Permission),
    )


async def test_a_machine_holds_a_key_without_roles(views):
    holder = await holder_after(views, OPENED, issued("k1", person=None, use="exchange"))

    assert (holder.use, holder.person, holder.roles) == ("exchange", None, ())


async def test_new_roles_reach_keys_issued_before(views):
    promoted = te.PersonJoined(person="ana", name="Ana", roles=("director",), joined_at=MONDAY)
    holder = await holder_after(views, OPENED, ANA_JOINED, issued("k1"), promoted)

    assert holder.roles == ("director",)


async def test_a_revoked_key_is_nobodys(views):
    revoked = te.KeyRevoked(key="k1", revoked_at=MONDAY)

    assert await holder_after(views, OPENED, ANA_JOINED, issued("k1"), revoked) is None
