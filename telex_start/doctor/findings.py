"""What the doctor found, as values and as lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from ..news.text import one_line

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
    """Without it the agent cannot do its job at all."""


def ok(subject: str, found: str) -> Finding:
    """All is well."""
    return Finding(Mark.OK, subject, found)


def note(subject: str, found: str, remedy: str = "") -> Finding:
    """It works, and something about it is worth knowing."""
    return Finding(Mark.NOTE, subject, found, remedy)


def missing(subject: str, found: str, remedy: str = "", *, fatal: bool = False) -> Finding:
    """Something does not work."""
    return Finding(Mark.MISSING, subject, found, remedy, fatal)


def line(finding: Finding) -> str:
    """The finding as one line of a table."""
    text = f"{finding.found}: {finding.remedy}" if finding.remedy else finding.found
    return f"{finding.mark.value:<9}{finding.subject:<{_SUBJECT_WIDTH}}{one_line(text)[:_LONGEST_TEXT]}"


def verdict(findings: Iterable[Finding], tray: bool, without_icon: bool = False) -> tuple[str, int]:
    """The last line, and the exit code.

    Args:
        findings: All of them.
        tray: There is a way to an icon with a menu.
        without_icon: Where there is none, it runs on the desktop all the same, and the icon comes with a tray.
    """
    fatal = dict.fromkeys(finding.subject for finding in findings if finding.fatal)
    if fatal:
        return f"Telex Start cannot do its job here: see {', '.join(fatal)}.", 1
    if not tray and without_icon:
        return "Telex Start works here, but without an icon just now: see tray.", 0
    if not tray:
        return "Telex Start works here with --headless only: there is no way to an icon with a menu.", 0
    return "Telex Start works here.", 0
