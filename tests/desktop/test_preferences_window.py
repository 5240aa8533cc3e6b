"""The preferences window by keyboard, under a window manager."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.fake_desktop import TIMEOUT, RealDesktop
from tests.script import Script

pytestmark = pytest.mark.desktop

ORGANISATIONS = [["0198aa", "Acme", "Acme"], ["0198bb", "Northwind Ops", "Northwind Ops"]]
MUTED = [[["o/u", "channels_section", "1"], "# General", "until 14:30"], [["o/u", "dm", "2"], "@ Ben Okri", ""]]


@pytest.fixture(scope="module")
def desktop() -> Iterator[RealDesktop]:
    with RealDesktop(panel=None, dunst=False) as real:
        yield real


class Window:
    """The window in a program of its own, and the keyboard."""

    def __init__(self, desktop: RealDesktop, script: Script) -> None:
        self._desktop = desktop
        self._script = script

    def press(self, *keys: str) -> None:
        self._desktop.xdotool("key", "--delay", "10", *keys)

    def told(self) -> dict[str, Any]:
        """The next that it says it has done."""
        found: dict[str, Any] = json.loads(self._script.next_line())
        return found

    def state(self) -> dict[str, Any]:
        """What a person sees of it now."""
        self._script.tell("state")
        return self.told()

    def wait_until(self, **wanted: object) -> dict[str, Any]:
        """Wait until it looks so; returns all that is seen then."""
        deadline = time.monotonic() + TIMEOUT
        while not wanted.items() <= (state := self.state()).items():
            assert time.monotonic() < deadline, f"waited for {wanted}: {state}"
        return state

    def change_by_hand(self, **values: Any) -> None:
        """Somebody writes the file."""
        self._script.tell(f"file {json.dumps(values)}")
        assert self.told() == {"done": "file"}

    def fail(self, words: str) -> None:
        """The file cannot be written from here on."""
        self._script.tell(f"fail {words}")
        assert self.told() == {"done": "fail"}


@contextmanager
def window(desktop: RealDesktop, **data: Any) -> Iterator[Window]:
    with Script("tests/desktop/preferences_program.py", json.dumps(data), environ=desktop.environ) as script:
        assert json.loads(script.next_line()) == {"open": True}
        made = Window(desktop, script)
        made.wait_until(focus="at_login" if data.get("at_login") is not None else "remember_email")
        yield made


def test_tab_goes_through_all_of_it_in_the_order_of_reading(desktop: RealDesktop) -> None:
    with window(desktop, at_login=False, organisations=ORGANISATIONS, muted=MUTED) as made:
        seen = []
        for _ in range(18):
            seen.append(made.state()["focus"])
            made.press("Tab")
        assert seen == [
            *("at_login", "remember_email", "show_text", "main_app.click", "sound"),
            *("unread_thread_change", "channel_mention", "thread_reply"),
            *("direct_call_initiated", "saved_message_remainder", "hours", "while_client_runs"),
            *("organisations.Acme.notify", "organisations.Northwind Ops.notify", "Unmute", "Unmute"),
            *("ok", "cancel"),  # Apply has nothing to do
        ]
        made.wait_until(focus="at_login")


def test_return_is_ok_and_says_all_that_was_done(desktop: RealDesktop) -> None:
    with window(desktop, at_login=False, organisations=ORGANISATIONS, muted=MUTED) as made:
        made.press("alt+s", "alt+l", "q", "Tab", "n")
        made.press("Tab", "Tab", "Return")  # Unmute
        made.wait_until(focus="Unmute")
        made.press("Tab", "Return")
        assert made.told() == {"wrote": {"while_client_runs": "quiet", "organisations.Acme.notify": "none"}}
        assert made.told() == {"saved": True}
        assert made.told() == {"start_at_login": True}
        assert made.told() == {"unmute": ["o/u", "channels_section", "1"]}
        assert made.told() == {"closed": True}


def test_what_is_to_be_known_of_the_start_at_log_in_can_be_read_before_the_window_goes(desktop: RealDesktop) -> None:
    kept = "The unit without an icon has been stopped and kept as /x, since it is yours."
    with window(desktop, at_login=False, kept=kept) as made:
        made.press("alt+s", "Return")
        assert made.told() == {"start_at_login": True}
        made.wait_until(message=kept)
        made.press("Return")
        assert made.told() == {"closed": True}


def test_apply_saves_and_stays_and_escape_leaves_the_rest_unsaved(desktop: RealDesktop) -> None:
    with window(desktop) as made:
        assert "apply" not in made.state()["enabled"]
        made.press("alt+w")
        assert "apply" in made.state()["enabled"]
        made.press("alt+a")
        assert made.told() == {"wrote": {"show_text": False}}
        assert made.told() == {"saved": True}
        assert "apply" not in made.state()["enabled"]
        made.press("alt+r", "Escape")
        assert made.told() == {"closed": True}


@pytest.mark.parametrize("keys", [["Escape"], ["alt+F4"], ["shift+Tab", "space"], ["shift+Tab", "Return"]])
def test_cancel_in_all_its_ways_saves_nothing(desktop: RealDesktop, keys: list[str]) -> None:
    with window(desktop) as made:
        made.press("alt+w", "alt+r")
        made.wait_until(focus="remember_email")
        made.press(*keys)
        assert made.told() == {"closed": True}


def test_the_words_beside_a_list_have_its_tip_too(desktop: RealDesktop) -> None:
    """Only the list had it, and it is the words that need one."""
    with window(desktop, organisations=[["o-1", "Northwind Ops", "Northwind Ops"]]) as made:
        assert made.state()["tips"] == [
            "A click on a notification opens",
            "Sound",
            "While the Telex client runs",
            "Northwind Ops",
        ]


def test_what_is_given_elsewhere_says_so_and_cannot_be_changed(desktop: RealDesktop) -> None:
    given = {
        "sound": ["TELEX_START_SOUND", "off"],
        "while_client_runs": ["TELEX_START_WHILE_CLIENT_RUNS", "quiet"],
        "quiet.from": ["TELEX_START_QUIET_FROM", "22:00"],
        "notification_types": ["TELEX_START_NOTIFICATION_TYPES", ["thread_reply"]],
    }
    with window(desktop, given=given, file={"quiet.to": "07:00"}) as made:
        state = made.state()
        assert state["notes"] == {
            "sound": "Set by TELEX_START_SOUND.",
            "while_client_runs": "Set by TELEX_START_WHILE_CLIENT_RUNS.",
            "notification_types": "Set by TELEX_START_NOTIFICATION_TYPES.",
            "quiet.from": "Set by TELEX_START_QUIET_FROM.",
        }
        assert state["heights"]["while_client_runs"] == state["heights"]["sound"], "in one line, to its full stop"
        assert not {"sound", "thread_reply", "hours", "quiet.from", "quiet.to", "day mon"} & set(state["enabled"])
        made.press("alt+d", "o", "alt+u", "alt+q", "Return")
        assert made.told() == {"closed": True}


def test_a_wrong_field_says_so_beside_it_and_has_the_cursor(desktop: RealDesktop) -> None:
    with window(desktop, file={"sound": "loud"}) as made:
        wrong = 'In the configuration this is wrong. Allowed is "desktop", "on" or "off".'
        assert made.state()["notes"] == {"sound": wrong}
        made.press("alt+q", "alt+t", "7", "Return")
        state = made.wait_until(focus="quiet.to")
        assert state["notes"] == {"sound": wrong, "quiet.to": "To is no time of the day; write it like 07:00."}
        made.press("8", "colon", "0", "0")
        assert made.wait_until(focus="quiet.to")["notes"] == {"sound": wrong}
        made.press("Return")
        assert made.told() == {"wrote": {"quiet.from": "22:00", "quiet.to": "08:00"}}


def test_why_it_cannot_be_written_is_to_be_read_whole(desktop: RealDesktop) -> None:
    """It stood beside the buttons, and its path was cut off."""
    words = f"/home/ada/{'a' * 40}/config.toml is no TOML: Invalid value (at line 1, column 13)."
    with window(desktop) as made:
        made.fail(words)
        made.press("alt+w", "Return")
        assert made.wait_until(message=words)["message_is_whole"]
        assert made.state()["whole"]
        made.press("Escape")
        assert made.told() == {"closed": True}


def test_the_last_day_cannot_be_taken(desktop: RealDesktop) -> None:
    with window(desktop, file={"quiet.from": "22:00", "quiet.to": "07:00", "quiet.days": ["sun"]}) as made:
        made.press("alt+t", *["Tab"] * 7, "space", "Return")
        assert made.wait_until(focus="day mon")["notes"] == {"quiet.days": "Choose a day at least."}


@pytest.mark.parametrize(("keys", "wrote"), [(["Return"], {"show_text": False}), (["Tab", "Return"], None)])
def test_what_was_changed_by_hand_meanwhile_is_asked_about(
    desktop: RealDesktop, keys: list[str], wrote: dict[str, Any] | None
) -> None:
    with window(desktop) as made:
        made.change_by_hand(sound="off")
        made.press("alt+d", "o", "alt+w", "Return")
        made.wait_until(asks=True, focus="Keep the File")
        made.press("Escape")
        made.wait_until(asks=False, focus="ok")
        made.press("Return")
        made.wait_until(asks=True, focus="Keep the File")
        made.press(*keys)
        assert made.told() == {"wrote": wrote or {"sound": "on", "show_text": False}}
        assert made.told() == {"saved": True}
        assert made.told() == {"closed": True}


def test_on_a_small_screen_it_scrolls_to_what_has_the_keyboard() -> None:
    with (
        RealDesktop(panel=None, dunst=False, screen="1024x480x24") as small,
        window(small, organisations=ORGANISATIONS, muted=MUTED) as made,
    ):
        assert made.wait_until(whole=True)["scrolls"]
        for _ in range(16):
            made.press("Tab")
            assert made.wait_until(focus_is_seen=True)["focus"]
        made.press("alt+r")
        made.wait_until(focus="remember_email", focus_is_seen=True)
