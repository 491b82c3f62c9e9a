"""What stands in an operator's way, told in a sentence that says how to mend it."""

from typing import ClassVar


class Obstacle(Exception):
    """Nothing is wrong with us: the operator can mend it. The message is the whole sentence."""

    exit_code: ClassVar[int] = 1


class BadSettings(Obstacle):
    """A setting makes no sense; the message names it."""

    exit_code = 78  # EX_CONFIG of sysexits.h: the same start would end the same way


class DirectoryTaken(Obstacle):
    """Another `cx up` owns the data directory."""


class DirectoryUnusable(Obstacle):
    """The data directory cannot be created or written."""


class PortTaken(Obstacle):
    """Another program listens on a port that a setting asks for."""


class Hopeless(Obstacle):
    """A child cannot start, and starting it again would not help."""


class NotRunning(Obstacle):
    """The command needs a running `cx up`, and none answers."""
