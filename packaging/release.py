"""The steps of `make release` that build nothing themselves.

release.py check    is this a release at all? The version, the changelog and git agree, or it is said what does not
release.py windows  the program for Windows is taken from dist/, or made here where WINDOWS=1 asks for it, or left out
release.py sums     all files of this version are in dist/, and dist/SHA256SUMS says which they are
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
import zipfile
from datetime import date
from pathlib import Path

from this_release import DIST, ROOT, commit_time, materials, version, wheel_and_sdist

DEBIANS = ("deb12", "deb13")
_SECTION = re.compile(r"^## +(?:\[(?P<name>[^\]]+)\]|(?P<bare>\S+))(?: +- +(?P<date>.*))?$", re.MULTILINE)


def main(steps: list[str]) -> None:
    """Take one step; ends the program if something is wrong."""
    match steps:
        case ["check"]:
            complaints = check()
        case ["windows"]:
            complaints = windows()
        case ["sums"]:
            complaints = sums()
        case _:
            raise SystemExit(__doc__)
    if complaints:
        raise SystemExit("\n".join(f"release: {complaint}" for complaint in complaints))


def check() -> list[str]:
    """What keeps this commit from being a release."""
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    complaints = [f"not committed: {line[3:]}" for line in changed.stdout.splitlines()]
    return complaints + unagreed((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version())


def unagreed(changelog: str, wanted: str) -> list[str]:
    """Complaints about a changelog that does not have version `wanted`, with a date, as the newest one."""
    sections = list(_SECTION.finditer(changelog))
    names = [found["name"] or found["bare"] for found in sections]
    if wanted not in names:
        return [f'CHANGELOG.md has no section "## [{wanted}] - DATE"; telex_start/__init__.py says {wanted}']
    complaints = []
    at = names.index(wanted)
    try:
        date.fromisoformat(sections[at]["date"] or "")
    except ValueError:
        complaints.append(f'CHANGELOG.md: the date is missing in "{sections[at][0]}": "## [{wanted}] - YYYY-MM-DD"')
    for newer, section in zip(names[:at], sections, strict=False):
        text = changelog[section.end() : sections[names.index(newer) + 1].start()].strip()
        if newer != "Unreleased":
            complaints.append(f"CHANGELOG.md has {newer} above {wanted}, and telex_start/__init__.py says {wanted}")
        elif text:
            complaints.append(
                f"CHANGELOG.md has something under Unreleased: put it into the section of {wanted}, or raise"
                " the version in telex_start/__init__.py"
            )
    return complaints


def windows() -> list[str]:
    """Print where the program for Windows comes from, make it if that is asked for, and return what is wrong.

    `make windows` makes and tries it only where the environment has ``WINDOWS=1``: that takes Wine and ten minutes, and
    the zip to give to people is the hosted workflow's.
    """
    program = program_for_windows()
    complaint = of_another_commit(program) if program.exists() else ""
    if program.exists() and not complaint:
        print(f"release: with dist/{program.name} as it is there")
        return []
    if os.environ.get("WINDOWS") == "1":
        print("release: WINDOWS=1: the program for Windows is made and tried under Wine", flush=True)
        failed = subprocess.run([os.environ.get("MAKE", "make"), "windows"], cwd=ROOT, check=False).returncode
        return ["`make windows` failed; what it said is above"] if failed else []
    if complaint:
        return [complaint]
    print(f"release: without a program for Windows: dist/ has no {program.name}; WINDOWS=1 makes one under Wine")
    return []


def program_for_windows() -> Path:
    """The path where `make windows` puts the program, or the person who has it from the hosted workflow."""
    return DIST / f"telex-start-{version()}-windows-x64.zip"


def sums() -> list[str]:
    """Write ``dist/SHA256SUMS``, as ``sha256sum -c`` reads it, or return what is missing."""
    files = [*wheel_and_sdist(), *(DIST / f"telex-start_{version()}+{debian}_amd64.deb" for debian in DEBIANS)]
    files.append(materials())
    missing = [f"dist/{file.name} has not been built" for file in files if not file.exists()]
    program = program_for_windows()
    if program.exists() and (complaint := of_another_commit(program)):
        missing.append(complaint)
    if missing:
        return missing
    if program.exists():
        files.append(program)
    else:
        print("release: without a program for Windows")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(files)]
    (DIST / "SHA256SUMS").write_text("".join(lines), encoding="ascii")
    for file in sorted(files):
        print(f"{file.stat().st_size / 1e6:8.2f} MB  {file.name}")
    print("dist/SHA256SUMS")
    return []


def of_another_commit(program: Path) -> str:
    """What to do about a zip that was brought here and is of another commit; empty if it is of this one."""
    with zipfile.ZipFile(program) as archive:
        times = {entry.date_time for entry in archive.infolist()}
    *most, seconds = time.gmtime(int(commit_time()))[:6]
    # Times in a zip have steps of two seconds.
    return (
        ""
        if times == {(*most, seconds // 2 * 2)}
        else f"dist/{program.name} is of another commit: build it anew, or delete it"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
