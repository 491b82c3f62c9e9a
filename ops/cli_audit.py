"""`cx audit`: the record as it was, what followed from what, and the proof of it all."""

import asyncio

from cyclopts import App

from ops.cli_flags import AsJson, DataDirFlag, settings_at

audit = App(name="audit", help="The record: what happened, and the proof that it did.")


@audit.command(name="show")
def audit_show(
    stream: str,
    *,
    at_version: int | None = None,
    at_position: int | None = None,
    as_of: str | None = None,
    tenant: str | None = None,
    data_dir: DataDirFlag = None,
    as_json: AsJson = False,
) -> int:
    """Replay a stream (`campaign-ID`) event by event, with the state after each.

    With one of `--at-version N`, `--at-position N` (of the whole log) or `--as-of TIME` show
    the state as it was then.
    """
    from ops.audit import only_one, show  # noqa: PLC0415 - `cx --help` is quick

    when = only_one(at_version=at_version, at_position=at_position, as_of=as_of)
    settings = settings_at(data_dir)
    return asyncio.run(show(stream, when=when, tenant=tenant, settings=settings, as_json=as_json))


@audit.command(name="diff")
def audit_diff(
    stream: str,
    start: str,
    end: str,
    *,
    tenant: str | None = None,
    data_dir: DataDirFlag = None,
    as_json: AsJson = False,
) -> int:
    """Show what changed in a stream's state from START to END.

    Each is a version (`7`), a position of the log (`@1234`) or a time (`2026-03-02T09:00:00Z`).
    """
    from ops.audit import diff  # noqa: PLC0415 - `cx --help` is quick

    settings = settings_at(data_dir)
    return asyncio.run(diff(stream, start, end, tenant=tenant, settings=settings, as_json=as_json))


@audit.command(name="causation")
def audit_causation(
    command_or_event: str,
    *,
    tenant: str | None = None,
    data_dir: DataDirFlag = None,
    as_json: AsJson = False,
) -> int:
    """Show what followed from a command or an event: what it made the processes do, and so on."""
    from ops.audit_causation import causation  # noqa: PLC0415 - `cx --help` is quick

    settings = settings_at(data_dir)
    return asyncio.run(
        causation(command_or_event, tenant=tenant, settings=settings, as_json=as_json)
    )


@audit.command(name="verify")
def audit_verify(
    *,
    anchor: str | None = None,
    tenant: str | None = None,
    data_dir: DataDirFlag = None,
    as_json: AsJson = False,
) -> int:
    """Recompute every hash chain and seal of the event log; exit 1 when history was changed.

    `--anchor FILE` also demands the seal that `cx audit anchor FILE` once wrote down.
    """
    from ops.audit_proof import verify  # noqa: PLC0415 - `cx --help` is quick

    settings = settings_at(data_dir)
    return asyncio.run(verify(anchor=anchor, tenant=tenant, settings=settings, as_json=as_json))


@audit.command(name="anchor")
def audit_anchor(
    file: str | None = None, *, data_dir: DataDirFlag = None, as_json: AsJson = False
) -> int:
    """Show the newest seal over the log, and write it to FILE for someone outside to keep."""
    from ops.audit_proof import anchor  # noqa: PLC0415 - `cx --help` is quick

    return asyncio.run(anchor(file=file, settings=settings_at(data_dir), as_json=as_json))
