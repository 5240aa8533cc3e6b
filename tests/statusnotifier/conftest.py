"""What the tests of the icon share: a private bus, a panel on it, and a client that takes errors for answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.fake_desktop import FakePanel, PrivateBus
from tests.statusnotifier.tray import Asker

PROGRAMS = ("Xvfb", "xdotool", "openbox", "dunst", "xfce4-panel", "lxqt-panel", "import")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    for item in items:
        if missing and item.get_closest_marker("desktop"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


@pytest.fixture
def bus() -> Iterator[PrivateBus]:
    with PrivateBus() as private:
        yield private


@pytest.fixture
def panel(bus: PrivateBus) -> Iterator[FakePanel]:
    with FakePanel(bus) as fake:
        yield fake


@pytest.fixture
def asker(bus: PrivateBus) -> Iterator[Asker]:
    with Asker(bus) as client:
        yield client
