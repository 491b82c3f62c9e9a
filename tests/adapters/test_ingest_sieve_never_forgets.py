"""What the sieve calls new is new, whatever was added and in whatever pieces."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clickhouse_facts import FactsTable
from adapters.facts_block import Block, Months, pieces, read_facts
from adapters.facts_sieve import Sieve
from tests.facts import batch, bill, database, event_id

IDS = st.lists(st.binary(min_size=16, max_size=16), max_size=50)


@given(IDS, IDS)
def test_an_added_id_is_always_doubtful(added, others):
    sieve = Sieve(100)
    sieve.add(b"".join(added))
    doubtful = sieve.doubtful(added + others)
    assert set(added) <= set(doubtful) <= set(added + others)


def test_few_new_ids_are_doubtful_at_the_expected_load():
    names = [hashlib.blake2b(b"%d" % n, digest_size=16).digest() for n in range(600_000)]
    sieve = Sieve(500_000)
    sieve.add(b"".join(names[:500_000]))
    assert len(sieve.doubtful(names[500_000:])) < 300


@pytest.mark.engines
async def test_a_table_that_has_learned_finds_the_same_repeats(clickhouse_url):
    async with database(clickhouse_url) as (_url, client):
        table = FactsTable(client, 0)
        names = [f"bill {n}" for n in range(300)]
        facts = read_facts(1, batch(*map(bill, names[:200])), Months())
        for piece in pieces(Block(0, 1, 1, facts), []):
            await table.insert(piece)
        asked = [event_id(f"acme/bill/{name}") for name in names]
        before = await table.seen(asked, before=2)
        await table.learn()
        assert await table.seen(asked, before=2) == before == set(asked[:200])
        assert await table.seen(asked, before=1) == set()
        table.remember(asked[250:])
        assert await table.seen(asked, before=2) == set(asked[:200])
