"""The menu's Help on Windows: Doctor, About and the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from telex_start import __version__
from tests.servers import Sandbox

from .desktop import Desktop
from .machine import WITHIN, Program

HELP = -3
"""The line of the menu; below it are Sign Out and Exit."""
DOCTOR, OPEN_LOG, ABOUT = range(3)
"""The lines of what opens beside it."""


@pytest.fixture
def opens_logs(desktop: Desktop) -> None:
    """What ends in .log is text: Windows knows that by itself, and Wine 8.0 does not."""
    words = ("reg", "add", r"HKLM\Software\Classes\.log", "/ve", "/d", "txtfile", "/f")
    assert desktop.quietly(desktop.command_of(*words)).wait(WITHIN) == 0


@contextmanager
def online(desktop: Desktop, telex: Sandbox) -> Iterator[Program]:
    with desktop.agent(telex) as agent:
        desktop.wait_for(desktop.icons, "the icon")
        agent.logs("session.state: online")
        yield agent
        agent.leave()


def copied(desktop: Desktop, title: str, words: str) -> str:
    """What the window's Ctrl+C copies, once that has these words."""
    desktop.wait_for(lambda: desktop.active_title() == title, f"the focus of {title}")

    def look() -> str:
        desktop.xdotool("key", "ctrl+c")
        found = desktop.clipboard()
        return found if words in found else ""

    return str(desktop.wait_for(look, words))


def test_doctor_has_a_window(desktop: Desktop, telex: Sandbox) -> None:
    with online(desktop, telex):
        desktop.choose_in(desktop.open_menu(), HELP, DOCTOR)
        desktop.wait_for(lambda: desktop.titled("Doctor"), "Doctor's window")
        text = copied(desktop, "Telex Start – Doctor", "Telex Start works here.")
        desktop.picture("doctor")
        assert "missing" not in text
        desktop.xdotool("key", "Escape")
        desktop.wait_for(lambda: not desktop.titled("Doctor"), "its end")


def test_about_says_what_holds_when_it_is_asked_for(desktop: Desktop, telex: Sandbox) -> None:
    with online(desktop, telex):
        desktop.choose_in(desktop.open_menu(), HELP, ABOUT)
        text = copied(desktop, "About Telex Start", "Version")
        desktop.picture("about")
        assert f"Telex Start {__version__}" in text
        assert "Online: " in text
        assert "Windows 10" in text
        desktop.xdotool("key", "Escape")
        desktop.wait_for(lambda: not desktop.titled("About"), "its end")


@pytest.mark.usefixtures("opens_logs")
def test_the_log_is_opened(desktop: Desktop, telex: Sandbox) -> None:
    with online(desktop, telex):
        desktop.choose_in(desktop.open_menu(), HELP, OPEN_LOG)
        desktop.wait_for(lambda: "telex-start.log" in desktop.active_title(), "the log")
        desktop.picture("log")
        # It has the agent's streams, as Wine 8.0 passes them on; the reader of a pipe would see no end.
        desktop.xdotool("key", "alt+F4")
        desktop.wait_for(lambda: not desktop.titled("telex-start.log"), "its end")
