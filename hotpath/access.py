"""Who holds which key, as the hot path sees it: replaced whole, read on every request."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from hotpath.ports import Exchange

CACHED_KEYS_MAX = 4096


class Holder(NamedTuple):
    """One issued key: the hex sha256 of its text, its use and the tenant it belongs to.

    `use` is `exchange` or `site`; holders of other uses are ignored. `name` is how the
    exchange appears in our rows.
    """

    secret_hash: str
    use: str
    tenant: str
    name: str


class AccessBook:
    """The keys of all tenants in memory; `replace` swaps them at once."""

    def __init__(self) -> None:
        self.loaded = False
        self._exchanges: dict[str, Exchange] = {}
        self._sites: dict[str, str] = {}
        self._seen: dict[str, str] = {}
        self.only_tenant: str | None = None

    def replace(self, holders: Iterable[Holder], *, tenants: Iterable[str] = ()) -> None:
        """Take these keys and no others.

        `tenants` names tenants beyond those that hold a key; `only_tenant` is set when
        exactly one is known, and then a pixel needs no site key.
        """
        exchanges: dict[str, Exchange] = {}
        sites: dict[str, str] = {}
        known = set(tenants)
        for holder in holders:
            known.add(holder.tenant)
            if holder.use == "exchange":
                exchanges[holder.secret_hash] = Exchange(holder.tenant, holder.name)
            elif holder.use == "site":
                sites[holder.secret_hash] = holder.tenant
        self._exchanges, self._sites, self._seen = exchanges, sites, {}
        self.only_tenant = known.pop() if len(known) == 1 else None
        self.loaded = True

    def exchange(self, key: str) -> Exchange | None:
        """Return who holds this exchange key, or nothing."""
        return self._exchanges.get(self._hash(key))

    def site(self, key: str) -> str | None:
        """Return the tenant of this site key, or nothing."""
        return self._sites.get(self._hash(key))

    def _hash(self, key: str) -> str:
        hashed = self._seen.get(key)
        if hashed is None:
            hashed = sha256(key.encode(errors="surrogatepass")).hexdigest()
            # Strangers must not fill the memory: only keys that open something are kept.
            known = hashed in self._exchanges or hashed in self._sites
            if known and len(self._seen) < CACHED_KEYS_MAX:
                self._seen[key] = hashed
        return hashed
