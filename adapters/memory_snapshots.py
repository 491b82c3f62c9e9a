"""Snapshots in a dictionary: for tests, and for logs that last as long as the process."""

from commands.snapshots import Snapshot
from domain.identity import TenantId


class MemorySnapshots:
    """Satisfies `Snapshots`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[TenantId, str], Snapshot] = {}

    async def newest(self, tenant: TenantId, stream: str) -> Snapshot | None:
        return self._kept.get((tenant, stream))

    async def keep(self, tenant: TenantId, stream: str, snapshot: Snapshot) -> None:
        before = self._kept.get((tenant, stream))
        if (
            before is None
            or snapshot.version > before.version
            or snapshot.fingerprint != before.fingerprint
        ):
            self._kept[tenant, stream] = snapshot
