"""`cx`: every door of an installation on the command line.

Data goes to stdout (a table, or JSON with `--json`), progress to stderr. Exit codes: 0 done,
1 not done and told why, 2 misunderstood command line, 78 bad settings. Everything heavy is
imported by the command that needs it, so that `cx --help` is quick.
"""

import asyncio
import sys
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from ops.cli_audit import audit
from ops.cli_flags import AsJson, DataDirFlag, settings_at
from ops.obstacle import Obstacle
from ops.output import show_json, show_rows, tell

if TYPE_CHECKING:
    pass

Benchmark = Literal["pixel", "bid", "commands", "projections"]

app = App(name="cx", help="Campaign Express: run it, look into it, prove it.", version_flags=[])
config = App(name="config", help="The settings in force.")
projections = App(name="projections", help="The read models: how far, rebuild, parked events.")
signing = App(name="keys", help="The keys that access tokens are signed with.")
tenants = App(name="tenant", help="Tenants of this installation.")
for part in (config, audit, projections, tenants, signing):
    app.command(part)


@app.command
def up(
    *,
    data_dir: DataDirFlag = None,
    api_port: int | None = None,
    hot_port: int | None = None,
    workers: int | None = None,
    as_json: AsJson = False,
) -> int:
    """Start everything and stay in the foreground; Ctrl-C or SIGTERM stops it cleanly."""
    from ops.settings import resolve
    from ops.up import run

    flags = {"data_dir": data_dir, "api_port": api_port, "hot_port": hot_port, "workers": workers}
    run(resolve(flags=flags).settings, as_json=as_json)
    return 0


@app.command
def demo(*, once: bool = False, data_dir: DataDirFlag = None, as_json: AsJson = False) -> int:
    """Play the whole story on real engines, check every figure, and show the report."""
    from ops.demo.play import play
    from ops.settings import resolve

    settings, origins = resolve(flags={"data_dir": data_dir})
    if origins["data_dir"] == "default":
        settings = settings_at(".data/demo")
    return play(settings, once=once, as_json=as_json)


@app.command
def doctor(*, data_dir: DataDirFlag = None, as_json: AsJson = False) -> int:
    """Say what is wrong in a sentence, and how to mend it."""
    from ops.doctor import examine

    findings = examine(settings_at(data_dir))
    show_rows([finding._asdict() for finding in findings], as_json=as_json)
    return 0 if all(finding.ok for finding in findings) else 1


@config.command(name="show")
def config_show(*, origin: bool = False, as_json: AsJson = False) -> int:
    """Show every setting; with `--origin` also where its value came from."""
    from ops.settings import NAMES, masked, resolve

    settings, origins = resolve()
    rows = [{"setting": name, "value": masked(getattr(settings, name))} for name in NAMES]
    if origin:
        rows = [{**row, "origin": origins[str(row["setting"])]} for row in rows]
    show_rows(rows, as_json=as_json)
    return 0


@app.command
def backup(directory: str, *, data_dir: DataDirFlag = None, as_json: AsJson = False) -> int:
    """Write the log and the key ring into the new DIRECTORY, also while everything runs."""
    from ops.backup import backup

    return asyncio.run(backup(directory, settings=settings_at(data_dir), as_json=as_json))


@app.command
def restore(
    directory: str, *, check: bool = False, data_dir: DataDirFlag = None, as_json: AsJson = False
) -> int:
    """Restore the backup in DIRECTORY into the log that the settings name, which must be empty.

    With `--check` every view is built from both, and compared row by row.
    """
    from ops.restore import restore

    settings = settings_at(data_dir)
    return asyncio.run(restore(directory, check=check, settings=settings, as_json=as_json))


@projections.command(name="status")
def projections_status(*, data_dir: DataDirFlag = None, as_json: AsJson = False) -> int:
    """Show each view's version, position, lag and parked events."""
    from ops.projections import status

    return asyncio.run(status(settings=settings_at(data_dir), as_json=as_json))


@projections.command(name="rebuild")
def projections_rebuild(
    name: str, *, compare: bool = False, data_dir: DataDirFlag = None, as_json: AsJson = False
) -> int:
    """Build a view again from the whole log beside the live one, then swap.

    With `--compare` the live one stays when any row differs.
    """
    from ops.projections import rebuild

    settings = settings_at(data_dir)
    return asyncio.run(rebuild(name, compare=compare, settings=settings, as_json=as_json))


@projections.command(name="parked")
def projections_parked(
    name: str | None = None, *, data_dir: DataDirFlag = None, as_json: AsJson = False
) -> int:
    """List the events that could not be applied, and those queued behind them."""
    from ops.projections import parked

    return asyncio.run(parked(name, settings=settings_at(data_dir), as_json=as_json))


@projections.command(name="retry")
def projections_retry(
    name: str,
    *,
    position: int | None = None,
    data_dir: DataDirFlag = None,
    as_json: AsJson = False,
) -> int:
    """Apply a view's parked events again: all, or those of the stream at `--position`."""
    from ops.projections import retry

    return asyncio.run(retry(name, position, settings=settings_at(data_dir), as_json=as_json))


@projections.command(name="skip")
def projections_skip(
    name: str, position: int, *, data_dir: DataDirFlag = None, as_json: AsJson = False
) -> int:
    """Give up the event parked at POSITION and apply those behind it."""
    from ops.projections import skip

    return asyncio.run(skip(name, position, settings=settings_at(data_dir), as_json=as_json))


@app.command
def bench(what: Benchmark, *, as_json: AsJson = False) -> int:
    """Run one benchmark and keep its figures under `tests/bench/results`."""
    from ops.bench import run

    return run(what, as_json=as_json)


@signing.command(name="rotate")
def keys_rotate(*, data_dir: DataDirFlag = None, as_json: AsJson = False) -> int:
    """Sign access tokens with a new key; the one before verifies until the next rotation."""
    from ops.sign_in_wiring import signing_keys

    show_rows([{"kid": signing_keys(settings_at(data_dir)).rotate()}], as_json=as_json)
    return 0


@tenants.command(name="create")
def tenant_create(name: str, *, data_dir: DataDirFlag = None, as_json: AsJson = False) -> int:
    """Open a tenant with an admin, an approver and keys; the keys are shown this once."""
    from ops.tenants import create

    show_json(asyncio.run(create(name, settings_at(data_dir))), indent=not as_json)
    return 0


@tenants.command(name="people")
def tenant_people(
    *,
    permission: str | None = None,
    as_of: str | None = None,
    tenant: str | None = None,
    data_dir: DataDirFlag = None,
    as_json: AsJson = False,
) -> int:
    """Show who works for a tenant, with `--permission campaign:approve` who may do that.

    With `--as-of 2026-03-02` (or a moment with its offset) who could on that day.
    """
    from ops.tenant_people import people

    settings = settings_at(data_dir)
    return asyncio.run(
        people(
            permission=permission, as_of=as_of, tenant=tenant, settings=settings, as_json=as_json
        )
    )


def main(arguments: list[str] | None = None) -> None:
    """Run `cx`; obstacles are told as sentences, never as tracebacks."""
    try:
        code = app(arguments, result_action="return_value")
    except Obstacle as obstacle:
        tell(f"cx: {obstacle}")
        code = obstacle.exit_code
    except BrokenPipeError:
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
