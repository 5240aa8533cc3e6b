"""Selects the wheels for a Windows machine: ``python wheels.py FILE`` prints the lines of a lock file that apply there.

Needed as pip evaluates environment markers for the Python that it runs on, not for the platform it downloads for.
"""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.requirements import Requirement

WINDOWS = {
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_system": "Windows",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "win32",
}


def needed(text: str) -> str:
    """The pinned requirements that apply on Windows, with their hashes."""
    entries = text.replace("\\\n", " ").splitlines()
    kept = []
    for entry in entries:
        pin, *hashes = entry.partition("#")[0].split("--hash=")
        if not pin.strip():
            continue
        requirement = Requirement(pin)
        if requirement.marker is None or requirement.marker.evaluate(dict(WINDOWS)):
            kept.append(" ".join([f"{requirement.name}{requirement.specifier}", *(f"--hash={one}" for one in hashes)]))
    return "\n".join(kept)


if __name__ == "__main__":
    print(needed(Path(sys.argv[1]).read_text()))
