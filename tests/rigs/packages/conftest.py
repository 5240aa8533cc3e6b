"""What is built once for all tests of packages: `make wheel` in a folder that a test chooses, with the locked tools of
this repository's ``.venv-release``.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.process import ROOT

TOOLS = ROOT / ".venv-release" / "bin" / "python"
"""The Python that has the locked tools: `make set-up-release`."""


class Built(NamedTuple):
    """Two files in ``dist/``."""

    wheel: Path
    sdist: Path


def clone(target: Path) -> Path:
    """The last commit, in a folder that is not there yet."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(target)], check=True)
    return target


def build(source: Path, environ: Mapping[str, str] | None = None, umask: int = 0o022) -> Built:
    """Build wheel and sdist.

    Args:
        source: Folder with the source.
        environ: Beside this process's environment.
        umask: Of the process that builds.
    """
    command = [str(TOOLS), str(source / "packaging" / "wheel.py")]
    whole = {**os.environ, **(environ or {})}
    # From elsewhere: it depends on no current folder.
    subprocess.run(command, env=whole, cwd=source.parent, umask=umask, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = (source / "dist").glob("*.whl")
    (sdist,) = (source / "dist").glob("*.tar.gz")
    return Built(wheel, sdist)


def tracked(source: Path) -> list[str]:
    """The names of all files that git knows there."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=source, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\0").split("\0")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit, in a folder of its own."""
    return clone(tmp_path_factory.mktemp("source") / "telex-start")


@pytest.fixture(scope="session")
def built(source: Path) -> Built:
    """Wheel and sdist of the last commit."""
    return build(source)
