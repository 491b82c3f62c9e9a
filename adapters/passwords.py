"""Passwords as Argon2id hashes (RFC 9106), made in threads and only a few at a time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TIME_COST = 3
MEMORY_KIB = 64 * 1024
PARALLELISM = 4
AT_ONCE = 4  # each takes 64 MiB: a burst of sign-ins waits instead of taking the machine's memory


class Argon2Passwords:
    """`Passwords` with the second recommended option of RFC 9106, section 4, unless told."""

    def __init__(
        self,
        *,
        time_cost: int = TIME_COST,
        memory_kib: int = MEMORY_KIB,
        parallelism: int = PARALLELISM,
    ) -> None:
        self._hasher = PasswordHasher(time_cost, memory_kib, parallelism)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """Return the hash as `$argon2id$v=19$m=…,t=…,p=…$salt$hash`."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Tell whether the password made the hash; without one, as much is computed for no."""
        if hashed is None:
            self._nobodys = self._nobodys or await self.hashed(secrets.token_hex(16))
        async with self._turns:
            fits = await asyncio.to_thread(self._fits, hashed or str(self._nobodys), password)
        return fits and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Tell whether it was made with other parameters than those in force."""
        return self._hasher.check_needs_rehash(hashed)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
