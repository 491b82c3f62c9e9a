"""The real platform for every story: one `cx up` on free ports, in a directory of its own."""

import pytest

from tests.bench.installation import installed


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    """Yields an `Installation`: its credentials, `ask(path)` with the admin's key, its process."""
    with installed(tmp_path_factory.mktemp("platform")) as installation:
        yield installation
