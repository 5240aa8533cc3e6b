"""The preferences window by keyboard, under a window manager."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest

from tests.desktop.shown_window import ShownWindow
from tests.fake_desktop import RealDesktop
from tests.process import until

pytestmark = pytest.mark.desktop

ORGANISATIONS = [["0198aa", "Acme", "Acme"], ["0198bb", "Northwind Ops", "Northwind Ops"]]
MUTED = [[["o/u", "channels_section", "1"], "# General", "until 14:30"], [["o/u", "dm", "2"], "@ Ben Okri", ""]]
KEPT = "The unit without an icon has been stopped and kept as /x, since it is yours."
STAY = "Stay signed in on this computer"
NO_KEYRING = "To stay signed in, a keyring is missing here: see Doctor."


class Window(ShownWindow):
    """The window, and the configuration file."""

    def __init__(self, desktop: RealDesktop, folder: Path, text: str = "", **data: Any) -> None:
        self.file = folder / "config.toml"
        self.file.write_text(text)
        self._first = "Start at log-in" if "at_login" in data else "Remember my e-mail address"
        super().__init__(desktop, "preferences", file=str(self.file), **data)

    def __enter__(self) -> Self:
        super().__enter__()
        self.wait_until(focus=self._first)
        return self


def test_tab_goes_through_all_of_it_in_the_order_of_reading(desktop: RealDesktop, tmp_path: Path) -> None:
    with Window(desktop, tmp_path, at_login=False, organisations=ORGANISATIONS, muted=MUTED) as window:
        # The label beside a list has the list's tooltip, too; no other control needs one.
        lists = ["A click on a notification opens", "Sound", "While the Telex client runs", "Acme", "Northwind Ops"]
        assert window.state()["tips"] == lists
        seen = []
        for _ in range(18):
            seen.append(window.state()["focus"])
            window.press("Tab")
        assert seen == [
            *("Start at log-in", "Remember my e-mail address", "Show what was written"),
            *("A click on a notification opens", "Sound"),
            *("Unread threads", "Mentions", "Replies", "Calls", "Reminders", "Quiet hours"),
            *("While the Telex client runs", "Acme", "Northwind Ops", "Unmute", "Unmute"),
            *("OK", "Cancel"),  # Apply has nothing to do
        ]
        window.wait_until(focus="Start at log-in")


def test_apply_saves_and_stays_and_escape_leaves_the_rest_unsaved(desktop: RealDesktop, tmp_path: Path) -> None:
    with Window(desktop, tmp_path) as window:
        assert "Apply" not in window.state()["enabled"]
        window.press("alt+w")
        assert "Apply" in window.state()["enabled"]
        window.press("alt+a")
        window.says(saved=True)
        assert "Apply" not in window.state()["enabled"]
        window.press("alt+r", "Escape")
        assert window.ended() == 0
        assert window.file.read_text() == "show_text = false\n"


@pytest.mark.parametrize("keys", [["alt+F4"], ["shift+Tab", "space"], ["shift+Tab", "Return"]])
def test_cancel_in_all_its_ways_saves_nothing(desktop: RealDesktop, tmp_path: Path, keys: list[str]) -> None:
    with Window(desktop, tmp_path) as window:
        window.press("alt+w", "alt+r")
        window.wait_until(focus="Remember my e-mail address")
        window.press(*keys)
        assert window.ended() == 0
        assert window.file.read_text() == ""


def test_what_is_given_elsewhere_says_so_and_cannot_be_changed(desktop: RealDesktop, tmp_path: Path) -> None:
    given = {
        "sound": ["TELEX_START_SOUND", "off"],
        "stay_signed_in": ["TELEX_START_STAY_SIGNED_IN", True],
        "while_client_runs": ["TELEX_START_WHILE_CLIENT_RUNS", "quiet"],
        "quiet.from": ["TELEX_START_QUIET_FROM", "22:00"],
        "notification_types": ["TELEX_START_NOTIFICATION_TYPES", ["thread_reply"]],
    }
    with Window(desktop, tmp_path, '[quiet]\nto = "07:00"\n', given=given) as window:
        window.hears(keyring="")
        state = window.state()
        names = ("STAY_SIGNED_IN", "SOUND", "NOTIFICATION_TYPES", "QUIET_FROM", "WHILE_CLIENT_RUNS")
        assert state["notes"] == [f"Set by TELEX_START_{name}." for name in names]
        assert state["heights"][1] == state["heights"][4], "in one line, to its full stop"
        assert not {STAY, "Sound", "Replies", "Quiet hours", "From", "to", "Mon"} & set(state["enabled"])
        window.press("alt+d", "o", "alt+u", "alt+q", "Return")
        assert window.ended() == 0


@pytest.mark.parametrize("missing", ["", "No keyring."])
def test_staying_signed_in_can_be_chosen_once_there_is_a_keyring_and_nothing_moves(
    desktop: RealDesktop, tmp_path: Path, missing: str
) -> None:
    with Window(desktop, tmp_path, "stay_signed_in = true\n") as window:
        before = window.state()
        assert STAY in before["ticked"] and STAY not in before["enabled"]
        window.hears(keyring=missing)
        until(lambda: NO_KEYRING in window.state()["lines"] if missing else STAY in window.state()["enabled"])
        after = window.state()
        assert (STAY in after["there"], after["size"], after["focus"]) == (not missing, before["size"], before["focus"])
        window.press("alt+y", "Return")
        assert window.ended() == 0
        assert window.file.read_text() == f"stay_signed_in = {'true' if missing else 'false'}\n"


def test_a_wrong_field_says_so_beside_it_and_has_the_cursor(desktop: RealDesktop, tmp_path: Path) -> None:
    with Window(desktop, tmp_path, 'sound = "loud"\n[quiet]\ndays = ["sun"]\n') as window:
        wrong = 'In the configuration this is wrong. Allowed is "desktop", "on" or "off".'
        assert window.state()["notes"][0] == wrong
        window.press("alt+q", "alt+q", "alt+t", "7", "Return")
        state = window.wait_until(focus="to")
        assert state["notes"] == [wrong, "To is no time of the day; write it like 07:00."]
        window.press("8", "colon", "0", "0", *["Tab"] * 7, "space", "Return")
        assert window.wait_until(focus="Mon")["notes"] == [wrong, "Choose a day at least."]
        window.press("space", "Return")
        window.says(saved=True)
        assert 'from = "22:00"\nto = "08:00"\n' in window.file.read_text().replace('days = ["mon"]\n', "")


def test_what_has_failed_or_is_to_be_known_can_be_read_whole_before_the_window_goes(desktop: RealDesktop) -> None:
    """The message stood beside the buttons, and the path in it was cut off."""
    with (
        TemporaryDirectory(prefix="a" * 40) as folder,
        Window(desktop, Path(folder), at_login=False, kept=KEPT) as window,
    ):
        window.file.write_text("sound = \n")
        window.press("alt+w", "alt+s", "Return")
        state = window.wait_until(message_is_whole=True, whole=True, focus="Start at log-in")
        assert state["message"].startswith(f"{window.file} is no TOML: ")
        window.file.write_text("")
        window.press("Return")
        window.says(saved=True)
        window.says(start_at_login=True)
        window.wait_until(message=KEPT)
        window.press("Return")
        assert window.ended() == 0


@pytest.mark.parametrize(("keys", "sound"), [(["Return"], "off"), (["Tab", "Return"], "on")])
def test_what_was_changed_by_hand_meanwhile_is_asked_about(
    desktop: RealDesktop, tmp_path: Path, keys: list[str], sound: str
) -> None:
    with Window(desktop, tmp_path) as window:
        window.file.write_text('sound = "off"\n')
        window.press("alt+d", "o", "alt+w", "Return")
        window.wait_until(asks=True, focus="Keep the File")
        window.press("Escape")
        window.wait_until(asks=False, focus="OK")
        window.press("Return")
        window.wait_until(asks=True, focus="Keep the File")
        window.press(*keys)
        window.says(saved=True)
        assert window.ended() == 0
        assert window.file.read_text() == f'sound = "{sound}"\nshow_text = false\n'


def test_on_a_small_screen_it_scrolls_to_what_has_the_keyboard(tmp_path: Path) -> None:
    with (
        RealDesktop(panel=None, dunst=False, screen="1024x480x24") as small,
        Window(small, tmp_path, organisations=ORGANISATIONS, muted=MUTED) as window,
    ):
        assert window.wait_until(whole=True)["scrolls"]
        for _ in range(16):
            window.press("Tab")
            assert window.wait_until(focus_is_seen=True)["focus"]
        window.press("alt+r")
        window.wait_until(focus="Remember my e-mail address", focus_is_seen=True)
