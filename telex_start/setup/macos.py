"""macOS: the start at log-in, by a launch agent of this user (launchd.plist(5)). It counts from the next log-in on.

macOS knows the name and the icon of applications alone, and this program is none.
"""

from __future__ import annotations

import os
import plistlib

from ..errors import TelexStartError
from . import desktop_files, files, launch
from .files import NOT_DONE, Record, Status

_LABEL = "im.telex.telex-start"
_NO_INTEGRATION = "macOS knows applications alone, which this is not"


def integration() -> Status:
    """Never on."""
    return Status(False, _NO_INTEGRATION)


def turn_integration(on: bool) -> str:
    """Does nothing; returns a sentence that says why."""
    return f"{_NO_INTEGRATION}."


def autostart() -> Status:
    """Whether the program starts at log-in."""
    if (text := files.read(_path())) is None:
        return Status(False, "")
    try:
        found = plistlib.loads(text.encode("utf-8", "surrogateescape"))
        words, off = list(found.get("ProgramArguments") or [""]), bool(found.get("Disabled"))
    except (ValueError, AttributeError, TypeError, plistlib.InvalidFileException):
        return Status(False, f"{_path()} cannot be read")
    if off:
        return Status(False, f"{_path()} says Disabled")
    if not os.access(str(words[0]), os.X_OK):
        return Status(False, f"{_path()} starts {words[0] or 'nothing'}, which is not there")
    return Status(True, f"by {_path()}")


def turn_autostart(on: bool) -> str:
    """Have the program started at log-in, or not.

    Returns:
        A sentence on what was set aside because it is the person's own; empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    record, text, aside = Record(), files.read(_path()), ""
    if text is not None and record.is_as_written(_path()) is not True and text != _text(launch.command()):
        aside = f"{_path()} had changes of yours: it is {files.set_aside(_path())} now."
    if on:
        files.write(_path(), _text(launch.tried()), record)
        record.wrote(_path())
    else:
        files.remove(_path())
        record.tidy()
    return aside


def _path() -> str:
    """The launch agent's file."""
    return os.path.join(os.path.expanduser("~"), "Library", "LaunchAgents", f"{_LABEL}.plist")


def _text(command: list[str]) -> str:
    """The launch agent.

    Raises:
        TelexStartError: no launch agent can hold the command.
    """
    agent = {
        "Label": _LABEL,
        "ProgramArguments": [*command, desktop_files.AT_LOGIN],
        "RunAtLoad": True,
        # Only at log-ins with a screen, not at those over the network.
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
    }
    try:
        return plistlib.dumps(agent).decode()
    except (ValueError, UnicodeError):
        raise TelexStartError("its path cannot be written into a launch agent.", NOT_DONE) from None
