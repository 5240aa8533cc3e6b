"""Icon, menu, toasts and Help on Windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telex_start import __version__
from tests.servers import Sandbox

from .desktop import Desktop
from .machine import WITHIN, sandbox, windows_path

HELP = -3
"""The line of the menu; below it are Sign Out and Exit."""
DOCTOR, OPEN_LOG, ABOUT = range(3)
"""The lines of what opens beside it."""
EXIT = -1


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    """Nothing in it is unread."""
    with sandbox("--organisations", "1") as started:
        yield started


def test_icon_menu_and_toasts(desktop: Desktop, telex: Sandbox) -> None:
    """An open menu was destroyed when a count changed; each toast had an icon of its own for ten seconds."""
    with desktop.online(telex) as agent:
        menu = desktop.open_menu()
        assert not desktop.badge()
        before = desktop.popups()
        telex.message(organisation=0, name="General")
        desktop.wait_for(desktop.badge, "the badge")
        desktop.wait_for(lambda: set(desktop.popups()) - set(before), "the toast")
        assert len(desktop.icons()) == 1
        assert menu in desktop.popups()
        desktop.xdotool("mousemove", "300", "300", "click", "1")
        desktop.wait_gone(menu)
        telex.message(organisation=0, name="Sales")
        desktop.choose(desktop.open_menu(), EXIT)
        assert agent.ended() == 0
        assert not picture(desktop).exists(), "it is not needed"


def test_help(desktop: Desktop, telex: Sandbox) -> None:
    """Doctor and About have windows, and the log is opened."""
    # What ends in .log is text: Windows knows that by itself, and Wine 8.0 does not.
    words = ("reg", "add", r"HKLM\Software\Classes\.log", "/ve", "/d", "txtfile", "/f")
    assert desktop.quietly(desktop.command_of(*words)).wait(WITHIN) == 0
    with desktop.online(telex) as agent:
        desktop.choose_in(desktop.open_menu(), HELP, DOCTOR)
        assert "missing" not in copied(desktop, "Telex Start – Doctor", "Telex Start works here.")
        desktop.choose_in(desktop.open_menu(), HELP, ABOUT)
        text = copied(desktop, "About Telex Start", "Version")
        assert f"Telex Start {__version__}" in text and "Online: " in text and "Windows 10" in text
        desktop.choose_in(desktop.open_menu(), HELP, OPEN_LOG)
        desktop.wait_for(lambda: "telex-start.log" in desktop.active_title(), "the log")
        # It has the agent's streams, as Wine 8.0 passes them on; the reader of a pipe would see no end.
        desktop.xdotool("key", "alt+F4")
        desktop.wait_for(lambda: not desktop.titled("telex-start.log"), "its end")
        agent.leave()


def copied(desktop: Desktop, title: str, words: str) -> str:
    """What the window's Ctrl+C copies, once that has these words; then it is closed."""
    desktop.wait_for(lambda: desktop.active_title() == title, f"the focus of {title}")

    def look() -> str:
        desktop.xdotool("key", "ctrl+c")
        found = desktop.clipboard()
        return found if words in found else ""

    text = str(desktop.wait_for(look, words))
    desktop.xdotool("key", "Escape")
    desktop.wait_for(lambda: not desktop.titled(title), "its end")
    return text


# --- without an icon --------------------------------------------------------------------------------------------------

HOLD = """
import ctypes, sys
ctypes.windll.kernel32.CreateFileW.restype = ctypes.c_void_p
handle = ctypes.windll.kernel32.CreateFileW(sys.argv[1], 0x80000000, 0, None, 3, 0, None)
print(handle != ctypes.c_void_p(-1).value, flush=True)
sys.stdin.read()
"""
"""Opens a file so that nobody else can."""


def picture(desktop: Desktop) -> Path:
    """The file that plyer takes a toast's picture from."""
    return desktop.local / "telex-start" / "Cache" / "telex-start.ico"


def test_the_picture_of_a_toast_is_written_once_and_nobody_who_holds_it_is_a_reason_to_end(
    desktop: Desktop, telex: Sandbox
) -> None:
    """The start ended with an unexpected error (code 1); and it was written at every start."""

    def see_a_toast() -> None:
        before = desktop.popups()
        with desktop.agent(telex, "--headless", "--json") as agent:
            agent.event("state", state="online", subscribed=1)
            telex.message(organisation=0, name="General")
            desktop.wait_for(lambda: set(desktop.popups()) - set(before), "the toast")
            assert "toasts" not in agent.log()
            agent.leave()

    picture(desktop).parent.mkdir(parents=True, exist_ok=True)
    picture(desktop).write_bytes(b"an older one")
    with desktop.python(HOLD, windows_path(picture(desktop))) as holder:
        assert holder.next_line(WITHIN) == "True"
        see_a_toast()
    see_a_toast()
    written = picture(desktop).stat()
    assert written.st_size > 100
    see_a_toast()
    assert picture(desktop).stat().st_mtime_ns == written.st_mtime_ns
