"""The wheel and the sdist by pip, the wheel by pipx: into nothing, used on a real desktop, and removed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from telex_start import __version__
from tests.process import ROOT
from tests.rigs.packages.conftest import TOOLS, Built
from tests.rigs.packages.on_a_desktop import use

pytestmark = pytest.mark.desktop

LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"
NO_COMPILER = {**os.environ, "CC": "/bin/false", "CXX": "/bin/false"}
"""What would be compiled fails."""
SHARED = (
    "share/man/man1/telex-start.1",
    "share/bash-completion/completions/telex-start",
    "share/zsh/site-functions/_telex-start",
    "share/fish/vendor_completions.d/telex-start.fish",
    "share/applications/telex-start.desktop",
    "share/icons/hicolor/scalable/apps/telex-start.svg",
)

Say = Callable[[str], None]


class Environment:
    """A virtual environment with pip alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True, system_site_packages=False)
        self.before = self.files()

    def pip(self, *arguments: str) -> str:
        """Run pip, without a compiler; what it prints."""
        command = [str(self.folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
        done = subprocess.run(command, env=NO_COMPILER, capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> set[Path]:
        """Everything in it, empty folders too."""
        return set(self.folder.rglob("*"))

    def packages(self) -> set[str]:
        """What is installed, pip and setuptools aside."""
        listed = self.pip("list", "--format=freeze").splitlines()
        return {line.partition("==")[0] for line in listed} - {"pip", "setuptools"}

    def megabytes(self) -> float:
        """What has been added to it."""
        return sum(path.stat().st_size for path in self.files() - self.before if path.is_file()) / 1e6


def works(environment: Environment) -> None:
    """It says its version, has what belongs to it, and is used."""
    program = str(environment.folder / "bin" / "telex-start")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=environment.folder)
    assert said.stdout == f"telex-start {__version__}\n"
    assert environment.pip("check") == "No broken requirements found.\n"
    for shared in SHARED:
        assert (environment.folder / shared).is_file()
    use([program])


def test_the_wheel_with_the_newest_libraries(built: Built, tmp_path: Path, say: Say) -> None:
    environment = Environment(tmp_path / "environment")
    environment.pip("install", "--only-binary=:all:", str(built.wheel))
    say(f"installed with all libraries {environment.megabytes():.0f} MB")
    works(environment)
    environment.pip("uninstall", "--yes", *environment.packages())
    assert {path for path in environment.files() - environment.before if path.is_file()} == set()


def test_the_wheel_with_the_locked_libraries(built: Built, tmp_path: Path, say: Say) -> None:
    environment = Environment(tmp_path / "environment")
    environment.pip("install", "--only-binary=:all:", "--require-hashes", "-r", str(LOCK))
    libraries = environment.megabytes()
    environment.pip("install", "--no-index", "--no-deps", str(built.wheel))
    say(f"libraries {libraries:.0f} MB, the program itself {environment.megabytes() - libraries:.1f} MB")
    works(environment)
    alone = environment.files()
    environment.pip("uninstall", "--yes", "telex-start")
    left = {path.relative_to(environment.folder) for path in environment.files()}
    assert [path for path in left if "telex" in str(path).lower()] == []
    assert len(left) < len(alone)


def test_the_sdist(built: Built, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment")
    environment.pip("install", "--only-binary=:all:", "--no-binary=telex-start", str(built.sdist))
    works(environment)


def test_pipx(built: Built, tmp_path: Path) -> None:
    places = {
        "PIPX_HOME": str(tmp_path / "home"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "PIPX_MAN_DIR": str(tmp_path / "man"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }

    def pipx(*arguments: str) -> None:
        command = [str(TOOLS), "-m", "pipx", *arguments]
        done = subprocess.run(command, env=NO_COMPILER | places, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr

    pipx("install", str(built.wheel))
    assert (tmp_path / "man" / "man1" / "telex-start.1").read_text().startswith(".")
    use([str(tmp_path / "bin" / "telex-start")])
    pipx("uninstall", "telex-start")
    # pipx 1.18 keeps its log and the lock of a name for itself.
    pipx_keeps = {tmp_path / "home" / "venvs" / ".telex-start.lock"}
    assert {path for path in tmp_path.rglob("*telex*") if "logs" not in path.parts} <= pipx_keeps
    assert list((tmp_path / "bin").iterdir()) == []
