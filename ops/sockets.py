"""Which ports the doors and engines open, and a sentence when one is taken."""

import socket
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ops.data_dir import replace
from ops.obstacle import PortTaken

FREED_WITHIN_S = 3.0


def is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Return whether a server could open the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def demand(port: int, *, host: str, setting: str) -> None:
    """Raise `PortTaken` unless the port is free, or becomes so as our last run winds up."""
    if not _freed(port, host=host):
        flag = setting.replace("_", "-")
        raise PortTaken(
            f"Port {port} is in use by another program: stop it, or choose another port with the "
            f"setting {setting} (--{flag} or CX_{setting.upper()})."
        )


def kept(path: Path, names: Iterable[str]) -> dict[str, int]:
    """Return a loopback port for each name: the one used last time where it is still free."""
    before = msgspec.json.decode(path.read_bytes(), type=dict[str, int]) if path.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        ports[name] = port if port and _freed(port, host="127.0.0.1") else _any(ports.values())
    replace(path, msgspec.json.encode(ports))
    return ports


def _freed(port: int, *, host: str) -> bool:
    deadline = time.monotonic() + FREED_WITHIN_S
    while not is_free(port, host=host):
        if time.monotonic() > deadline or _answers(port):
            return is_free(port, host=host)
        time.sleep(0.02)
    return True


def _answers(port: int) -> bool:
    with socket.socket() as caller:
        caller.settimeout(0.2)
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _any(taken: Iterable[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in set(taken):
            return port
