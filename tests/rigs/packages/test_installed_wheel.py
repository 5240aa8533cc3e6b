"""The wheel and the sdist by pip, the wheel by pipx: into nothing, used on a real desktop, and removed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
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


class Environment:
    """A virtual environment with pip alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=True, system_site_packages=False)
        self._before = self._files()

    def pip(self, *arguments: str) -> str:
        """Run pip, without a compiler; what it prints."""
        command = [str(self.folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
        done = subprocess.run(command, env=NO_COMPILER, capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _files(self) -> set[Path]:
        return {path for path in self.folder.rglob("*") if path.is_file()}

    def packages(self) -> set[str]:
        """What is installed, pip and setuptools aside."""
        listed = self.pip("list", "--format=freeze").splitlines()
        return {line.partition("==")[0] for line in listed} - {"pip", "setuptools"}

    def added(self) -> set[Path]:
        """The files that have been added to it."""
        return self._files() - self._before


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


def works(environment: Environment) -> None:
    """It says its version, has what belongs to it, and is used."""
    program = str(environment.folder / "bin" / "telex-start")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=environment.folder)
    assert said.stdout == f"telex-start {__version__}\n"
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


def test_the_sdist(built: Built, environment: Environment) -> None:
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
