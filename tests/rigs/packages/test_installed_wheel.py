"""The wheel is installed by pip and by pipx into an empty environment, used on a real desktop, and removed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

from telex_start import __version__
from tests.process import ROOT
from tests.rigs.packages.conftest import SHARED, TOOLS, Built, use

pytestmark = pytest.mark.desktop

LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"
NO_COMPILER = {**os.environ, "CC": "/bin/false", "CXX": "/bin/false"}
"""What would be compiled fails."""


class Environment:
    """A virtual environment with pip alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True, system_site_packages=False)
        self._before = self._files()

    def pip(self, *arguments: str) -> str:
        """Run pip, without a compiler; what it prints."""
        command = [str(self.folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
        return run(command, self.folder)

    def _files(self) -> set[Path]:
        return {path for path in self.folder.rglob("*") if path.is_file()}

    def packages(self) -> set[str]:
        """What is installed, pip and setuptools aside."""
        listed = self.pip("list", "--format=freeze").splitlines()
        return {line.partition("==")[0] for line in listed} - {"pip", "setuptools"}

    def added(self) -> set[Path]:
        """The files that have been added to it."""
        return self._files() - self._before


def run(command: Sequence[str], folder: Path, **environ: str) -> str:
    """Run a command there, with more in its environment; what it prints."""
    done = subprocess.run(command, env=NO_COMPILER | environ, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


def works(environment: Environment) -> None:
    """The installed program says its version, has the files that belong to it, and is used."""
    program = str(environment.folder / "bin" / "telex-start")
    assert run([program, "--version"], environment.folder) == f"telex-start {__version__}\n"
    assert environment.pip("check") == "No broken requirements found.\n"
    assert [shared for shared in SHARED if not (environment.folder / shared).is_file()] == []
    use([program])


def test_the_wheel_with_the_newest_libraries(built: Built, environment: Environment) -> None:
    environment.pip("install", "--only-binary=:all:", str(built.wheel))
    works(environment)
    environment.pip("uninstall", "--yes", *environment.packages())
    assert environment.added() == set()


def test_the_wheel_with_the_locked_libraries(built: Built, environment: Environment) -> None:
    environment.pip("install", "--only-binary=:all:", "--require-hashes", "-r", str(LOCK))
    libraries = environment.added()
    environment.pip("install", "--no-index", "--no-deps", str(built.wheel))
    works(environment)
    environment.pip("uninstall", "--yes", "telex-start")
    assert {path for path in environment.added() - libraries if path.suffix != ".pyc"} == set()


def test_pipx(built: Built, tmp_path: Path) -> None:
    places = {f"PIPX_{what.upper()}": str(tmp_path / what.partition("_")[0]) for what in ("home", "bin_dir", "man_dir")}

    def pipx(*arguments: str) -> None:
        run([str(TOOLS), "-m", "pipx", *arguments], tmp_path, PIPX_DEFAULT_PYTHON=sys.executable, **places)

    pipx("install", str(built.wheel))
    assert (tmp_path / "man" / "man1" / "telex-start.1").read_text().startswith(".")
    use([str(tmp_path / "bin" / "telex-start")])
    pipx("uninstall", "telex-start")
    # pipx 1.18 keeps its log and the lock of a name for itself.
    pipx_keeps = {tmp_path / "home" / "venvs" / ".telex-start.lock"}
    assert {path for path in tmp_path.rglob("*telex*") if "logs" not in path.parts} <= pipx_keeps
    assert list((tmp_path / "bin").iterdir()) == []
