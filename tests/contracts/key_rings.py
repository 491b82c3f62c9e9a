"""Key rings to hold to their contract, each as a way to open it again and again."""

import contextlib
import hashlib

from adapters.memory_keys import MemoryKeyRing
from adapters.postgres_keys import PostgresKeyRing
from adapters.sqlite_keys import SqliteKeyRing

SECRET = hashlib.sha256(b"a secret of these tests").digest()


class MemoryRing:
    """Reopening it finds the same keys, because it is the same object."""

    def __init__(self, _):
        self.ring = MemoryKeyRing(SECRET)

    @contextlib.asynccontextmanager
    async def opened(self):
        yield self.ring


class FileRing:
    def __init__(self, path):
        self.address = str(path)

    @contextlib.asynccontextmanager
    async def opened(self):
        async with SqliteKeyRing(self.address, SECRET) as ring:
            yield ring


class ServerRing:
    def __init__(self, url):
        self.address = url

    @contextlib.asynccontextmanager
    async def opened(self):
        async with PostgresKeyRing(self.address, SECRET) as ring:
            yield ring
