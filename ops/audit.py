"""`cx audit show`: reads the event log itself, so it also works while nothing runs."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from domain.envelope import Recorded
from domain.identity import TenantId
from ops.audit_proof import NothingRecorded, demand_log
from ops.audit_trail import LEDGERS, LoggedTrail, staged
from ops.data_dir import DataDir
from ops.obstacle import Obstacle
from ops.output import show_json, show_rows
from ops.settings import Settings
from ops.wiring import opened_log
from read_api.moments import BadMoment, Moment, moment


class SenselessMoment(Obstacle):
    """The moment asked for cannot be read."""


async def show(
    stream: str, *, when: str | None, tenant: str | None, settings: Settings, as_json: bool
) -> int:
    """Replay a stream with the state after each event, or show the state at a moment."""
    demand_log(settings)
    owner = owner_of(tenant, settings)
    async with opened_log(settings) as log:
        if when is not None:
            version, position, at = _moment(when)
            then = await LoggedTrail(log).state(
                owner, stream, at_version=version, at_position=position, as_of=at
            )
            if then is None:
                raise NothingRecorded(f"{stream} held nothing at {when}.")
            shown = {"stream": stream, "version": then.version, "state": staged(then.state)}
            show_json(shown, indent=not as_json)
            return 0
        history = await log.read(owner, stream)
    if not history:
        raise NothingRecorded(f"{owner} has no stream {stream}; the name is CATEGORY-ID.")
    states = _states(stream, history)
    rows = [_full(recorded, state) for recorded, state in zip(history, states, strict=True)]
    show_rows(rows if as_json else [_short(row) for row in rows], as_json=as_json)
    return 0


async def diff(
    stream: str, start: str, end: str, *, tenant: str | None, settings: Settings, as_json: bool
) -> int:
    """Show what changed in a stream's state between two moments."""
    demand_log(settings)
    owner = owner_of(tenant, settings)
    async with opened_log(settings) as log:
        found = await LoggedTrail(log).diff(owner, stream, start=_moment(start), end=_moment(end))
    if found is None:
        raise NothingRecorded(f"{owner} has no stream {stream}; the name is CATEGORY-ID.")
    rows = [msgspec.to_builtins(difference) for difference in found.differences]
    show_rows(rows if as_json else [_told(row) for row in rows], as_json=as_json)
    return 0


def only_one(*, at_version: int | None, at_position: int | None, as_of: str | None) -> str | None:
    """Return the one moment that was asked for, as `moment` reads it; None for none."""
    given = [
        *([] if at_version is None else [str(at_version)]),
        *([] if at_position is None else [f"@{at_position}"]),
        *([] if as_of is None else [as_of]),
    ]
    if len(given) > 1:
        raise SenselessMoment("Ask for one of --at-version, --at-position and --as-of.")
    return given[0] if given else None


def _moment(text: str) -> Moment:
    try:
        return moment(text)
    except BadMoment as bad:
        raise SenselessMoment(f"A moment {bad}, not {text!r}.") from None


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a difference as a line; what is not there on a side is blank."""
    return {
        "where": row["pointer"] or "all of it",
        **{side: json.dumps(row[side]) if side in row else "" for side in ("before", "after")},
    }


def owner_of(tenant: str | None, settings: Settings) -> TenantId:
    """Return the tenant that was named, else the one this directory was made for."""
    if tenant:
        return TenantId(tenant)
    credentials = DataDir(settings.directory).read_credentials()
    if credentials is None:
        raise NothingRecorded("Say whose stream it is with --tenant.")
    return TenantId(credentials.tenant)


def _states(stream: str, history: Sequence[Recorded]) -> list[Any]:
    """Return the state after each event; None throughout for a stream that does not fold."""
    ledger = LEDGERS.get(stream.partition("-")[0])
    if ledger is None:
        return [None] * len(history)
    states, state = [], ledger.blank
    for recorded in history:
        state = ledger.evolve(state, ledger.decoder.decode(recorded.data))
        states.append(staged(state))
    return states


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
