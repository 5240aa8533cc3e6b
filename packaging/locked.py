"""Reads a file of locked requirements, as ``lock.py`` writes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement


class Pin(NamedTuple):
    """One package of a lock."""

    name: str
    version: str
    requirement: Requirement
    """With the marker that says where it is installed."""
    text: str
    """The entry as it stands, hashes included."""
    wanted_by: tuple[str, ...]
    """Packages of the same lock, or the source of the lock, in uv's words."""


def pins(lock: Path) -> list[Pin]:
    """All entries of `lock`."""
    found = []
    for entry in re.split(r"^(?=[a-z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        requirement = Requirement(entry.partition("\\")[0].strip())
        version = str(requirement.specifier).removeprefix("==")
        wanted_by = re.findall(r"^    # (?:via |  )(\S.*)$", entry, re.MULTILINE)
        found.append(Pin(requirement.name, version, requirement, entry, tuple(wanted_by)))
    return found
