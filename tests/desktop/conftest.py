"""Fixtures of the desktop tests. One X server serves them all; each gets a bus of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.fake_desktop import FakePanel, PrivateBus, Xvfb

PROGRAMS = ("Xvfb", "xdotool", "openbox", "dbus-daemon", "dunst", "xfce4-panel", "lxqt-panel", "import")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    for item in items:
        if missing and item.get_closest_marker("desktop"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


@pytest.fixture(scope="session")
def xvfb() -> Iterator[Xvfb]:
    with Xvfb() as server:
        yield server


@pytest.fixture
def bus() -> Iterator[PrivateBus]:
    with PrivateBus() as private:
        yield private


@pytest.fixture
def panel(bus: PrivateBus) -> Iterator[FakePanel]:
    with FakePanel(bus) as fake:
        yield fake
