"""What can be set, where each value came from, and a sentence when one makes no sense.

A value is looked for in this order: a command line flag, the environment (`CX_NAME`),
`cx.toml`, the default written here. `ops/settings.md` describes each setting for operators.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast, get_type_hints
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ops.obstacle import BadSettings

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
PortOrAny = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Few = Annotated[int, msgspec.Meta(ge=1, le=64)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything an installation can choose. An empty URL means: the embedded engine."""

    data_dir: str = ".data/cx"
    host: str = "127.0.0.1"
    api_port: Port = 8000
    hot_port: Port = 8100
    projector_port: PortOrAny = 0  # 0: a free one, chosen once by `cx up`
    workers: Few = 1
    event_log_url: str = ""
    keys_url: str = ""
    keys_secret_file: str = ""
    signing_keys_dir: str = ""
    sign_in_tenant: str = ""
    identity_providers_file: str = ""
    public_api_url: str = ""  # what people's browsers call; empty: http://HOST:API_PORT
    clickhouse_url: str = ""
    redis_url: str = ""
    nats_url: str = ""
    nats_replicas: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    partitions: Few = 1
    public_hot_url: str = ""  # what exchanges and browsers call; empty: http://HOST:HOT_PORT
    trusted_proxies: tuple[str, ...] = ()
    inference_provider: Literal["cpu"] = "cpu"
    key_rate_per_minute: Annotated[int, msgspec.Meta(ge=0)] = 0  # 0: as often as they like
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def directory(self) -> Path:
        """The data directory, absolute."""
        return Path(self.data_dir).expanduser().absolute()

    @property
    def api_url(self) -> str:
        return f"http://{self.reachable_host}:{self.api_port}"

    @property
    def hot_url(self) -> str:
        return self.public_hot_url.rstrip("/") or f"http://{self.reachable_host}:{self.hot_port}"

    @property
    def reachable_host(self) -> str:
        """A host that a client on this machine can call, also when we listen everywhere."""
        return "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound


class Resolved(NamedTuple):
    """Settings, and for each of them the place its value came from."""

    settings: Settings
    origins: dict[str, str]


NAMES = Settings.__struct_fields__
HINTS = get_type_hints(Settings, include_extras=True)
SCHEMES = {
    "event_log_url": ("sqlite", "postgresql", "kurrentdb", "esdb"),
    "keys_url": ("sqlite", "postgresql"),
    "clickhouse_url": ("http", "https"),
    "redis_url": ("redis", "rediss"),
    "nats_url": ("nats", "tls"),
    "public_hot_url": ("http", "https"),
    "public_api_url": ("http", "https"),
}


def resolve(
    *, environment: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Resolved:
    """Return the settings in force; raise `BadSettings` for the first that makes no sense.

    `CX_CONFIG` names another file than `cx.toml` in the working directory.
    """
    environment = os.environ if environment is None else environment
    origins = dict.fromkeys(NAMES, "default")
    values: dict[str, Any] = {}
    for name, (value, origin) in _from_file(environment.get("CX_CONFIG")).items():
        values[name], origins[name] = _checked(name, value, origin), origin
    for name, text in _from_environment(environment).items():
        origin = f"environment CX_{name.upper()}"
        values[name], origins[name] = _checked(name, text, origin), origin
    for name, flag in (flags or {}).items():
        if flag is not None:
            origin = f"flag --{name.replace('_', '-')}"
            values[name], origins[name] = _checked(name, flag, origin), origin
    return Resolved(_consistent(Settings(**values), origins), origins)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the settings as the variables that hand them to a child process unchanged."""
    values = msgspec.to_builtins(settings)
    return {
        f"CX_{name.upper()}": str(value) if isinstance(value, str | int) else ",".join(value)
        for name, value in values.items()
    }


def masked(value: object) -> object:
    """Return a value fit to be shown: a password inside a URL becomes `***`."""
    if not isinstance(value, str) or "@" not in value:
        return value
    parts = urlsplit(value)
    user = (parts.username or "") + (":***" if parts.password else "")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))


def _from_file(chosen: str | None) -> dict[str, tuple[object, str]]:
    path = Path(chosen or "cx.toml")
    if not path.is_file():
        if chosen:
            raise BadSettings(f"CX_CONFIG names {chosen}, which is not a file.")
        return {}
    try:
        table = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is not valid TOML: {error}.") from None
    if unknown := sorted(set(table) - set(NAMES)):
        raise BadSettings(f"{path} sets {', '.join(unknown)}, which is not a setting.")
    return {name: (value, str(path)) for name, value in table.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    known = {f"CX_{name.upper()}": name for name in NAMES}
    return {known[key]: text for key, text in environment.items() if key in known}


def _checked(name: str, value: object, origin: str) -> object:
    if isinstance(value, str) and name == "trusted_proxies":
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        value = msgspec.convert(value, HINTS[name], strict=not isinstance(value, str))
    except msgspec.ValidationError as error:
        why = str(error).removesuffix(".")
        raise BadSettings(f"The setting {name} ({origin}) is {value!r}: {why}.") from None
    if name == "trusted_proxies":
        _check_networks(cast("tuple[str, ...]", value), origin)
    schemes = SCHEMES.get(name)
    if schemes and value and urlsplit(str(value)).scheme not in schemes:
        raise BadSettings(
            f"The setting {name} ({origin}) must be a URL that starts with "
            f"{' or '.join(scheme + '://' for scheme in schemes)}, not {masked(value)!r}."
        )
    return value


def _check_networks(networks: tuple[str, ...], origin: str) -> None:
    for network in networks:
        try:
            ip_network(network, strict=False)
        except ValueError:
            raise BadSettings(
                f"The setting trusted_proxies ({origin}) holds {network!r}, which is neither an "
                "address nor a network such as 10.0.0.0/8."
            ) from None


def _consistent(settings: Settings, origins: Mapping[str, str]) -> Settings:
    if settings.api_port == settings.hot_port:
        raise BadSettings(
            f"The settings api_port ({origins['api_port']}) and hot_port ({origins['hot_port']}) "
            f"are both {settings.api_port}: each door needs its own port."
        )
    return settings
