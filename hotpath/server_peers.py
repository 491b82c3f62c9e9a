"""Who is calling: the peer's address, or what a trusted proxy says, cut to a neighbourhood."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPV4_PREFIX, IPV6_PREFIX = 24, 48


class Peers:
    """Knows the trusted proxies; everyone else's X-Forwarded-For is ignored."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = [ip_network(network, strict=False) for network in trusted]

    def trusts(self, host: str) -> bool:
        """Whether this address is one of our proxies."""
        address = _address(host)
        return address is not None and any(address in network for network in self._trusted)

    def neighbourhood(self, host: str, forwarded: str = "") -> bytes:
        """Return the caller's network, `203.0.113.0` or `2001:db8:1::`; empty when unknown.

        `forwarded` is X-Forwarded-For as a trusted proxy sent it. The caller is the right-most
        address that is not a trusted proxy's, since everything left of it can be made up.
        """
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        for hop in reversed(hops):
            if not self.trusts(hop):
                return truncated(hop)
        return truncated(hops[0] if hops else host)


@lru_cache(maxsize=4096)
def truncated(host: str) -> bytes:
    """Return the /24 or /48 an address lies in, as text without the prefix length."""
    address = _address(host)
    if address is None:
        return b""
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX  # noqa: PLR2004 - IPv4
    return str(ip_network((address, prefix), strict=False).network_address).encode("ascii")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
