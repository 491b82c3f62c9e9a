"""A key ring that lasts as long as the process: for tests, demos and looking around."""

import secrets

from adapters.subject_keys import SECRET_BYTES, SubjectKeyRing
from commands.ports import Subject
from domain.identity import TenantId


class MemoryKeyRing(SubjectKeyRing):
    """Subjects' wrapped keys in dictionaries (`KeyRing`)."""

    def __init__(self, secret: bytes | None = None) -> None:
        super().__init__(secret or secrets.token_bytes(SECRET_BYTES))
        self._refs: dict[tuple[TenantId, bytes], str] = {}
        self._keys: dict[Subject, bytes] = {}

    async def _ref_of(self, tenant: TenantId, lookup: bytes) -> str | None:
        return self._refs.get((tenant, lookup))

    async def _added(self, tenant: TenantId, ref: str, lookup: bytes, wrapped: bytes) -> str:
        first = self._refs.setdefault((tenant, lookup), ref)
        if first == ref:
            self._keys[Subject(tenant, ref)] = wrapped
        return first

    async def _wrapped(self, subject: Subject) -> bytes | None:
        return self._keys.get(subject)

    async def _removed(self, subject: Subject) -> bool:
        self._refs = {name: ref for name, ref in self._refs.items() if ref != subject.ref}
        return self._keys.pop(subject, None) is not None
