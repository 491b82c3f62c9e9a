"""From our URL of a KurrentDB to a client that is ready to call."""

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from kurrentdbclient import AsyncKurrentDBClient

KEEPALIVE_MS = "10000"  # a peer that vanished without a word is given up after twice that
# Left to itself gRPC waits up to two minutes before it tries a server again, and remembers that
# across the client's new channels, so we would be away long after the server came back.
RECONNECTING = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


def address(url: str) -> tuple[str, str]:
    """Return the client's URL and the namespace in ours.

    `namespace` is ours alone, and pings are sent unless the URL says otherwise.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    namespace = options.pop("namespace", "")
    if not re.fullmatch(r"[a-z0-9_]*", namespace):
        raise ValueError(f"the namespace {namespace!r} is not made of a-z, 0-9 and _")
    known = {name.lower() for name in options}
    for name in ("keepAliveInterval", "keepAliveTimeout"):
        if name.lower() not in known:
            options[name] = KEEPALIVE_MS
    return urlunsplit(parts._replace(query=urlencode(options))), namespace


def client_at(url: str) -> AsyncKurrentDBClient:
    """Return a client, not connected; raises `ValueError`, `OSError` for a bad URL or file."""
    client = AsyncKurrentDBClient(url)
    client.grpc_options += RECONNECTING
    parts = urlsplit(url)
    if parts.username and parts.password:
        # The client takes them as they stand in the URL, where `@` can only stand as `%40`.
        client._call_credentials = client.construct_call_credentials(  # noqa: SLF001 - no other way in
            unquote(parts.username), unquote(parts.password)
        )
    return client
