"""``python -m tests.rigs.packages.windows_program [OPTION OF PYTEST]…``: builds the program for Windows under Wine, and
tests it.

A copy of the Python in the Wine machine of ``tests/rigs/windows`` gets the locked packages and PyInstaller, and builds
``dist/telex-start-VERSION-windows-x64.zip``. The scenarios in ``wine_program.py`` test the content of that zip; some
use two programs that differ from those of the zip only by the mends for Wine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from telex_start import __version__
from tests.process import ROOT
from tests.rigs.windows.machine import MACHINE, Windows, set_up, windows_path
from tests.rigs.windows.wheels import needed

ZIP = ROOT / "dist" / f"telex-start-{__version__}-windows-x64.zip"
MENDED = ROOT / "build" / "windows" / "made" / "telex-start-mended"
"""The folder of the two programs with the mends for Wine."""
PROGRAMS = ("telex-start.exe", "telex-startw.exe")

_BUILDER = MACHINE.with_name(f"{MACHINE.name}-builder")
"""The copy of the Wine machine's Python."""
PACKAGES = _BUILDER / "python" / "Lib" / "site-packages"
"""The packages of that copy."""
_WITHIN = 1800.0
"""Seconds that a build may take."""


def main(options: list[str]) -> int:
    """Build the program, and run the scenarios; gives the exit code."""
    if code := set_up():
        return code
    build()
    scenarios = Path(__file__).with_name("wine_program.py")
    return pytest.main(["-p", "no:cacheprovider", "--timeout", "240", *options, str(scenarios)])


def build() -> None:
    """Build the zip, and beside it the two programs with the mends for Wine."""
    set_up_builder()
    hook = _BUILDER / "hook.py"
    # In the Wine machine's Python, the module ``sitecustomize`` makes the mends.
    hook.write_text("import sitecustomize\n")
    with Windows({"SOURCE_DATE_EPOCH": _commit_time(), "TELEX_START_RUNTIME_HOOK": windows_path(hook)}) as machine:
        script = windows_path(ROOT / "packaging" / "windows" / "build.py")
        command = machine.command_of(str(_BUILDER / "python" / "python.exe"), script)
        # Its output is a pipe: with a file, CPython 3.12 does not start under Wine 8.
        done = subprocess.run(
            command,
            env={name: value for name, value in machine.environ.items() if name != "PYTHONPATH"},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_WITHIN,
        )
    print(done.stdout.decode(errors="replace"), end="", flush=True)
    if done.returncode:
        raise SystemExit(f"the build ended with {done.returncode}")


def set_up_builder() -> None:
    """Make the Python that builds, unless it is there already: a copy of the machine's, with PyInstaller."""
    lock = ROOT / "packaging" / "requirements" / "windows.txt"
    sources = [MACHINE / "stamp", Path(__file__), lock]
    stamp = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    known = _BUILDER / "stamp"
    if known.exists() and known.read_text() == stamp:
        return
    shutil.rmtree(_BUILDER, ignore_errors=True)
    shutil.copytree(MACHINE / "python", _BUILDER / "python")
    requirements, wheels = _BUILDER / "requirements.txt", _BUILDER / "wheels"
    requirements.write_text(needed(lock.read_text()))
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--require-hashes"]
    command += ["--no-deps", "--platform", "win_amd64", "--python-version", "312", "--only-binary=:all:"]
    subprocess.run([*command, "-d", str(wheels), "-r", str(requirements)], check=True, stdin=subprocess.DEVNULL)
    for wheel in wheels.iterdir():
        with ZipFile(wheel) as archive:
            archive.extractall(PACKAGES)
    shutil.rmtree(wheels)
    known.write_text(stamp)


def _commit_time() -> str:
    return (
        os.environ.get("SOURCE_DATE_EPOCH")
        or subprocess.check_output(["git", "log", "-1", "--format=%ct"], cwd=ROOT, text=True).strip()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
