"""Checks that pip needs no compiler anywhere: all locked libraries have wheels, for each platform and Python.

    python -m tests.rigs.packages.platforms

prints a table with the megabytes that a user's pip downloads there, or what has no wheel; ends with 1 in that case. pip
compares only tags and hashes, so this does not show that a wheel works on its platform; the hosted workflow does.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement

from tests.process import ROOT

LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


class Platform(NamedTuple):
    """A platform on which people use the program."""

    name: str
    machine: str
    tags: tuple[str, ...]
    """The platform tags of its wheels, without the machine; listed here as pip does not derive all of them."""
    markers: tuple[str, str, str]
    """The values of the environment markers in :data:`_MARKERS` there."""


_MARKERS = ("sys_platform", "platform_system", "os_name")
_ON_LINUX, _ON_MACOS = ("linux", "Linux", "posix"), ("darwin", "Darwin", "posix")
# Debian 12 has glibc 2.36; 2.28 is Debian 10's and RHEL 8's.
_GLIBC = (
    *("manylinux_2_28_", "manylinux_2_27_", "manylinux_2_26_", "manylinux_2_24_", "manylinux_2_17_", "manylinux2014_"),
    *("manylinux2010_", "manylinux1_", "manylinux_2_12_", "manylinux_2_5_"),
)
PLATFORMS = (
    Platform("Linux x86_64, glibc 2.28", "x86_64", _GLIBC, _ON_LINUX),
    Platform("Linux aarch64, glibc 2.28", "aarch64", _GLIBC, _ON_LINUX),
    Platform("Windows x64", "AMD64", ("win_",), ("win32", "Windows", "nt")),
    Platform("macOS arm64, 11.0", "arm64", ("macosx_11_0_",), _ON_MACOS),
    Platform("macOS x86_64, 11.0", "x86_64", ("macosx_11_0_",), _ON_MACOS),
)


def wanted(platform: Platform, python: str) -> str:
    """The part of the lock file that applies there; pip would evaluate its markers for its own platform."""
    there = {name: str(value) for name, value in default_environment().items()}
    there |= {"platform_machine": platform.machine, "python_version": python, "python_full_version": f"{python}.0"}
    there |= zip(_MARKERS, platform.markers, strict=True)
    chosen = []
    for entry in re.split(r"^(?=[a-z0-9])", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        line, _, hashes = entry.partition("\\")
        requirement = Requirement(line.strip())
        if requirement.marker is None or requirement.marker.evaluate(there):
            chosen.append(f"{requirement.name}{requirement.specifier} \\{hashes}")
    return "".join(chosen)


def fetched(platform: Platform, python: str, target: Path) -> tuple[list[Path], str]:
    """Run `pip download` for a platform; gives the files, and the complaint if it failed."""
    target.mkdir()
    lock = target / "lock.txt"
    lock.write_text(wanted(platform, python), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--require-hashes", "--implementation", "cp", "--python-version", python]
    command += ["--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none"]
    for tag in platform.tags:
        command += ["--platform", tag + platform.machine.lower()]
    done = subprocess.run([*command, "-d", str(target), "-r", str(lock)], capture_output=True, text=True)
    complaint = "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
    return sorted(target.glob("*.whl")), complaint


def main() -> int:
    """Print the table; 1 where a compiler is needed."""
    print(f"| {'platform':26} | " + " | ".join(f"{python:>17}" for python in PYTHONS) + " |")
    print(f"|{'-' * 28}|" + "|".join("-" * 19 for _ in PYTHONS) + "|")
    complaints = []
    for platform in PLATFORMS:
        cells = []
        for python in PYTHONS:
            with tempfile.TemporaryDirectory(prefix="platforms-") as folder:
                files, complaint = fetched(platform, python, Path(folder) / "wheels")
                megabytes = sum(file.stat().st_size for file in files) / 1e6
            cells.append("a compiler" if complaint else f"{len(files)} wheels {megabytes:.1f} MB")
            if complaint:
                complaints.append(f"{platform.name}, Python {python}: {complaint}")
        print(f"| {platform.name:26} | " + " | ".join(f"{cell:>17}" for cell in cells) + " |", flush=True)
    print("\n".join(complaints))
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
