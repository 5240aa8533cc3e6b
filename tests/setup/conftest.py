"""Fixtures: the installed program, in a folder whose name has blanks and signs that need quoting, and a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from .installed import Installed


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """One installation for all tests of a file."""
    folder = tmp_path_factory.mktemp("installed")
    return Installed(folder / "my programs" / "telex 100% & (mine)", folder / "home")


@pytest.fixture
def program(environment: Installed, tmp_path: Path) -> Installed:
    """The program, in a home of its own."""
    environment.home = tmp_path / "home"
    environment.home.mkdir()
    (environment.home / "run").mkdir(mode=0o700)
    environment.environ |= {"HOME": str(environment.home), "XDG_RUNTIME_DIR": str(environment.home / "run")}
    return environment
