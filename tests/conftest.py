"""Fixtures, options and rules for all tests: parts of a desktop, threads that do not start, what is left out where."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus, Xvfb

PROGRAMS = ("Xvfb", "xdotool", "openbox", "dbus-daemon", "dunst", "xfce4-panel", "lxqt-panel", "import")
"""The programs that tests marked ``desktop`` need on the search path; without one of them they are skipped."""
PURE = Path(__file__).parent / "ground"
LINUX_ALONE = {"jeepney": "it speaks D-Bus", "Xlib": "it asks an X server", "gi": "it uses GTK"}
"""Package that only Linux has -> why a test module that imports it is left out elsewhere."""


class Threads:
    """Makes :meth:`threading.Thread.start` fail, with Python's own error, as if the system started no more threads.

    A real limit (RLIMIT_NPROC) does not bind root, who runs these tests too.
    """

    def __init__(self) -> None:
        self.refused: set[int] = set()
        """The numbers of the starts that fail, counted from 0 since this was made."""
        self.none = False
        """All starts fail."""
        self._count = 0
        self._start = threading.Thread.start

    def start(self, thread: threading.Thread) -> None:
        """Start a thread, or fail; called instead of the standard library's method."""
        number, self._count = self._count, self._count + 1
        if self.none or number in self.refused:
            raise RuntimeError("can't start new thread")
        self._start(thread)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Threads:
    """Decides in a test which threads start; all do by default."""
    made = Threads()
    monkeypatch.setattr(threading.Thread, "start", lambda thread: made.start(thread))  # noqa: PLW0108 - a plain function becomes a method
    return made


# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's tests."""
    parser.addoption(
        "--both-histories",
        action="store_true",
        help="play the session's scenarios without and with a history of the personal channels",
    )


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out all but the pure tests on Windows, as the others need Unix. `tests/rigs/windows` runs only on Linux."""
    above = collection_path.is_relative_to(PURE) or PURE.is_relative_to(collection_path)
    from_linux = collection_path == PURE.parent / "rigs" / "windows"
    return True if (sys.platform == "win32" and not above) or (sys.platform != "linux" and from_linux) else None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Skip a test module that imports a package that only Linux has."""
    report = yield
    reasons = [why for package, why in LINUX_ALONE.items() if f"No module named '{package}" in str(report.longrepr)]
    if sys.platform != "linux" and report.failed and reasons:
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"left out on {sys.platform}: {reasons[0]}")
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need what this platform or this machine does not have."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    for item in items:
        if missing and item.get_closest_marker("desktop"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))
        if sys.platform != "linux" and {"private_bus", "xvfb"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.skip(reason=f"left out on {sys.platform}: it needs D-Bus or an X server"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Make captured output valid UTF-8: some tests print half an emoji, which xdist cannot send between processes."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report


# A desktop's parts. They import late, so that only tests that use them import jeepney.


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
