"""What the tests of the icon share beside the desktop's fixtures: a client that takes errors for answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_desktop import PrivateBus
from tests.statusnotifier.tray import Asker


@pytest.fixture
def asker(private_bus: PrivateBus) -> Iterator[Asker]:
    with Asker(private_bus) as client:
        yield client
