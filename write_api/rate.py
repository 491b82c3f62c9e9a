"""How often a key may ask: so many requests a minute, at once or evenly.

The generic cell rate algorithm (ITU-T I.371): one number for each key, the time at which all its
requests so far would have been answered evenly. What is taken comes back one by one.
"""

from math import ceil
from typing import NamedTuple

MINUTE_S = 60.0
BUCKETS_MAX = 10_000
POLICY = "key"  # the policy's name in the headers


class Taken(NamedTuple):
    """What asking once more led to; times are in seconds."""

    allowed: bool
    remaining: int
    full_after: float
    retry_after: float = 0.0

    def headers(self, per_minute: int) -> list[tuple[bytes, bytes]]:
        """Return what the caller is told (draft-ietf-httpapi-ratelimit-headers-10)."""
        policy = f'"{POLICY}";q={per_minute};w={MINUTE_S:.0f}'
        state = f'"{POLICY}";r={self.remaining};t={ceil(self.full_after)}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class Buckets:
    """What each key has left; belongs to one process, and is forgotten with it."""

    def __init__(self, *, buckets_max: int = BUCKETS_MAX) -> None:
        self._evenly: dict[tuple[str, str], float] = {}
        self._buckets_max = buckets_max

    def take(self, tenant: str, key: str, *, per_minute: int, now: float) -> Taken:
        """Take one request of `per_minute`; `now` is a monotonic time in seconds."""
        name = (tenant, key)
        apart = MINUTE_S / per_minute
        evenly = max(self._evenly.get(name, now), now) + apart
        ahead = evenly - now
        if ahead > MINUTE_S + apart / 2:  # Half a request: sums of fractions are not exact.
            return Taken(allowed=False, remaining=0, full_after=ahead - apart,
                         retry_after=ahead - MINUTE_S)  # fmt: skip
        if len(self._evenly) >= self._buckets_max and name not in self._evenly:
            self._forget_full(now)
        self._evenly[name] = evenly
        return Taken(
            allowed=True, remaining=max(0, round((MINUTE_S - ahead) / apart)), full_after=ahead
        )

    def _forget_full(self, now: float) -> None:
        """Forget the keys that have everything again; they cannot tell that from a new bucket."""
        self._evenly = {name: evenly for name, evenly in self._evenly.items() if evenly > now}
