"""Fixtures: the Windows machine, without and with a screen, and a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Sandbox

from .desktop import Desktop
from .machine import Windows, sandbox


@pytest.fixture
def windows() -> Iterator[Windows]:
    with Windows() as machine:
        yield machine


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    with Desktop(tmp_path) as machine:
        yield machine


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with sandbox("--organisations", "2") as started:
        yield started


@pytest.fixture
def empty_telex() -> Iterator[Sandbox]:
    """A sandbox with one organisation, in which nothing is unread."""
    with sandbox("--organisations", "1") as started:
        yield started
