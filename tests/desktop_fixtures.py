"""A desktop's parts as fixtures, for all tests, and the skip of desktop tests where programs are missing.

A plugin of the root ``conftest.py``. Only the fixtures import the fakes, and jeepney with them: tests that use none of
these need no jeepney.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus, Xvfb

PROGRAMS = ("Xvfb", "xdotool", "openbox", "dbus-daemon", "dunst", "xfce4-panel", "lxqt-panel", "import")
"""What tests marked ``desktop`` need on the search path."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    for item in items:
        if missing and item.get_closest_marker("desktop"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


@pytest.fixture(scope="session")
def xvfb() -> Iterator[Xvfb]:
    """An X server; one serves all tests of a run."""
    from tests.fake_desktop import Xvfb

    with Xvfb() as server:
        yield server


@pytest.fixture
def private_bus() -> Iterator[PrivateBus]:
    """A session bus of the test's own."""
    from tests.fake_desktop import PrivateBus

    with PrivateBus() as bus:
        yield bus


@pytest.fixture
def panel(private_bus: PrivateBus) -> Iterator[FakePanel]:
    """A panel on that bus, with a host that shows icons."""
    from tests.fake_desktop import FakePanel

    with FakePanel(private_bus) as fake:
        yield fake


@pytest.fixture
def daemon(private_bus: PrivateBus) -> Iterator[FakeNotificationDaemon]:
    """A notification daemon on that bus."""
    from tests.fake_desktop import FakeNotificationDaemon

    with FakeNotificationDaemon(private_bus) as fake:
        yield fake
