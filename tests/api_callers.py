"""The world of the API tests and its callers: ana wrote it, ben approves, rita is a rival."""

import pytest

from tests.api_world import ANA, BEN, RIVAL, running_world


@pytest.fixture
async def world():
    async with running_world() as world:
        yield world


@pytest.fixture
async def ana(world):
    async with world.client(ANA) as client:
        yield client


@pytest.fixture
async def ben(world):
    async with world.client(BEN) as client:
        yield client


@pytest.fixture
async def rita(world):
    async with world.client(RIVAL) as client:
        yield client


@pytest.fixture
async def stranger(world):
    async with world.client() as client:
        yield client
