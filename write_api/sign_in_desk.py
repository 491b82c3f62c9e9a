"""What all doors of signing in share: passwords, tokens, and a brake on trying often."""

import asyncio
import time
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from math import ceil

from commands.accounts import Passwords
from commands.desk import Desk
from commands.sign_in import asking_to_sign_in
from commands.transact import Asking
from domain.identity import PersonId, TenantId
from hotpath.server_peers import Peers
from write_api.headers import header
from write_api.problems import AnyRequest, Declined, id_of
from write_api.rate import Buckets
from write_api.tokens import SessionTokens

PER_ADDRESS = 60  # attempts a minute from one address, be it an office's
PER_NAME = 20  # and for one sign-in name, from wherever
IPV6_PREFIX = 64  # what one customer is given at least
REFUSED_AFTER_S = 0.4  # a no takes as long as this, whatever it had to look at


class SignInDesk:
    """One per process; `tenant` is whose people sign in when a form names no agency."""

    def __init__(
        self,
        *,
        desk: Desk,
        passwords: Passwords,
        tokens: SessionTokens,
        tenant: str = "",
        trusted_proxies: Iterable[str] = (),
        refused_after_s: float = REFUSED_AFTER_S,
    ) -> None:
        self.desk, self.passwords, self.tokens, self.tenant = desk, passwords, tokens, tenant
        self._peers = Peers(trusted_proxies)
        self._refused_after_s = refused_after_s
        self._buckets = Buckets()

    def asking(
        self, request: AnyRequest, tenant: TenantId, *, person: PersonId | None = None
    ) -> Asking:
        """Return how someone asks who is not signed in."""
        if person is None:
            return asking_to_sign_in(tenant, id_of(request))
        return asking_to_sign_in(tenant, id_of(request), person=person)

    def brake(self, request: AnyRequest, *, name: str | None = None) -> None:
        """Count an attempt; decline when there were too many from here, or for this name."""
        self._take("address", self.address_of(request), PER_ADDRESS)
        if name is not None:
            self._take("name", name, PER_NAME)

    def address_of(self, request: AnyRequest) -> str:
        """Return the caller's address; of an IPv6 one the network, of a proxy whom it names."""
        client = request.scope.get("client")
        host = client[0] if client else ""
        if self._peers.trusts(host):
            hops = (header(request, b"x-forwarded-for") or "").split(",")
            honest = [hop.strip() for hop in reversed(hops) if not self._peers.trusts(hop.strip())]
            host = honest[0] if honest and honest[0] else host
        try:
            address = ip_address(host)
        except ValueError:
            return ""
        if address.version == 4:  # noqa: PLR2004 - IPv4
            return str(address)
        return str(ip_network((address, IPV6_PREFIX), strict=False))

    async def refused(self, since: float) -> Declined:
        """Return the one no to whoever cannot sign in, not before it is due.

        `since` is a monotonic time in seconds.
        """
        await asyncio.sleep(max(0.0, since + self._refused_after_s - time.monotonic()))
        return Declined(
            HTTPStatus.UNAUTHORIZED,
            "sign_in_refused",
            "This does not let anybody in. After ten wrong passwords none fits for a quarter of "
            "an hour.",
            headers={"WWW-Authenticate": 'Bearer realm="Campaign Express"'},
        )

    def _take(self, kind: str, name: str, per_minute: int) -> None:
        taken = self._buckets.take(kind, name, per_minute=per_minute, now=time.monotonic())
        if not taken.allowed:
            raise Declined(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_attempts",
                "Too many attempts to sign in: Retry-After says when again.",
                headers={"Retry-After": str(ceil(taken.retry_after))},
            )
