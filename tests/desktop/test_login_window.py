"""The login window by keyboard and mouse, under a window manager."""

from __future__ import annotations

import json
import signal
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from telex_start.desktop.tk.login_pages import what_is_wrong
from tests.desktop.shown_window import ShownWindow
from tests.fake_desktop import RealDesktop
from tests.process import ROOT, Script, until

pytestmark = pytest.mark.desktop

ADA = "ada@example.org"
TELEX = {"api_url": "https://api.telex.im/api/v1", "web_url": "https://telex.im"}
MAILED = "A link is on its way."
WRAPPED = "<https://telex.im/auth/login/\n  magic-link?token=123456>\n"
MAIL = """
import sys, tkinter
root, text = tkinter.Tk(), sys.argv[1]
root.withdraw()
root.clipboard_append(text)
root.selection_handle(lambda start, length: text[int(start):][:int(length)])
root.selection_own()
print("selected and copied", flush=True)
root.mainloop()
"""
"""A mail program in which a text is marked and copied."""


def dialogue(desktop: RealDesktop, *options: str, **data: Any) -> ShownWindow:
    return ShownWindow(desktop, "login", *options, **{"email": "", "message": "", "take_focus": True, **data})


def test_what_is_typed_before_the_window_gets_to_it_is_typed_all_the_same(desktop: RealDesktop) -> None:
    """On a busy machine the first keys were lost: the window had the keyboard before its fields could have it."""
    with dialogue(desktop, "starved") as window:
        until(lambda: desktop.active_title().startswith("Telex"), "the window has not got the keyboard")
        window.type("wrong@example.org")
        window.press("ctrl+a")  # all is selected, so that typing replaces it
        window.type(ADA)
        window.press("Tab")
        window.type("pass word")
        window.press("Return")
        window.process.send_signal(signal.SIGCONT)
        window.says(email=ADA, password="pass word")


def test_tab_goes_through_the_controls_in_order_and_back(desktop: RealDesktop) -> None:
    with dialogue(desktop) as window:
        for name in ("email", "password", "reveal", "login", "cancel", "email"):
            window.wait_until(focus=name)
            window.press("Tab")
        window.wait_until(focus="password")
        window.press("shift+Tab")
        window.wait_until(focus="email")


def test_password_is_dots_until_it_is_shown_and_again_when_it_is_sent(desktop: RealDesktop) -> None:
    with dialogue(desktop, email=ADA) as window:
        assert window.wait_until(focus="password")["readable"] is False
        window.type("secret")
        window.press("Tab", "space")
        window.wait_until(readable=True)
        window.press("Tab", "Return")
        window.says(email=ADA, password="secret")
        assert window.state()["readable"] is False


@pytest.mark.parametrize("keys", [["Escape"], ["alt+F4"], ["Tab", "Tab", "Tab", "Tab", "space"]])
def test_escape_cancel_and_the_windows_own_button_close(desktop: RealDesktop, keys: list[str]) -> None:
    with dialogue(desktop) as window:
        window.wait_until(focus="email")
        window.press(*keys)
        window.says(closed=True)


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
    with dialogue(desktop) as window:
        window.wait_until(focus="email")
        window.type("ada@example")
        window.press("Tab", "Return")
        window.wait_until(message=what_is_wrong("ada@example", ""), focus="email")
        window.type(".org")
        window.press("Return")
        window.wait_until(message="Please enter your password.", focus="password")
        window.type("p")
        window.press("Return")
        window.says(email=ADA, password="p")  # nothing was before this


def test_how_the_sign_in_goes_is_said_and_while_it_does_only_cancel_is_left(desktop: RealDesktop) -> None:
    with dialogue(desktop, email=ADA) as window:
        window.wait_until(focus="password")
        window.type("secret")
        window.wait_until(password="secret")
        window.hears(show="busy", message="Signing in")
        assert window.wait_until(message="Signing in", bar=True)["enabled"] == ["cancel"]
        window.type("q")
        window.press("Return")
        assert window.state()["password"] == "secret"
        window.press("Escape")
        window.says(closed=True)
        window.hears(show="words", message="Password accepted.")
        window.wait_until(message="Password accepted.", bar=True)
        window.hears(show="failure", message="No.")
        window.wait_until(message="No.", bar=False, focus="password")
        window.type("another")
        window.wait_until(password="another")
        window.hears(show="success", message="Signed in: 3 organisations.")
        window.wait_until(message="Signed in: 3 organisations.", bar=False, password="", enabled=["cancel"])


# The way by mail.


def waits_for_the_link(window: ShownWindow) -> None:
    """Have it ask for a link by the keyboard, and hear that it is mailed."""
    window.wait_until(focus="password")
    window.press("Tab", "Tab", "Return")
    window.says(ask=ADA)
    window.hears(show="link", message=MAILED)
    window.wait_until(focus="link", mailed=MAILED, link="", bar=False)


@pytest.mark.parametrize("way", ["ctrl+v", "shift+Insert", "the middle button"])
def test_a_pasted_link_is_taken_by_itself(desktop: RealDesktop, way: str) -> None:
    with (
        Script("-c", MAIL, WRAPPED, environ=desktop.environ) as mail,
        dialogue(desktop, email=ADA, **TELEX) as window,
    ):
        assert mail.next_line() == "selected and copied"
        waits_for_the_link(window)
        if way.startswith("the"):
            desktop.xdotool("mousemove", *window.state()["link is at"], "click", "2")
        else:
            window.press(way)
        window.says(email=ADA, code="123456")
        assert window.typed == 1
        window.hears(show="success", message="Signed in.")
        window.wait_until(link="", enabled=["cancel"])


def test_digits_are_typed_and_what_is_wrong_is_said_under_the_field_until_back_forgets_them(
    desktop: RealDesktop,
) -> None:
    with dialogue(desktop, email=ADA, **TELEX) as window:
        size = window.wait_until(focus="password")["size"]
        waits_for_the_link(window)
        window.type("12x")
        window.press("Return")
        assert window.wait_until(focus="link", link="12x")["message"].startswith("This is neither a link nor digits.")
        window.type("123456")  # it was selected
        window.press("Return")
        window.says(email=ADA, code="123456")
        window.hears(show="busy", message="Signing in")
        assert window.wait_until(message="Signing in", bar=True)["enabled"] == ["cancel"]
        window.hears(show="failure", message="It is over.")
        assert window.wait_until(message="It is over.", focus="link", link="123456", bar=False)["size"] == size
        for name in ("back", "login", "cancel", "link"):  # another link can be asked for later
            window.press("Tab")
            window.wait_until(focus=name)
        window.press("Tab", "Tab", "Return")
        window.says(email=ADA, code="123456")
        window.press("shift+Tab", "space")
        window.says(back=True)
        assert window.wait_until(focus="password", link="", message="")["size"] == size
        window.press("Escape")
        window.says(closed=True)
        assert window.typed == 1


def test_another_link_can_be_asked_for_and_a_long_address_is_shown_whole(desktop: RealDesktop) -> None:
    message = f"A link is on its way to {'ada.' * 60}{ADA}. Copy it."
    with dialogue(desktop, "soon", email=ADA, **TELEX) as window:
        waits_for_the_link(window)
        window.type("1")
        until(lambda: "again" in window.state()["enabled"], "it cannot be asked for")
        window.press("Tab")
        width, height = window.wait_until(focus="again")["size"]
        window.press("Return")
        window.says(ask=ADA)
        window.hears(show="link", message=message)
        until(lambda: window.state()["size"][1] > height, "it has not grown")
        assert window.wait_until(whole=True, focus="link", mailed=message, link="")["size"][0] == width


def test_where_the_way_by_mail_comes_first_return_asks_for_a_link(desktop: RealDesktop) -> None:
    with dialogue(desktop, **TELEX, by_mail=True) as window:
        assert window.wait_until(focus="email")["emphasised"] == ["mail"]
        window.press("Return")
        window.wait_until(message="Please enter your e-mail address.", focus="email")
        window.type(ADA)
        window.press("Return")
        window.says(ask=ADA)
        window.hears(show="failure", message="Nobody has this address.")
        window.wait_until(message="Nobody has this address.", focus="email")
        window.type("grace@example.org")  # it was selected
        window.press("Tab", "p", "Return")
        window.says(email="grace@example.org", password="p")


# Staying signed in.


def test_the_box_can_be_ticked_once_there_is_a_keyring_and_goes_to_the_configuration(
    desktop: RealDesktop, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("wrong\n")
    with dialogue(desktop, email=ADA, **TELEX, path=str(file)) as window:
        before = window.wait_until(focus="password", ticked=[])
        assert "box" in before["there"] and "box" not in before["enabled"]
        window.hears(keyring="")
        until(lambda: "box" in window.state()["enabled"])
        assert window.state()["words"]["password"] == "Your Telex password; it is not stored"
        window.press("p", "Tab", "Tab")
        window.wait_until(focus="box")
        window.press("space")
        words = window.wait_until(ticked=["box"])["words"]
        assert words["password"] == "Your Telex password; it is kept in the keyring"
        window.press("Tab", "Tab", "Return")
        assert f"{file} is no TOML" in window.wait_until(whole=True, focus="login")["message"]
        file.write_text("# mine\n")
        window.press("Return")
        window.says(saved=True)  # and nothing was before
        window.says(email=ADA, password="p", stay=True)
        assert file.read_text() == "# mine\nstay_signed_in = true\n"
        window.press("Return")
        window.says(email=ADA, password="p", stay=True)  # it is as it was


@pytest.mark.parametrize(
    ("keyring", "given", "stay"),
    [("No keyring: install one.", "", {}), ("", "TELEX_START_STAY_SIGNED_IN", {"stay": True})],
    ids=["no keyring", "given"],
)
def test_without_a_keyring_the_box_goes_and_where_it_is_given_elsewhere_it_says_so(
    desktop: RealDesktop, tmp_path: Path, keyring: str, given: str, stay: dict[str, bool]
) -> None:
    more = {"path": str(tmp_path / "config.toml"), "stay": True, "stay_given": given}
    with dialogue(desktop, email=ADA, **TELEX, **more) as window:
        before = window.wait_until(focus="password", ticked=["box"])
        window.hears(keyring=keyring)
        window.press("p")
        until(lambda: ("box" in window.state()["there"]) is bool(given), "the box stays")
        state = window.wait_until(password="p", size=before["size"])
        assert "box" not in state["enabled"]
        assert state["words"]["password"].endswith("kept in the keyring" if given else "it is not stored")
        assert not given or state["words"]["box"] == f"Set by {given}"
        window.press("Return")
        window.says(email=ADA, password="p", **stay)


def test_opened_by_the_program_it_leaves_the_keyboard_where_it_is_until_it_is_asked_for(desktop: RealDesktop) -> None:
    with Script("tests/desktop/editor_program.py", environ=desktop.environ) as editor:
        assert editor.next_line() == "focus"
        with dialogue(desktop, email=ADA, message="Please sign in again.", take_focus=False) as window:
            window.wait_until(message="Please sign in again.")
            for _ in range(20):
                window.type("word")
            state = window.state()
            assert (state["password"], state["focus"]) == ("", None)
            window.press("Escape")
            assert desktop.active_title() == "Editor"
            window.hears(show="front", message="")
            window.wait_until(focus="password")
            window.type("p")
            window.press("Return")
            window.says(email=ADA, password="p")
        until(lambda: desktop.active_title() == "Editor")
        desktop.xdotool("key", "ctrl+q")
        assert editor.line(lambda line: line.startswith("typed")) == "typed " + "word" * 20


def test_a_window_manager_that_gives_it_the_focus_unasked_leads_no_key_into_it(desktop: RealDesktop) -> None:
    with dialogue(desktop, email=ADA, take_focus=False) as window:
        desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex", "windowfocus", "--sync")
        window.type("word")
        window.press("Return", "Escape")
        state = window.state()
        assert (state["password"], state["message"], state["focus"]) == ("", "", None)
        window.press("Tab")  # now it is meant
        window.type("p")
        window.wait_until(focus="email", email="p")
        window.press("Escape")
        window.says(closed=True)  # neither Return nor the first Escape has done anything


def test_closing_with_the_pointer_on_a_control_is_quiet(desktop: RealDesktop) -> None:
    def windows() -> set[str]:
        return set(desktop.xdotool("search", "--onlyvisible", "--name", ".*").split())

    with dialogue(desktop) as window:
        window.wait_until(focus="email")
        window.wait_until(settled=True)
        before = windows()
        ident = desktop.xdotool("search", "--onlyvisible", "--name", "^Telex")
        desktop.xdotool("mousemove", "--window", ident, "100", "120")
        until(lambda: windows() - before, "no tooltip")
        assert window.process.stdin is not None
        window.process.stdin.close()
        assert window.ended() == 0
        assert "Error" not in window.errors


def test_no_tip_before_the_pointer_moves(desktop: RealDesktop) -> None:
    """Under sway a new window got an Enter event for an assumed place of the pointer: its tip came, and never went."""
    with dialogue(desktop) as window:
        for event, tips in (("Enter", []), ("Motion", ["reveal"]), ("Leave", []), ("Motion", [])):
            window.hears(pointer=event)
            assert window.state()["tips"] == tips


def test_an_open_window_sleeps(desktop: RealDesktop) -> None:
    """The window's thread wakes at most five times a second, about two of them to blink the cursor. Before, its own
    thread woke 20 to 25 times, and 80 to 105 times with Tcl's."""
    with dialogue(desktop, email=ADA) as window:
        window.wait_until(focus="password")
        process = psutil.Process(window.process.pid)
        counts = [process.num_ctx_switches().voluntary]
        # A busy machine makes it wake less often, not more; but its first second is spent on coming to its place.
        for _ in range(3):
            time.sleep(1)
            counts.append(process.num_ctx_switches().voluntary)
        assert min(later - before for before, later in pairwise(counts)) <= 5


@pytest.mark.parametrize(
    ("display", "tk", "words"),
    [
        (":987", "raise ImportError('no Tk here')", "The login window needs Tk: install python3-tk"),
        ("", "", "The login window needs an X display"),
        (":987", "", "The login window cannot be shown: "),
    ],
)
def test_why_it_cannot_be_shown_is_told(tmp_path: Path, display: str, tk: str, words: str) -> None:
    environ = {"DISPLAY": display, "XDG_CACHE_HOME": str(tmp_path)}
    if tk:
        (tmp_path / "tkinter.py").write_text(tk)
        environ["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    with Script("-m", "telex_start", "login", environ=environ) as window:
        window.tell(json.dumps({"email": "", "take_focus": True, "message": ""}))
        assert json.loads(window.next_line())["failed"].startswith(words)
        assert window.ended() == 2
