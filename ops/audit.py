"""`cx audit show`: reads the event log itself, so it also works while nothing runs."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from domain.envelope import Recorded
from domain.identity import TenantId
from ops.audit_proof import NothingRecorded, demand_log
from ops.audit_trail import LEDGERS, LoggedTrail
from ops.data_dir import DataDir
from ops.output import show_json, show_rows
from ops.settings import Settings
from ops.wiring import opened_log


async def show(
    stream: str, *, at_version: int | None, tenant: str | None, settings: Settings, as_json: bool
) -> int:
    """Replay a stream with the state after each event, or show the state at a version."""
    demand_log(settings)
    owner = TenantId(tenant or _only_tenant(settings))
    async with opened_log(settings) as log:
        if at_version is not None:
            then = await LoggedTrail(log).state(owner, stream, at_version=at_version)
            if then is None:
                raise NothingRecorded(f"{stream} held nothing at version {at_version}.")
            shown = {"stream": stream, "version": then.version, "state": _staged(then.state)}
            show_json(shown, indent=not as_json)
            return 0
        history = await log.read(owner, stream)
    if not history:
        raise NothingRecorded(f"{owner} has no stream {stream}; the name is CATEGORY-ID.")
    states = _states(stream, history)
    rows = [_full(recorded, state) for recorded, state in zip(history, states, strict=True)]
    show_rows(rows if as_json else [_short(row) for row in rows], as_json=as_json)
    return 0


def _only_tenant(settings: Settings) -> str:
    credentials = DataDir(settings.directory).read_credentials()
    if credentials is None:
        raise NothingRecorded("Say whose stream it is with --tenant.")
    return credentials.tenant


def _states(stream: str, history: Sequence[Recorded]) -> list[Any]:
    """Return the state after each event; None throughout for a stream that does not fold."""
    ledger = LEDGERS.get(stream.partition("-")[0])
    if ledger is None:
        return [None] * len(history)
    states, state = [], ledger.blank
    for recorded in history:
        state = ledger.evolve(state, ledger.decoder.decode(recorded.data))
        states.append(_staged(state))
    return states


def _staged(state: Any) -> Any:  # noqa: ANN401 - any aggregate's state
    """Return a state as JSON can hold it; its kind of struct is its stage."""
    fields = msgspec.to_builtins(state)
    return fields if not isinstance(fields, dict) else {"stage": _stage(state), **fields}


def _stage(state: object) -> str:
    name = type(state).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _full(recorded: Recorded, state: Any) -> dict[str, Any]:  # noqa: ANN401 - any aggregate's state
    return {
        "version": recorded.version,
        "position": recorded.position,
        "kind": recorded.kind,
        "recorded_at": recorded.recorded_at.isoformat(timespec="milliseconds"),
        "actor": recorded.actor,
        "command_id": recorded.command_id,
        "correlation_id": recorded.correlation_id,
        "causation_id": recorded.causation_id,
        "data": json.loads(recorded.data),
        "hash": recorded.hash,
        "state": state,
    }


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Return what fits a terminal; `--json` shows everything."""
    state = row["state"] or {}
    return {
        "version": row["version"],
        "recorded at": row["recorded_at"][:23],
        "actor": row["actor"],
        "what happened": row["kind"],
        "state after": state.get("stage", ""),
        "hash": row["hash"][:12],
    }
