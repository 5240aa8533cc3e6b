"""Icon, menu and toasts on Windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Sandbox

from .desktop import Desktop
from .machine import WITHIN, Program, sandbox, windows_path


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    """Nothing in it is unread."""
    with sandbox("--organisations", "1") as started:
        yield started


def online(desktop: Desktop, telex: Sandbox) -> Program:
    """An agent with an icon, which signs in."""
    return desktop.agent(telex)


def test_an_open_menu_stays_open_when_a_count_changes(desktop: Desktop, telex: Sandbox) -> None:
    """It was destroyed: the menu went away under the mouse, or its choice was lost."""
    with online(desktop, telex) as agent:
        desktop.wait_for(desktop.icons, "the icon")
        agent.logs("session.state: online")
        menu = desktop.open_menu()
        assert not desktop.badge()
        telex.message(organisation=0, name="General")
        desktop.wait_for(desktop.badge, "the badge")
        assert menu in desktop.popups()
        desktop.choose_last(menu)  # Exit
        assert agent.ended() == 0


def test_the_menu_is_right_each_time_it_is_opened(desktop: Desktop, telex: Sandbox) -> None:
    with online(desktop, telex) as agent:
        desktop.wait_for(desktop.icons, "the icon")
        agent.logs("session.state: online")
        for again in range(3):
            menu = desktop.open_menu()
            desktop.xdotool("mousemove", "300", "300", "click", "1")
            desktop.wait_gone(menu)
            telex.message(organisation=0, name="General" if again else "Sales")
        desktop.wait_for(desktop.badge, "the badge")
        desktop.choose_last(desktop.open_menu())
        assert agent.ended() == 0


def test_a_toast_brings_no_second_icon(desktop: Desktop, telex: Sandbox) -> None:
    """Each had an icon of its own beside the program's, for ten seconds."""
    with online(desktop, telex) as agent:
        desktop.wait_for(desktop.icons, "the icon")
        agent.logs("session.state: online")
        before = desktop.popups()
        telex.message(organisation=0, name="General")
        desktop.wait_for(lambda: set(desktop.popups()) - set(before), "the toast")
        assert len(desktop.icons()) == 1
        agent.leave()
        assert not picture(desktop).exists(), "it is not needed"


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


def sees_a_toast(desktop: Desktop, telex: Sandbox) -> None:
    """Run an agent without an icon until a toast is on the screen."""
    before = desktop.popups()
    with desktop.agent(telex, "--headless", "--json") as agent:
        agent.event("state", state="online", subscribed=1)
        telex.message(organisation=0, name="General")
        desktop.wait_for(lambda: set(desktop.popups()) - set(before), "the toast")
        assert "toasts" not in agent.log()
        agent.leave()


def test_the_picture_of_a_toast_is_written_once(desktop: Desktop, telex: Sandbox) -> None:
    """It was written at every start."""
    sees_a_toast(desktop, telex)
    written = picture(desktop).stat()
    sees_a_toast(desktop, telex)
    assert picture(desktop).stat().st_mtime_ns == written.st_mtime_ns


@pytest.mark.parametrize("text", [b"", b"an older one"])
def test_a_picture_that_somebody_holds_is_no_reason_to_end(desktop: Desktop, telex: Sandbox, text: bytes) -> None:
    """The start ended with an unexpected error (code 1)."""
    picture(desktop).parent.mkdir(parents=True, exist_ok=True)
    picture(desktop).write_bytes(text)
    with desktop.python(HOLD, windows_path(picture(desktop))) as holder:
        assert holder.next_line(WITHIN) == "True"
        sees_a_toast(desktop, telex)
