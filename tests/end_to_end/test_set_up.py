"""`.ci/set-up` where there is no apt-get: a mock, in which `uname` says another name and no Python is found."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.process import ROOT

TOOLS = ("bash", "dirname", "id", "cat", "cksum", "env", "mkdir", "cp", "rm")
LOCKS = {"demo": "packaging/requirements/sandbox.txt", "test": "packaging/requirements/test.txt"}
WINDOWS = "MINGW64_NT-10.0-26100"
"""What Git's bash says there."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What it looks at, and a search path with little else."""
    for name in (".ci/set-up", "pyproject.toml", *LOCKS.values()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or "")
    stand_in(tmp_path, "apt-get", "touch installed")
    return tmp_path


def stand_in(checkout: Path, name: str, script: str) -> None:
    file = checkout / "bin" / name
    file.write_text(f"#!{shutil.which('bash')}\n{script}\n")
    file.chmod(0o755)


def a_python(checkout: Path, folder: str = "bin") -> Path:
    """A Python on the search path that notes what it is told to do; the one of the environment that it makes."""
    python = checkout / ".venv" / folder / "python"
    # Asked what it is, it answers; made to, it makes an environment, whose Python installs the packages.
    script = f'''
echo "$@" >>"{checkout}/said"
case "$1 $2" in
  -c*) echo "a Python" ;;
  "-m venv") mkdir -p "{python.parent}" && cp "$0" "{python}" ;;
esac'''
    stand_in(checkout, "python3", script)
    return python


def set_up(checkout: Path, system: str, purpose: str = "test") -> subprocess.CompletedProcess[str]:
    stand_in(checkout, "uname", f"echo {system}")
    environ = {"PATH": str(checkout / "bin"), "HOME": str(checkout)}
    done = subprocess.run([checkout / ".ci" / "set-up", purpose], env=environ, capture_output=True, text=True)
    assert not (checkout / "installed").exists(), "nothing is installed on the system"
    return done


def installed(checkout: Path, purpose: str, system: str = "Darwin") -> list[str]:
    """What a set-up has pip do."""
    (checkout / "said").write_text("")
    done = set_up(checkout, system, purpose)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return [line for line in (checkout / "said").read_text().splitlines() if line.startswith("-m pip")]


@pytest.mark.parametrize(
    ("system", "words"),
    [("Darwin", "brew install python python-tk"), (WINDOWS, "python.org's installer")],
)
def test_it_says_which_python_it_wants_and_installs_nothing(checkout: Path, system: str, words: str) -> None:
    stand_in(checkout, "python3", "exit 1")
    stand_in(checkout, "python", "exit 1")
    done = set_up(checkout, system)
    assert done.returncode == 1
    assert done.stderr.startswith("set-up: please install this, then try again: Python 3.11 or newer with Tk")
    assert words in done.stderr and "apt" not in done.stderr


@pytest.mark.parametrize(
    ("system", "folder", "purpose"),
    [("Darwin", "bin", "test"), ("Darwin", "bin", "demo"), (WINDOWS, "Scripts", "test")],
)
def test_it_makes_the_environment_with_that_python_alone_and_fetches_only_what_is_locked(
    checkout: Path, system: str, folder: str, purpose: str
) -> None:
    """Without PyGObject, Xvfb and the like, which the tests that are left out there would need; neither the newest of
    something nor what something is built with."""
    python = a_python(checkout, folder)
    packages, *sources, project = installed(checkout, purpose, system)
    assert os.access(python, os.X_OK)
    assert packages.endswith(f" install --only-binary :all: --require-hashes -r {LOCKS[purpose]}")
    for each in sources:
        assert " install --no-deps --no-build-isolation --require-hashes -r packaging/requirements/" in each
    assert project.endswith(" install --no-index --no-deps --no-build-isolation -e .")


def test_another_lock_makes_another_environment(checkout: Path) -> None:
    """Without what only the earlier lock had."""
    python = a_python(checkout)
    left = python.parent / "left"
    assert installed(checkout, "test")
    left.touch()
    assert installed(checkout, "test") == installed(checkout, "demo") == []
    assert left.exists()
    with (checkout / LOCKS["test"]).open("a") as lock:
        lock.write("# another\n")
    assert installed(checkout, "test")
    assert not left.exists()
