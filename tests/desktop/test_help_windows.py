"""The windows of Help by keyboard, under a window manager: read, selected, copied, closed; what they say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

from telex_start import __version__
from telex_start.desktop.tk.help_windows import LICENCE, about_rows
from tests.fake_desktop import TIMEOUT, RealDesktop
from tests.script import Script

pytestmark = pytest.mark.desktop

PYTHON = ["ok", "Python", "3.11.2 (/usr/bin/python3)", "", "ok       Python              3.11.2 (/usr/bin/python3)"]
TRAY = ["missing", "tray", "none", "install a panel", "missing  tray                none: install a panel"]
VERDICT = ["Telex Start works here.", True]
SHOWN = "✓\tPython\t3.11.2 (/usr/bin/python3)\n✗\ttray\tnone\n\t\t→ install a panel\n"
COPIED = f"{PYTHON[4]}\n{TRAY[4]}\n\nTelex Start works here.\n"


@pytest.fixture(scope="module")
def desktop() -> Iterator[RealDesktop]:
    with RealDesktop(panel=None, dunst=False) as real:
        yield real


class Window:
    """A window that the keyboard and the agent talk to."""

    def __init__(
        self, desktop: RealDesktop, *command: str, data: Mapping[str, Any] | None = None, path: Path | None = None
    ) -> None:
        self.desktop = desktop
        first = {"PATH": f"{path}:{os.environ['PATH']}"} if path is not None else {}
        self.script = Script(*command, environ={**desktop.environ, **first})
        self._data = data or {}

    def __enter__(self) -> Window:
        self.script.__enter__()
        self.script.tell(json.dumps(self._data))
        return self

    def __exit__(self, *error: Any) -> None:
        self.script.__exit__(*(error or (None, None, None)))

    def press(self, *keys: str) -> None:
        self.desktop.xdotool("key", "--delay", "2", *keys)

    def wait_for_focus(self, title: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while self.desktop.active_title() != title:
            assert time.monotonic() < deadline, f"{title} has not the focus, but {self.desktop.active_title()}"

    def clipboard(self) -> str:
        """What another program would paste."""
        script = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get(), end='')"
        done = subprocess.run(
            [sys.executable, "-c", script], env=self.desktop.environ, capture_output=True, text=True, timeout=TIMEOUT
        )
        return done.stdout

    def wait_for_copied(self, text: str) -> None:
        """A key that was pressed has its effect a moment later."""
        deadline = time.monotonic() + TIMEOUT
        while (copied := self.clipboard()) != text:
            assert time.monotonic() < deadline, f"copied: {copied!r}"


class Doctor(Window):
    """Doctor's window; what the doctor finds is the test's matter."""

    def __init__(self, desktop: RealDesktop, folder: Path) -> None:
        self._path = folder / "finds"
        os.mkfifo(self._path)
        super().__init__(desktop, "tests/desktop/help_program.py", str(self._path))

    def __enter__(self) -> Doctor:
        super().__enter__()
        self._pipe: IO[str] = self._path.open("w")
        self.wait_until(focus="text")
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._pipe.close()

    def finds(self, *found: object) -> None:
        for one in found:
            self._pipe.write(json.dumps(one) + "\n")
        self._pipe.flush()

    def state(self) -> dict[str, Any]:
        self.finds("state")
        return json.loads(self.script.next_line())  # type: ignore[no-any-return]

    def wait_until(self, **wanted: object) -> dict[str, Any]:
        deadline = time.monotonic() + TIMEOUT
        while not wanted.items() <= (state := self.state()).items():
            assert time.monotonic() < deadline, f"waited for {wanted}: {state}"
        return state


@pytest.fixture
def doctor(desktop: RealDesktop, tmp_path: Path) -> Iterator[Doctor]:
    with Doctor(desktop, tmp_path) as window:
        yield window


# --- Doctor ---------------------------------------------------------------------------------------------------------


def test_findings_are_shown_as_they_come_and_the_window_is_not_frozen_meanwhile(doctor: Doctor) -> None:
    before = doctor.wait_until(bar=True, text="", enabled=["Close"])
    assert before["subtitle"] == "Looking at what works on this machine …"
    doctor.finds(PYTHON)
    doctor.wait_until(text="✓\tPython\t3.11.2 (/usr/bin/python3)\n", bar=True)
    deadline = time.monotonic() + TIMEOUT
    while doctor.state()["bar at"] == before["bar at"]:
        assert time.monotonic() < deadline, "the bar stands still"
    doctor.finds(TRAY, VERDICT)
    doctor.wait_until(text=SHOWN, bar=False, subtitle="Telex Start works here.", enabled=["Run again", "Copy", "Close"])


def test_run_again_looks_once_more(doctor: Doctor) -> None:
    doctor.finds(PYTHON, TRAY, VERDICT)
    doctor.wait_until(bar=False)
    doctor.press("Tab")
    doctor.wait_until(focus="Run again")
    doctor.press("Return")
    doctor.wait_until(bar=True, text="")
    doctor.finds(PYTHON, ["Telex Start cannot do its job here: see API.", False])
    doctor.wait_until(text="✓\tPython\t3.11.2 (/usr/bin/python3)\n", bar=False)


def test_all_of_it_is_copied_by_control_c_or_the_button_as_the_command_prints_it(doctor: Doctor) -> None:
    doctor.finds(PYTHON, TRAY, VERDICT)
    doctor.wait_until(bar=False)
    doctor.press("ctrl+c")
    doctor.wait_for_copied(COPIED)
    doctor.wait_until(said="Copied")
    doctor.press("ctrl+a")
    doctor.wait_until(selected=SHOWN)
    doctor.press("ctrl+c")
    doctor.wait_for_copied(SHOWN)
    doctor.press("Tab", "Tab")
    doctor.wait_until(focus="Copy")
    doctor.press("space")
    doctor.wait_for_copied(COPIED)


def test_what_was_copied_outlives_the_window_where_the_desktop_keeps_it(doctor: Doctor) -> None:
    """On X11 a text is its owner's: it was gone from the clipboard with the window."""
    doctor.finds(PYTHON, TRAY, VERDICT)
    doctor.wait_until(bar=False)
    with Script("tests/desktop/clipboard_manager.py", environ=doctor.desktop.environ) as manager:
        assert manager.next_line() == "ready"
        doctor.press("ctrl+c")
        doctor.wait_until(said="Copied")
        doctor.press("Escape")
        assert doctor.script.ended() == 0
        assert manager.next_line() == "kept"
        assert doctor.clipboard() == COPIED


def test_the_mouse_selects(doctor: Doctor) -> None:
    doctor.finds(PYTHON, VERDICT)
    doctor.wait_until(bar=False)
    x, y = doctor.state()["found at"]
    doctor.desktop.xdotool("mousemove", str(x), str(y), "click", "--repeat", "2", "--delay", "50", "1")
    deadline = time.monotonic() + TIMEOUT
    while not (selected := doctor.state()["selected"]):
        assert time.monotonic() < deadline, "nothing is selected"
    assert selected.strip() in PYTHON[2]


def test_long_findings_are_scrolled_by_the_keyboard(doctor: Doctor) -> None:
    doctor.wait_until(scrollbar=False)
    doctor.finds(*[PYTHON] * 60, VERDICT)
    doctor.wait_until(bar=False, scrollbar=True, top=0.0)
    doctor.press("End")
    end = time.monotonic() + TIMEOUT
    while doctor.state()["top"] < 0.5:
        assert time.monotonic() < end
    doctor.press("Home")
    doctor.wait_until(top=0.0)


def test_nothing_can_be_typed_into_it(doctor: Doctor) -> None:
    doctor.finds(PYTHON, TRAY, VERDICT)
    doctor.wait_until(bar=False)
    doctor.press("x", "Return", "BackSpace", "ctrl+a", "Delete", "ctrl+v", "ctrl+x")
    doctor.press("Tab")
    assert doctor.wait_until(focus="Run again")["text"] == SHOWN
    doctor.press("shift+Tab")
    doctor.wait_until(focus="text")


@pytest.mark.parametrize("keys", [["Escape"], ["ctrl+w"], ["alt+F4"], ["Tab", "Return"]], ids="+".join)
def test_it_is_closed_by_the_keyboard_also_while_the_doctor_looks(doctor: Doctor, keys: list[str]) -> None:
    doctor.press(*keys)
    assert doctor.script.ended() == 0
    assert doctor.script.errors == ""


def test_it_comes_forward_when_it_is_asked_for_again_and_ends_with_the_agent(doctor: Doctor) -> None:
    doctor.script.tell(json.dumps({"raise": ""}))
    assert json.loads(doctor.script.next_line()) == {"raised": True}
    doctor.wait_until(focus="text")
    assert doctor.script.process.stdin is not None
    doctor.script.process.stdin.close()
    assert doctor.script.ended() == 0


def test_asked_for_again_when_it_is_just_being_closed_it_does_not_say_that_it_is_there(doctor: Doctor) -> None:
    """The agent would not open another then."""
    process = doctor.script.process
    process.send_signal(signal.SIGSTOP)
    doctor.press("Escape")
    doctor.script.tell(json.dumps({"raise": ""}))
    process.send_signal(signal.SIGCONT)
    assert doctor.script.ended() == 0
    assert '{"raised": true}' not in doctor.script.output


def test_a_doctor_that_fails_says_so(doctor: Doctor) -> None:
    doctor.finds(PYTHON, "fail")
    words = "Doctor had a problem (ZeroDivisionError); the log tells more."
    doctor.wait_until(bar=False, subtitle=words, enabled=["Run again", "Copy", "Close"])


def test_doctors_real_findings_are_in_it_with_secrets_struck(desktop: RealDesktop, tmp_path: Path) -> None:
    """A proxy's password and an e-mail address in a wrong setting; by the command that the agent runs."""
    config = tmp_path / "config.toml"
    config.write_text('email = "ada.lovelace@example.org x"\n')
    with Window(desktop, "-m", "telex_start", "doctor", "--window", f"--config={config}") as window:
        window.wait_for_focus("Telex Start – Doctor")
        deadline = time.monotonic() + TIMEOUT
        while "Telex Start cannot do its job here: see configuration" not in (copied := window.clipboard()):
            assert time.monotonic() < deadline, copied
            window.press("ctrl+c")
        assert "ok       Python " in copied
        assert "a…@example.org" in copied
        assert "lovelace" not in copied
        window.press("Escape")
        assert window.script.ended() == 0


def test_without_a_display_the_agent_is_told_why(tmp_path: Path) -> None:
    with Script("-m", "telex_start", "about", environ={"XDG_CACHE_HOME": str(tmp_path)}) as window:
        window.tell("{}")
        said = json.loads(window.next_line())
        assert said["failed"].startswith("The window About needs an X display")
        assert window.ended() == 0


# --- About ----------------------------------------------------------------------------------------------------------

DATA = {
    "status": "Online: 3 organisations, 5 unread, paused until 14:30",
    "muted": [["# General · Northwind Ops", "until 15:10"], ["Acme", ""]],
    "web": "https://telex.example.org",
}


def test_about_tells_the_version_what_is_paused_and_what_is_muted() -> None:
    rows = list(about_rows(DATA))
    assert rows[0] == ("Version", f"Telex Start {__version__}", "")
    assert rows[1] == ("Status", "Online: 3 organisations, 5 unread, paused until 14:30", "")
    assert rows[2:4] == [("Muted", "# General · Northwind Ops, until 15:10", ""), ("", "Acme", "")]
    assert ("Web page", "https://telex.example.org", "https://telex.example.org") in rows
    assert ("Licence", "MIT", LICENCE) in rows
    assert ("Muted", "Nothing", "") in about_rows({})


def test_about_is_copied_and_closed_by_the_keyboard(desktop: RealDesktop) -> None:
    with Window(desktop, "-m", "telex_start", "about", data=DATA) as window:
        window.wait_for_focus("About Telex Start")
        deadline = time.monotonic() + TIMEOUT
        while f"Version:       Telex Start {__version__}\n" not in (copied := window.clipboard()):
            assert time.monotonic() < deadline, copied
            window.press("ctrl+c")
        assert "Muted:         # General · Northwind Ops, until 15:10\n               Acme\n" in copied
        window.press("Escape")
        assert window.script.ended() == 0
        assert window.script.errors == ""


def test_the_web_page_opens_in_the_browser(desktop: RealDesktop, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" >{opened}.new; mv {opened}.new {opened}\n')
    opener.chmod(0o755)
    with Window(desktop, "-m", "telex_start", "about", data=DATA, path=tmp_path) as window:
        window.wait_for_focus("About Telex Start")
        deadline = time.monotonic() + TIMEOUT
        while not opened.exists():
            assert time.monotonic() < deadline, "nothing was opened"
            # The first may come before the text has the focus, which it then gives to that.
            window.press("Tab", "Return")
    assert opened.read_text() == "https://telex.example.org\n"
