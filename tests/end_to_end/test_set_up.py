"""`.ci/set-up` where there is no apt-get: a mock, in which `uname` says another name and no Python is found."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.process import ROOT

TOOLS = ("bash", "dirname", "id", "cat", "cksum", "grep", "env")
WINDOWS = "MINGW64_NT-10.0-26100"
"""What Git's bash says there."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What it looks at, and a search path with little else."""
    for name in (".ci/set-up", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
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


def set_up(checkout: Path, system: str) -> subprocess.CompletedProcess[str]:
    stand_in(checkout, "uname", f"echo {system}")
    environ = {"PATH": str(checkout / "bin"), "HOME": str(checkout)}
    done = subprocess.run([checkout / ".ci" / "set-up", "test"], env=environ, capture_output=True, text=True)
    assert not (checkout / "installed").exists(), "nothing is installed on the system"
    return done


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


@pytest.mark.parametrize(("system", "folder"), [("Darwin", "bin"), (WINDOWS, "Scripts")])
def test_it_makes_the_environment_with_that_python_alone(checkout: Path, system: str, folder: str) -> None:
    """Without PyGObject, Xvfb and the like, which the tests that are left out there would need."""
    python = checkout / ".venv" / folder / "python"
    for tool in ("mkdir", "cp", "rm"):
        (checkout / "bin" / tool).symlink_to(shutil.which(tool) or "")
    # Asked what it is, it answers; made to, it makes an environment, whose Python installs the packages.
    script = f'''
echo "$@" >>"{checkout}/said"
case "$1 $2" in
  -c*) echo "a Python" ;;
  "-m venv") mkdir -p "{python.parent}" && cp "$0" "{python}" ;;
esac'''
    stand_in(checkout, "python3", script)
    done = set_up(checkout, system)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    said = (checkout / "said").read_text().splitlines()
    assert said[-1] == "-m pip install -q --disable-pip-version-check -e .[test]"
    assert os.access(python, os.X_OK)
