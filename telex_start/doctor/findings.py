"""The doctor's findings as values and as printed lines, checks with a time-out, and advice that several share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from enum import Enum
from queue import Empty, SimpleQueue
from typing import NamedTuple

from ..news.text import one_line

LOOK_WITHIN = 5.0
"""Seconds for one check."""
_SUBJECT_WIDTH = 20
"""Characters; the longest subject is shorter."""
_LONGEST_TEXT = 400
"""Characters of a line that may come from elsewhere: a server's words, a daemon's name."""


class Mark(Enum):
    """How a finding is to be taken."""

    OK = "ok"
    MISSING = "missing"
    """Something of the program will not work."""
    NOTE = "note"
    """Worth knowing."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    mark: Mark
    subject: str
    found: str
    """What is there, or what is wrong."""
    remedy: str = ""
    """What to install, set or do."""
    fatal: bool = False
    """While this is so, the agent cannot do its job at all."""


def ok(subject: str, found: str) -> Finding:
    """All is well."""
    return Finding(Mark.OK, subject, found)


def note(subject: str, found: str, remedy: str = "") -> Finding:
    """It works, and something about it is worth knowing."""
    return Finding(Mark.NOTE, subject, found, remedy)


def missing(subject: str, found: str, remedy: str = "", *, fatal: bool = False) -> Finding:
    """Something does not work."""
    return Finding(Mark.MISSING, subject, found, remedy, fatal)


def look(subject: str, probe: Callable[[], Finding], *, fatal: bool = False, seconds: float = LOOK_WITHIN) -> Finding:
    """Check one thing, on a daemon thread that is left behind if it hangs (nothing bounds a name look-up).

    Args:
        subject: What is checked.
        probe: Does the check.
        fatal: Whether the agent cannot do its job if the probe hangs or breaks.
        seconds: How long it may take.
    """
    answers: SimpleQueue[Finding] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(probe())
        except Exception as error:  # whatever it is, the other findings still matter
            answers.put(missing(subject, f"cannot be looked at ({type(error).__name__}: {error})", fatal=fatal))

    threading.Thread(target=work, name=f"look at {subject}", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return missing(subject, f"no answer within {seconds:g} s", fatal=fatal)


def line(finding: Finding) -> str:
    """The finding as one line of a table."""
    text = f"{finding.found}: {finding.remedy}" if finding.remedy else finding.found
    return f"{finding.mark.value:<9}{finding.subject:<{_SUBJECT_WIDTH}}{one_line(text)[:_LONGEST_TEXT]}"


def verdict(findings: Sequence[Finding]) -> tuple[str, int]:
    """The doctor's last line, and the exit code."""
    if fatal := dict.fromkeys(finding.subject for finding in findings if finding.fatal):
        return f"Telex Start cannot do its job here: see {', '.join(fatal)}.", 1
    fine = {finding.subject for finding in findings if finding.mark is Mark.OK}
    if "tray" in fine:
        return "Telex Start works here.", 0
    if "session bus" in fine:  # the agent runs on the desktop all the same, and the icon comes with a tray
        return "Telex Start works here, but without an icon just now: see tray.", 0
    return "Telex Start works here with --headless only: there is no way to an icon with a menu.", 0


def tk_remedy(platform: str = sys.platform) -> str:
    """What to do to have a login window."""
    install = {
        "linux": "install python3-tk (Fedora: python3-tkinter, Arch: tk)",
        "win32": 'install Python with "tcl/tk and IDLE", as the installer of python.org offers it',
        "darwin": "install a Python with Tk, such as python.org's",
    }
    return f"{install.get(platform, install['linux'])}, or sign in by --email NAME --password-stdin"


def main_app_remedy(platform: str = sys.platform) -> str:
    """What to do so that Open Main App starts a client that was not found."""
    path = {
        "win32": r"'C:\Program Files\Telex\telex.exe'",  # between apostrophes TOML takes a backslash as it is
        "darwin": '"/Applications/Telex.app"',
    }
    return f"set [main_app] command = {path.get(platform, chr(34) + '/path/to/client' + chr(34))} in the configuration"


def log_folder_remedy(platform: str = sys.platform) -> str:
    """What to do to have a log."""
    return "see who may write there" if platform in ("win32", "darwin") else "set XDG_STATE_HOME to have one"
