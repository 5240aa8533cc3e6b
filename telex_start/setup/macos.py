"""The start at log-in on macOS: a launch agent of this user (launchd.plist(5)). It counts from the next log-in on."""

from __future__ import annotations

import os
import plistlib

from ..errors import TelexStartError
from . import desktop_files, files, launch
from .record import Record
from .status import Status

LABEL = "im.telex.telex-start"


def path() -> str:
    """The launch agent's file."""
    return os.path.join(os.path.expanduser("~"), "Library", "LaunchAgents", f"{LABEL}.plist")


def autostart() -> Status:
    """Whether the program starts at log-in."""
    if (text := files.read(path())) is None:
        return Status(False, "")
    try:
        found = plistlib.loads(text.encode("utf-8", "surrogateescape"))
        words, off = list(found.get("ProgramArguments") or [""]), bool(found.get("Disabled"))
    except (ValueError, AttributeError, TypeError, plistlib.InvalidFileException):
        return Status(False, f"{path()} cannot be read")
    if off:
        return Status(False, f"{path()} says Disabled")
    if not os.access(str(words[0]), os.X_OK):
        return Status(False, f"{path()} starts {words[0] or 'nothing'}, which is not there")
    return Status(True, f"by {path()}")


def turn_autostart(on: bool) -> str:
    """Have the program started at log-in, or not.

    Returns:
        What was set aside, as it is the person's own; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    record, text, aside = Record(), files.read(path()), ""
    if text is not None and record.is_as_written(path()) is not True and text != _text(launch.command()):
        aside = f"{path()} had changes of yours: it is {files.set_aside(path())} now."
    if on:
        files.write(path(), _text(launch.tried()), record)
        record.wrote(path())
    else:
        files.remove(path())
        record.tidy()
    return aside


def _text(command: list[str]) -> str:
    """The launch agent.

    Raises:
        TelexStartError: none can hold the command.
    """
    agent = {
        "Label": LABEL,
        "ProgramArguments": [*command, desktop_files.AT_LOGIN],
        "RunAtLoad": True,
        # With a screen alone, and not at log-ins by the network.
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
    }
    try:
        return plistlib.dumps(agent).decode()
    except (ValueError, UnicodeError):
        raise TelexStartError("its path cannot be written into a launch agent.", launch.NOT_DONE) from None
