"""The names of people, opened with the key ring at the edge and nowhere else."""

from commands.ports import KeyRing, Subject
from domain.identity import TenantId


class OpenedNames:
    """Satisfies `Names` over the key ring."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def of(self, tenant: TenantId, ref: str | None, sealed: str | None) -> str | None:
        """Return the text, as it is without a `ref`; None once the person was erased."""
        if ref is None or sealed is None:
            return sealed
        return await self._keys.opened(Subject(tenant, ref), sealed)
