"""The machine and a Telex."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import Sandbox

from .machine import Windows
from .telex import sandbox


@pytest.fixture
def windows() -> Iterator[Windows]:
    with Windows() as machine:
        yield machine


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with sandbox("--organisations", "2") as started:
        yield started
