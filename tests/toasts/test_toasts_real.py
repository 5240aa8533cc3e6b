"""Toasts on a real desktop: dunst shows them, and a click on one comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from telex_start.desktop.bus.bus import Bus
from telex_start.desktop.toasts.dbus_backend import DBusToasts
from telex_start.events import Event, ToastClicked
from telex_start.news import wording
from telex_start.news.publications import News
from telex_start.toast import Conversation, Toast
from tests.fake_desktop import TIMEOUT, RealDesktop

pytestmark = pytest.mark.desktop


@pytest.fixture
def desktop() -> Iterator[RealDesktop]:
    with RealDesktop(panel=None) as desktop:
        yield desktop


def picture(desktop: RealDesktop, file: Path) -> bytes:
    desktop.screenshot(file)
    return file.read_bytes()


def test_dunst_shows_a_toast_and_a_click_on_it_is_dispatched(desktop: RealDesktop, tmp_path: Path) -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    empty = picture(desktop, tmp_path / "empty.png")
    icon = lambda: (32, 32, b"\x10\x80\xd0\xff" * 1024)  # noqa: E731
    bus = Bus(desktop.bus.address)
    toasts = DBusToasts(events.put, bus, icon=icon)
    bus.start()
    try:
        conversation = Conversation("org/user", "channels_section", "general")
        text = "a &lt; b &amp;&amp; \U0001f44d, &lt;i&gt;really&lt;/i&gt;"
        news = News(conversation, "R&D <b>team</b>", "Ben", text, unread=3, mentions=1)
        # Dunst maps its window when it has something to show.
        windows = subprocess.Popen(
            ["xdotool", "search", "--sync", "--onlyvisible", "--class", "Dunst"],
            env=desktop.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        shown = wording.toast_of(news, "Org 1", True)
        toasts.show(shown)
        window = windows.communicate(timeout=TIMEOUT)[0].split()[0]
        assert picture(desktop, tmp_path / "toast.png") != empty
        # The middle button is dunst's for the default action.
        desktop.xdotool("mousemove", "--window", window, "40", "20", "click", "2")
        assert events.get(timeout=TIMEOUT) == ToastClicked(shown)
        assert events.empty()
    finally:
        assert bus.stop(TIMEOUT)


def test_a_dunst_that_was_killed_is_replaced() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    with RealDesktop(panel=None, dunst=False) as desktop:
        bus = Bus(desktop.bus.address)
        toasts = DBusToasts(events.put, bus)
        bus.start()
        try:
            for number in range(2):
                toasts.show(Toast(title=f"t{number}", body="<b>"))  # before there is a daemon
                dunst = desktop.start("dunst", "-conf", str(desktop.home / "dunstrc"))
                visible = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "Dunst"]
                subprocess.run(visible, env=desktop.environ, check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL)
                dunst.kill()
                dunst.wait()
            assert events.empty()
        finally:
            assert bus.stop(TIMEOUT)
