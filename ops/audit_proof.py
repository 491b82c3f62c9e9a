"""`cx audit verify` and `cx audit anchor`: proof that the record is what was recorded."""

import contextlib
import gc
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from domain.audit import Anchor
from domain.chain import Finding
from domain.identity import TenantId
from ops.audit_trail import newest_seal
from ops.data_dir import replace
from ops.obstacle import Obstacle
from ops.output import show_json, show_rows, tell
from ops.settings import Settings
from ops.wiring import log_path, opened_log


class NothingRecorded(Obstacle):
    """The stream holds no event."""


class NothingSealed(Obstacle):
    """The log has no seal yet, so there is nothing to anchor."""


class HistoryChanged(Obstacle):
    """Somebody changed what was recorded."""


class AnchorUnreadable(Obstacle):
    """The file named as an anchor is none."""


async def verify(
    *, anchor: str | None, tenant: str | None, settings: Settings, as_json: bool
) -> int:
    """Recompute every hash chain and seal; raises `HistoryChanged` naming what does not hold."""
    kept = read_anchor(Path(anchor)) if anchor else None
    demand_log(settings)
    async with opened_log(settings) as log:
        began = time.perf_counter()
        with _uncollected():
            found = await log.verify(TenantId(tenant) if tenant else None, anchor=kept)
        took_s = time.perf_counter() - began
        sealed = await newest_seal(log)
    show_rows(
        [
            {
                "intact": not found.findings,
                "streams": found.streams,
                "events": found.events,
                "seals": sealed.seal if sealed else 0,
                "sealed": sealed.total if sealed else 0,
                "anchored": kept.seal if kept else None,
                "seconds": round(took_s, 3),
                "findings": [finding._asdict() for finding in found.findings],
            }
        ],
        as_json=as_json,
    )
    for finding in found.findings:
        tell(told(finding))
    if found.findings:
        raise HistoryChanged(f"{len(found.findings)} events are not as they were recorded.")
    return 0


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for cycles in a hundred thousand chains that have none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def anchor(*, file: str | None, settings: Settings, as_json: bool) -> int:
    """Show the newest seal, for someone outside to keep; with FILE also write it there."""
    demand_log(settings)
    async with opened_log(settings) as log:
        sealed = await newest_seal(log)
    if sealed is None:
        raise NothingSealed(
            "Nothing is sealed yet: `cx up` seals every thousand events or every minute."
        )
    show_json(sealed, indent=not as_json)
    if file:
        replace(Path(file), msgspec.json.encode(sealed) + b"\n")
        tell(f"Written to {file}: keep it where nobody who can write the log can write.")
    return 0


def read_anchor(path: Path) -> Anchor:
    """Return the anchor in a file; raises `AnchorUnreadable`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Anchor)
    except OSError as error:
        raise AnchorUnreadable(f"{path} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise AnchorUnreadable(f"{path} is no anchor of `cx audit anchor`: {error}.") from None


def demand_log(settings: Settings) -> None:
    """Raise `NothingRecorded` where there is no file; a server is asked by whoever connects."""
    path = log_path(settings)
    if path is not None and not path.exists():
        raise NothingRecorded(f"There is no event log at {path}.")


def told(finding: Finding) -> str:
    """Return a finding as a sentence: whose stream, which version, where, and what."""
    return (
        f"{finding.tenant}/{finding.stream} version {finding.version} "
        f"(position {finding.position}): {finding.problem}"
    )
