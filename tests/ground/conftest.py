"""Desks (:class:`tests.ground.desk.Desk`) for tests of the notifier."""

from __future__ import annotations

import pytest

from tests.ground.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def two() -> Desk:
    """A desk with two organisations."""
    return Desk(2)
