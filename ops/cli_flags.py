"""What the commands of `cx` share: flags, and the settings that these lead to."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from ops.settings import Settings

AsJson = Annotated[bool, Parameter(name="--json", negative="")]
DataDirFlag = Annotated[str | None, Parameter(name="--data-dir")]


def settings_at(data_dir: str | None) -> "Settings":
    """Return the settings in force, with the flag before all else."""
    from ops.settings import resolve  # noqa: PLC0415 - `cx --help` is quick

    return resolve(flags={"data_dir": data_dir}).settings
