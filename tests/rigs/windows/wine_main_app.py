"""The Telex client on Windows: found, opened and closed. It is Wine's Notepad here, under another name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .desktop import Desktop
from .machine import WITHIN, windows_path

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
"""Does what it is told, a line each, and tells what came of it."""
MAKE_SHORTCUT = """
Set made = CreateObject("WScript.Shell").CreateShortcut(WScript.Arguments(0))
made.TargetPath = WScript.Arguments(1)
made.Save
"""


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    with Desktop(tmp_path) as machine:
        file = machine.drive / "Program Files" / "Telex App" / "telex.exe"
        file.parent.mkdir(exist_ok=True)
        shutil.copy(machine.drive / "windows" / "system32" / "notepad.exe", file)
        yield machine
        shutil.rmtree(file.parent)


def wait_for_windows(desktop: Desktop, count: int) -> None:
    """Wait until so many windows of the client are there."""
    desktop.wait_for(lambda: len(desktop.titled("Notepad")) == count, f"{count} windows")


@pytest.mark.parametrize("command", [f'"{CLIENT}"', CLIENT, f'"{CLIENT}" "C:\\a b.txt"'])
def test_a_command_with_a_blank_in_its_path_is_found(desktop: Desktop, command: str) -> None:
    """The quotation marks were taken for a part of its name."""
    with desktop.python(CALLS, command) as call:
        mark, found = call("look")
        assert (mark, found.startswith(f'"{CLIENT}"')) == ("ok", True)
        assert call("open") is None
        wait_for_windows(desktop, 1)
        assert call("close") is None
        wait_for_windows(desktop, 0)


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
