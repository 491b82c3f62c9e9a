"""`cx` in this process: a story of many commands need not wait for Python to start each time."""

import contextlib
import io
from typing import NamedTuple

from ops.cli import main


class Ended(NamedTuple):
    """How a command ended, under the names that `subprocess` has for it."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments):
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            return Ended(end.code, said.getvalue(), told.getvalue())
    raise AssertionError("a command ends with a code")
