"""Tests on Windows with a screen: icon, menu, toasts, Help, preferences by keyboard alone, and the Telex client.

The client is Wine's Notepad under another name.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.servers import Sandbox

from .desktop import Desktop
from .machine import WITHIN, windows_path

PREFERENCES, HELP, SIGN_OUT, EXIT = range(-4, 0)
"""The indices of the menu's last lines."""
DOCTOR, OPEN_LOG, ABOUT = range(3)
"""The indices of the lines in the submenu of Help."""
TITLE = "Telex – Preferences"


def test_icon_menu_and_toasts(desktop: Desktop, empty_telex: Sandbox) -> None:
    """An open menu was destroyed when a count changed; each toast had an icon of its own for ten seconds."""
    with desktop.online(empty_telex) as agent:
        menu = desktop.open_menu()
        assert not desktop.badge()
        before = desktop.popups()
        empty_telex.message(organisation=0, name="General")
        desktop.wait_for(desktop.badge, "the badge")
        desktop.wait_for(lambda: set(desktop.popups()) - set(before), "the toast")
        assert len(desktop.icons()) == 1
        assert menu in desktop.popups()
        desktop.xdotool("mousemove", "300", "300", "click", "1")
        desktop.wait_for(lambda: menu not in desktop.popups(), "a window to go")
        empty_telex.message(organisation=0, name="Sales")
        desktop.choose(desktop.open_menu(), EXIT)
        assert agent.ended() == 0
        picture = desktop.local / "telex-start" / "Cache" / "telex-start.ico"
        assert not picture.exists(), "it is not needed"


def test_help(desktop: Desktop, empty_telex: Sandbox) -> None:
    """Doctor and About have windows, and the log is opened."""
    # Tell Wine that .log is a text file: Windows knows that by itself, and Wine 8.0 does not.
    words = ("reg", "add", r"HKLM\Software\Classes\.log", "/ve", "/d", "txtfile", "/f")
    assert desktop.quietly(desktop.command_of(*words)).wait(WITHIN) == 0
    with desktop.online(empty_telex) as agent:
        for line, title in ((DOCTOR, "Telex Start – Doctor"), (ABOUT, "About Telex Start")):
            desktop.choose_in(desktop.open_menu(), HELP, line)
            window(desktop, title)
            desktop.wait_for(partial(escaped, desktop, title), "its end")
        desktop.choose_in(desktop.open_menu(), HELP, OPEN_LOG)
        desktop.wait_for(lambda: "telex-start.log" in desktop.active_title(), "the log")
        # Close it: Wine 8.0 passes the agent's streams on to it, so a reader of the agent's pipes would see no end.
        desktop.xdotool("key", "alt+F4")
        gone(desktop, "telex-start.log")
        agent.leave()


# The preferences.


def window(desktop: Desktop, title: str = TITLE) -> None:
    """Wait until the window is there and has the keyboard."""
    desktop.wait_for(lambda: len(desktop.titled(title)) == 1, "the window")
    desktop.wait_for(lambda: desktop.active_title() == title, "its focus")


def escaped(desktop: Desktop, title: str) -> bool:
    """Whether the window has gone; presses Escape if not: in Wine 8.0, Tk learns late that it has the keyboard."""
    if there := bool(desktop.titled(title)):
        desktop.xdotool("key", "Escape")
    return not there


def gone(desktop: Desktop, title: str = TITLE) -> None:
    desktop.wait_for(lambda: not desktop.titled(title), "its end")


def test_what_is_set_in_the_preferences_is_written_and_holds_at_once(desktop: Desktop, empty_telex: Sandbox) -> None:
    file = desktop.configuration('# Mine, by hand.\nlog_level = "debug"  # for now\n')
    with desktop.online(empty_telex) as agent:
        desktop.choose(desktop.open_menu(), PREFERENCES)
        window(desktop)
        # Asked for again, it comes forward: there is one.
        assert desktop.says("preferences", telex=empty_telex) == (0, [], "")
        window(desktop)
        desktop.xdotool("key", "alt+w")  # Show what was written
        desktop.xdotool("key", "Return")
        gone(desktop)
        agent.logs("the configuration was read anew: show_text")
        assert file.read_text().startswith('# Mine, by hand.\nlog_level = "debug"  # for now\n')
        assert tomllib.loads(file.read_text())["show_text"] is False
        assert desktop.says("preferences", telex=empty_telex) == (0, [], "")
        window(desktop)
        agent.leave()
        gone(desktop)


# The Telex client.


CLIENT = "C:\\Program Files\\Telex App\\telex.exe"

CALLS = """
import json, sys, time
from telex_start.config import Config
from telex_start.desktop.main_app.main_app import MainApp
from telex_start.doctor import desktop
command = sys.argv[1] or None
app = MainApp(Config(main_app_command=command), bool)
for line in sys.stdin:
    word = line.strip()
    if word == "front":
        answer = app.in_front()
    elif word == "look":
        found = desktop.main_app(command)
        answer = [found.mark.value, found.found]
    else:
        trouble = app.open("") if word == "open" else app.close()
        answer = trouble and trouble.title
    print(json.dumps(answer), flush=True)
"""
"""Runs a call from each line of its input, and prints the result."""
MAKE_SHORTCUT = """
Set made = CreateObject("WScript.Shell").CreateShortcut(WScript.Arguments(0))
made.TargetPath = WScript.Arguments(1)
made.Save
"""


@pytest.fixture
def client(desktop: Desktop) -> Iterator[None]:
    file = desktop.drive / "Program Files" / "Telex App" / "telex.exe"
    file.parent.mkdir(exist_ok=True)
    shutil.copy(desktop.drive / "windows" / "system32" / "notepad.exe", file)
    yield
    shutil.rmtree(file.parent)


def wait_for_windows(desktop: Desktop, count: int) -> None:
    """Wait until so many windows of the client are there."""
    desktop.wait_for(lambda: len(desktop.titled("Notepad")) == count, f"{count} windows")


@pytest.mark.usefixtures("client")
def test_a_client_of_the_start_menu_alone_is_opened_once_and_closed(desktop: Desktop, tmp_path: Path) -> None:
    """What its shortcut opens was not known, so it was never closed."""
    folder = desktop.roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Telex"
    folder.mkdir(parents=True, exist_ok=True)
    script = tmp_path / "make.vbs"
    script.write_text(MAKE_SHORTCUT)
    words = ("cscript", "/nologo", windows_path(script), windows_path(folder / "Telex.lnk"), CLIENT)
    try:
        assert desktop.quietly(desktop.command_of(*words)).wait(WITHIN) == 0
        with desktop.python(CALLS, "") as call:
            assert call("look")[0] == "ok"
            assert call("close") == "Telex is not running"
            assert call("open") is None
            assert call("open") in ("Telex is starting", None), "None: its window is there already, and was raised"
            wait_for_windows(desktop, 1)
            assert call("close") is None
            wait_for_windows(desktop, 0)
    finally:
        shutil.rmtree(folder)


@pytest.mark.usefixtures("client")
def test_a_client_with_the_focus_is_in_front_and_another_window_is_not(desktop: Desktop) -> None:
    with desktop.python(CALLS, f'"{CLIENT}"') as call:
        assert call("front") is False
        assert call("open") is None
        wait_for_windows(desktop, 1)
        desktop.wait_for(lambda: call("front"), "the client in front")
        other = desktop.quietly(desktop.command_of("winver"))
        desktop.wait_for(lambda: desktop.titled("About Wine"), "another window")
        desktop.wait_for(lambda: not call("front"), "the other one in front")
        desktop.xdotool("search", "--name", "Notepad", "windowactivate")
        desktop.wait_for(lambda: call("front"), "the client in front again")
        assert call("close") is None
        wait_for_windows(desktop, 0)
        other.kill()
        other.wait()
