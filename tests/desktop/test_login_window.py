"""The login window by keyboard and mouse, under a window manager."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from telex_start.desktop.tk.login_window import what_is_wrong
from tests.fake_desktop import TIMEOUT, RealDesktop
from tests.process import ROOT, until
from tests.script import Script

pytestmark = pytest.mark.desktop

ADA = "ada@example.org"


@pytest.fixture(scope="module")
def desktop() -> Iterator[RealDesktop]:
    with RealDesktop(panel=None, dunst=False) as real:
        yield real


class Dialogue:
    """The login window in a program of its own, and the keyboard."""

    def __init__(self, desktop: RealDesktop, *options: str) -> None:
        self._desktop = desktop
        self.script = Script("tests/desktop/login_program.py", *options, environ=desktop.environ)

    def __enter__(self) -> Dialogue:
        self.script.__enter__()
        assert self.script.next_line() == "open"
        return self

    def __exit__(self, *_: object) -> None:
        self.script.__exit__(None, None, None)

    def type(self, text: str) -> None:
        self._desktop.xdotool("type", "--delay", "2", text)

    def press(self, *keys: str) -> None:
        self._desktop.xdotool("key", "--delay", "2", *keys)

    def order(self, order: str) -> None:
        self.script.tell(order)
        assert self.script.next_line() == f"done {order.partition(' ')[0]}"

    def state(self) -> dict[str, Any]:
        """What a person sees of the window now."""
        self.script.tell("state")
        found: dict[str, Any] = json.loads(self.script.next_line())
        return found

    def wait_until(self, **wanted: object) -> dict[str, Any]:
        """Wait until it looks so; returns all that is seen then."""
        deadline = time.monotonic() + TIMEOUT
        while not wanted.items() <= (state := self.state()).items():
            assert time.monotonic() < deadline, f"waited for {wanted}: {state}"
        return state


def test_what_is_typed_before_the_window_gets_to_it_is_typed_all_the_same(desktop: RealDesktop) -> None:
    """On a busy machine the first keys were lost: the window had the keyboard before its fields could."""
    with Dialogue(desktop, "--starved") as window:
        until(lambda: desktop.active_title().startswith("Telex"), "the window has not got the keyboard")
        window.type(ADA)
        window.press("Tab")
        window.type("pass word")
        window.press("Return")
        window.script.tell("go")
        assert window.script.next_line() == f"WindowSubmitted {ADA} pass word"


def test_control_a_selects_all_so_that_typing_replaces_it(desktop: RealDesktop) -> None:
    with Dialogue(desktop) as window:
        window.wait_until(focus="email")
        window.type("wrong@example.org")
        window.press("ctrl+a")
        window.type(ADA)
        window.press("Tab")
        window.type("pass word")
        window.press("Return")
        assert window.script.next_line() == f"WindowSubmitted {ADA} pass word"


def test_tab_goes_through_the_controls_in_order_and_back(desktop: RealDesktop) -> None:
    with Dialogue(desktop) as window:
        for name in ("email", "password", "reveal", "login", "cancel", "email"):
            window.wait_until(focus=name)
            window.press("Tab")
        window.wait_until(focus="password")
        window.press("shift+Tab")
        window.wait_until(focus="email")


def test_password_is_dots_until_it_is_shown_and_again_when_it_is_sent(desktop: RealDesktop) -> None:
    with Dialogue(desktop, "--email", ADA) as window:
        assert window.wait_until(focus="password")["readable"] is False
        window.type("secret")
        window.press("Tab", "space")
        window.wait_until(readable=True)
        window.press("Tab", "Return")
        assert window.script.next_line() == f"WindowSubmitted {ADA} secret"
        assert window.state()["readable"] is False


@pytest.mark.parametrize("keys", [["Escape"], ["alt+F4"], ["Tab", "Tab", "Tab", "Tab", "space"]])
def test_escape_cancel_and_the_windows_own_button_close(desktop: RealDesktop, keys: list[str]) -> None:
    with Dialogue(desktop) as window:
        window.wait_until(focus="email")
        window.press(*keys)
        assert window.script.next_line() == "WindowClosed"


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        *((email, " ", "") for email in ("ada@example.org", "a.b+c@mail.example.co.uk", "ädä@bücher.example")),
        *((email, "p", "This does not look like an e-mail address") for email in ("ada", "ada@", "@example.org")),
        *((email, "p", "This does not look like") for email in ("ada@example", "a da@example.org", "a@b@c.org")),
        ("", "p", "Please enter your e-mail address."),
        ("ada@example.org", "", "Please enter your password."),
    ],
)
def test_what_is_wrong_with_the_form(email: str, password: str, words: str) -> None:
    found = what_is_wrong(email, password)
    assert found.startswith(words) and bool(found) is bool(words)


def test_form_is_checked_before_anything_is_sent(desktop: RealDesktop) -> None:
    with Dialogue(desktop) as window:
        window.wait_until(focus="email")
        window.press("Return")
        window.wait_until(message="Please enter your e-mail address.", focus="email")
        window.type("ada@example")
        window.press("Tab", "Return")
        assert "does not look like an e-mail address" in window.wait_until(focus="email")["message"]
        window.type(".org")
        window.press("Return")
        window.wait_until(message="Please enter your password.", focus="password")
        window.type("p")
        window.press("Return")
        # Nothing was said to be submitted before this.
        assert window.script.next_line() == f"WindowSubmitted {ADA} p"


def test_while_signing_in_only_cancel_is_left(desktop: RealDesktop) -> None:
    with Dialogue(desktop, "--email", ADA) as window:
        window.wait_until(focus="password")
        window.type("p")
        window.wait_until(password="p")
        window.order("show busy Signing in")
        state = window.wait_until(message="Signing in", bar=True)
        assert state["enabled"] == ["cancel"]
        window.type("q")
        window.press("Return")
        assert window.state()["password"] == "p"
        window.press("Escape")
        assert window.script.next_line() == "WindowClosed"


def test_success_is_said_and_the_password_is_gone(desktop: RealDesktop) -> None:
    with Dialogue(desktop, "--email", ADA) as window:
        window.wait_until(focus="password")
        window.type("secret")
        window.order("show busy Signing in")
        window.order("show words Password accepted.")
        window.wait_until(message="Password accepted.", bar=True)
        window.order("show success Signed in: 3 organisations.")
        window.wait_until(message="Signed in: 3 organisations.", bar=False, password="")


def test_closed_window_keeps_nothing(desktop: RealDesktop) -> None:
    with Dialogue(desktop, "--email", ADA) as window:
        window.wait_until(focus="password")
        window.type("secret")
        window.wait_until(password="secret")
        window.order("close")
        assert window.script.next_line() == "closed {'_closed': True}"
        assert window.script.ended() == 0


def test_opened_by_the_program_it_leaves_the_keyboard_where_it_is(desktop: RealDesktop) -> None:
    with Script("tests/desktop/editor_program.py", environ=desktop.environ) as editor:
        assert editor.next_line() == "focus"
        with Dialogue(desktop, "--unasked", "--email", ADA, "--message", "Please sign in again.") as window:
            for _ in range(20):
                window.type("word")
            state = window.state()
            assert (state["password"], state["focus"]) == ("", None)
            assert state["message"] == "Please sign in again."
            window.press("Escape")
            assert desktop.active_title() == "Editor"
            window.press("ctrl+q")
            assert editor.next_line() == "typed " + "word" * 20
            assert window.state()["focus"] in (None, "password")  # the window below it is gone


def test_a_window_manager_that_gives_it_the_focus_unasked_leads_no_key_into_it(desktop: RealDesktop) -> None:
    with Dialogue(desktop, "--unasked", "--email", ADA) as window:
        desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex", "windowfocus", "--sync")
        window.type("word")
        window.press("Return", "Escape")
        state = window.state()
        assert (state["password"], state["message"], state["focus"]) == ("", "", None)
        window.press("Tab")  # now it is meant
        window.type("p")
        window.wait_until(focus="email", email="p")
        window.press("Escape")
        # Neither Return nor the first Escape has done anything.
        assert window.script.next_line() == "WindowClosed"


def test_opened_by_the_program_it_is_used_after_a_click_or_when_asked_for(desktop: RealDesktop) -> None:
    with Script("tests/desktop/editor_program.py", environ=desktop.environ) as editor:
        assert editor.next_line() == "focus"
        with Dialogue(desktop, "--unasked", "--email", ADA) as window:
            assert window.state()["focus"] is None
            window.order("forward")
            window.wait_until(focus="password")
            window.type("p")
            window.press("Return")
            assert window.script.next_line() == f"WindowSubmitted {ADA} p"


def test_twenty_windows_with_the_collector_running_elsewhere(desktop: RealDesktop) -> None:
    with Script("tests/desktop/login_program.py", "--times", "20", environ=desktop.environ) as script:
        assert [script.next_line(30) for _ in range(20)] == ["open"] * 20
        assert script.next_line().startswith("closed")
        assert script.ended() == 0
        assert "Tcl_AsyncDelete" not in script.errors
        assert "Exception ignored" not in script.errors
        assert "still in use" not in script.errors


def test_closing_with_the_pointer_on_a_control_is_quiet(desktop: RealDesktop) -> None:
    with Dialogue(desktop) as window:
        window.wait_until(focus="email")
        before = set(desktop.xdotool("search", "--onlyvisible", "--name", ".*").split())
        ident = desktop.xdotool("search", "--onlyvisible", "--name", "^Telex")
        desktop.xdotool("mousemove", "--window", ident, "100", "120")
        deadline = time.monotonic() + TIMEOUT
        while not set(desktop.xdotool("search", "--onlyvisible", "--name", ".*").split()) - before:
            assert time.monotonic() < deadline, "no tooltip"
        window.order("close")
        assert window.script.ended() == 0
        assert "Error" not in window.script.errors


def test_no_tip_before_the_pointer_moves(desktop: RealDesktop) -> None:
    """Before: under sway a new window got an Enter for where the pointer was assumed, and a tip that never went."""
    with Dialogue(desktop) as window:
        window.order("pointer Enter")
        assert window.state()["tips"] == []
        window.order("pointer Motion")
        assert window.state()["tips"] == ["reveal"]
        window.order("pointer Leave")
        assert window.state()["tips"] == []
        window.order("pointer Motion")  # a late one: the pointer is elsewhere
        assert window.state()["tips"] == []


def test_an_open_window_sleeps(desktop: RealDesktop) -> None:
    """At most five times a second does its thread wake up: the cursor blinks about two times. Before: 20 to 25 times
    its own thread, and 80 to 105 times with Tcl's."""
    with Dialogue(desktop, "--email", ADA) as window:
        window.wait_until(focus="password")
        pid = window.script.process.pid
        counts = [voluntary_switches(pid)]
        # A busy machine makes it wake less often, not more; but its first second is spent on coming to its place.
        for _ in range(3):
            time.sleep(1)
            counts.append(voluntary_switches(pid))
        assert min(later - before for before, later in pairwise(counts)) <= 5


def voluntary_switches(pid: int) -> int:
    """How often the main thread of a process has waited for something."""
    lines = Path(f"/proc/{pid}/task/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def run(code: str, **environ: str) -> str:
    """What a few lines of Python print."""
    with Script("-c", code, environ=environ) as script:
        return script.next_line()


OPENING = """
from telex_start.errors import TelexStartError
try:
    from telex_start.desktop.tk.login_window import LoginWindow
    LoginWindow(print, take_focus=True)
except TelexStartError as error:
    print(error.message)
"""


def test_without_tk_it_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "tkinter").mkdir()
    (tmp_path / "tkinter" / "__init__.py").write_text("raise ImportError('no Tk here')")
    assert "install python3-tk" in run(OPENING, PYTHONPATH=f"{tmp_path}:{ROOT}")


def test_without_a_display_it_says_so() -> None:
    assert run(OPENING).startswith("The login window cannot be shown: ")
