"""Desks, as most tests of what is told need them."""

from __future__ import annotations

import pytest

from tests.ground.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def two() -> Desk:
    """A desk of two organisations."""
    return Desk(2)
