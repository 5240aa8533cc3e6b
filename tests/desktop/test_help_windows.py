"""The windows of the menu Help (Doctor and About): what they say, and their use by keyboard under a window manager."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telex_start import __version__
from telex_start.desktop.tk.about import LICENCE, rows
from tests.desktop.shown_window import ShownWindow
from tests.fake_desktop import RealDesktop
from tests.process import Script, until

pytestmark = pytest.mark.desktop

PYTHON = ["ok", "Python", "3.11.2 (/usr/bin/python3)"]
TRAY = ["missing", "tray", "none", "install a panel"]
VERDICT = "Telex Start works here with --headless only: there is no way to an icon with a menu."
SHOWN = "✓\tPython\t3.11.2 (/usr/bin/python3)\n✗\ttray\tnone\n\t\t→ install a panel\n"
COPIED = (
    "ok       Python              3.11.2 (/usr/bin/python3)\n"
    f"missing  tray                none: install a panel\n\n{VERDICT}\n"
)
"""As the command prints it."""


def finds(doctor: ShownWindow, *found: object) -> None:
    doctor.hears(finds=found)


def has_found(doctor: ShownWindow) -> None:
    """The doctor has found two things, and the window shows them."""
    finds(doctor, PYTHON, TRAY, "end")
    doctor.wait_until(bar=False, text=SHOWN)


@pytest.fixture
def doctor(desktop: RealDesktop) -> Iterator[ShownWindow]:
    """Doctor's window; the findings come from the test."""
    with ShownWindow(desktop, "doctor") as window:
        window.wait_until(focus="text")
        yield window


def test_findings_are_shown_as_they_come_and_once_more(doctor: ShownWindow) -> None:
    doctor.wait_until(bar=True, text="", enabled=["Close"], subtitle="Looking at what works on this machine …")
    before = doctor.state()["bar at"]
    finds(doctor, PYTHON)
    doctor.wait_until(text="✓\tPython\t3.11.2 (/usr/bin/python3)\n", bar=True)
    until(lambda: doctor.state()["bar at"] != before, "the window is frozen meanwhile")
    finds(doctor, TRAY, "end")
    doctor.wait_until(text=SHOWN, bar=False, subtitle=VERDICT, enabled=["Run again", "Copy", "Close"])
    doctor.press("Tab")
    doctor.wait_until(focus="Run again")
    doctor.press("Return")
    doctor.wait_until(bar=True, text="")
    finds(doctor, PYTHON, "fail")
    words = "Doctor had a problem (ZeroDivisionError); the log tells more."
    doctor.wait_until(bar=False, subtitle=words, enabled=["Run again", "Copy", "Close"])


def test_all_of_it_or_what_is_selected_is_copied_and_nothing_can_be_typed_into_it(
    doctor: ShownWindow, desktop: RealDesktop
) -> None:
    has_found(doctor)
    for keys, copied in (
        (["ctrl+c"], COPIED),
        (["ctrl+a", "x", "BackSpace", "ctrl+v", "ctrl+x", "ctrl+Insert"], SHOWN),
        (["Tab", "Tab", "space"], COPIED),
    ):
        doctor.press(*keys)
        doctor.wait_until(said="Copied", text=SHOWN)
        until(lambda copied=copied: desktop.clipboard() == copied, copied)  # type: ignore[misc]
    doctor.wait_until(focus="Copy", selected=SHOWN)
    doctor.press("shift+Tab", "shift+Tab", "shift+Tab")
    doctor.wait_until(focus="Close")


def test_what_was_copied_outlives_the_window_where_the_desktop_keeps_it(
    doctor: ShownWindow, desktop: RealDesktop
) -> None:
    """On X11 a copied text belongs to the window that it comes from: the clipboard lost it when the window closed."""
    has_found(doctor)
    with Script("tests/desktop/clipboard_manager.py", environ=doctor.environ) as manager:
        assert manager.next_line() == "ready"
        doctor.press("ctrl+c")
        doctor.wait_until(said="Copied")
        doctor.press("Escape")
        assert doctor.ended() == 0
        assert manager.next_line() == "kept"
        assert desktop.clipboard() == COPIED


def test_the_mouse_selects_and_the_keyboard_scrolls(doctor: ShownWindow) -> None:
    doctor.wait_until(scrollbar=False)
    finds(doctor, *[PYTHON] * 60, "end")
    doctor.wait_until(bar=False, scrollbar=True, top=0.0)
    x, y = doctor.state()["found at"]
    doctor.xdotool("mousemove", str(x), str(y), "click", "--repeat", "2", "--delay", "50", "1")
    until(lambda: doctor.state()["selected"], "nothing is selected")
    assert doctor.state()["selected"].strip() in PYTHON[2]
    tops = []
    for key in ("Down", "Up", "Next", "Prior", "space", "End", "Home"):
        doctor.press(key)
        tops.append(doctor.state()["top"])
    down, up, after, prior, space, end, home = tops
    assert up == prior == home == 0 < down < after == space < end


@pytest.mark.parametrize("keys", [["Escape"], ["ctrl+w"], ["alt+F4"], ["Tab", "Return"]], ids="+".join)
def test_it_is_closed_by_the_keyboard_also_while_the_doctor_looks(doctor: ShownWindow, keys: list[str]) -> None:
    doctor.press(*keys)
    assert doctor.ended() == 0
    assert doctor.errors == ""


def test_it_comes_forward_when_it_is_asked_for_again_and_ends_with_the_agent(doctor: ShownWindow) -> None:
    doctor.hears(**{"raise": ""})
    doctor.says(raised=True)
    doctor.wait_until(focus="text")
    assert doctor.process.stdin is not None
    doctor.process.stdin.close()
    assert doctor.ended() == 0


# About.

DATA = {
    "status": "Online: 3 organisations, 5 unread, paused until 14:30",
    "muted": [["# General · Northwind Ops", "until 15:10"], ["Acme", ""]],
    "web": "https://telex.example.org",
}


def test_about_tells_the_version_what_is_paused_and_what_is_muted() -> None:
    told = list(rows(DATA))
    assert told[:2] == [("Version", f"Telex Start {__version__}", ""), ("Status", DATA["status"], "")]
    assert told[2:4] == [("Muted", "# General · Northwind Ops, until 15:10", ""), ("", "Acme", "")]
    assert told[5:] == [("Web page", DATA["web"], DATA["web"]), ("Licence", "MIT", LICENCE)]
    nothing = {name: words for name, words, _ in rows({})}
    assert (nothing["Status"], nothing["Muted"]) == ("Not running", "Nothing")
    assert nothing["Web page"] == "https://telex.im"


def test_about_is_copied_opens_the_web_page_in_the_browser_and_is_closed(desktop: RealDesktop, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" >{opened}.new; mv {opened}.new {opened}\n')
    opener.chmod(0o755)
    environ = {**desktop.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def press_until(*keys: str, came: Any) -> None:
        def pressed() -> bool:
            desktop.xdotool("key", *keys)  # the first may come before the text has the focus
            return bool(came())

        until(pressed, f"{keys}")

    with Script("-m", "telex_start", "about", environ=environ) as window:
        window.tell(json.dumps(DATA))
        until(lambda: desktop.active_title() == "About Telex Start")
        press_until("ctrl+c", came=lambda: f"Version:       Telex Start {__version__}\n" in desktop.clipboard())
        muted = "Muted:         # General · Northwind Ops, until 15:10\n               Acme\n"
        assert muted in desktop.clipboard()
        press_until("Tab", "Return", came=opened.exists)
        assert opened.read_text() == "https://telex.example.org\n"
        window.tell(json.dumps({"raise": ""}))
        assert window.ended() == 0, "the agent opens another, which tells what holds then"
        assert window.errors == "" and not [line for line in window.output if "raised" in line]
