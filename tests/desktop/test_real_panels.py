"""The tray in the panels that people have, by mouse and keyboard."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.fake_desktop import TIMEOUT, RealDesktop
from tests.script import Script

pytestmark = pytest.mark.desktop

VIOLET, GREY, RED, QUIET_RED = (110, 80, 240), (136, 141, 150), (217, 26, 46), (84, 91, 105)
"""Colours of the icon: online, signed out, and of its badge, usual and while paused."""
ALARMED = (224, 62, 68)
"""Of the icon when sign-in is needed."""


@pytest.fixture(scope="module", params=["xfce4-panel", "lxqt-panel"])
def desktop(request: pytest.FixtureRequest) -> Iterator[RealDesktop]:
    with RealDesktop(request.param, dunst=False) as real:
        yield real


def tray(desktop: RealDesktop) -> Script:
    return Script("tests/desktop/tray_program.py", environ=desktop.environ)


def test_icon_is_seen_and_its_menu_works_with_the_mouse(desktop: RealDesktop) -> None:
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        desktop.wait_for_colour(*GREY)
        program.tell("online 3 Online: 2 organisations, 3 unread")
        desktop.wait_for_colour(*VIOLET)
        desktop.wait_for_colour(*RED)
        for label in ("Open Main App", "Exit"):
            desktop.right_click_icon()
            desktop.choose(label)
            assert program.next_line() == f"MenuClicked {label}"


def test_while_it_wants_attention_it_shows_the_picture_of_now(desktop: RealDesktop) -> None:
    """xfce4-panel 4.18 goes on showing that of the attention when it ends but the picture stays."""
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        for _ in range(2):
            program.tell("sign_in_needed 0 Sign in needed")
            desktop.wait_for_colour(*ALARMED)
            program.tell("online 0 Online: 2 organisations")
            desktop.wait_for_colour(*VIOLET)
        desktop.left_click_icon()
        assert program.next_line() == "IconClicked"


def unread(key: str, name: str, count: int) -> list[object]:
    return [["o/u", "channels_section", key], f"{name} ({count})", "Northwind Ops", False, name]


def face(*recent: list[object], **fields: object) -> str:
    return json.dumps({"status": "Online: 2 organisations", "recent": recent, **fields})


def test_an_open_list_is_updated_and_stays_open(desktop: RealDesktop) -> None:
    """Whoever reads in it while a message comes chooses what they meant, not what has moved to its place."""
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        program.tell(face(unread("g", "# General", 1), unread("b", "@ Ben Okri", 1), unread=2))
        desktop.wait_for_colour(*RED)
        desktop.right_click_icon()
        desktop.open_submenu("Recent")
        before = desktop.picture()
        new = unread("n", "# A name that is longer than all the others", 1)
        program.tell(face(new, unread("b", "@ Ben Okri", 1), unread("g", "# General", 2), unread=4))
        deadline = time.monotonic() + TIMEOUT
        while desktop.picture() == before:
            assert time.monotonic() < deadline, "the open list does not change"
            time.sleep(0.02)  # no event tells of pixels
        # lxqt-panel 1.2 forgets which entry was chosen when one comes; the third is General.
        keys = ["Down"] * 3 if desktop.panel == "lxqt-panel" else []
        desktop.xdotool("key", *keys, "Return")
        assert program.next_line() == "UnreadClicked g"


@pytest.mark.parametrize(("submenu", "label"), [("Pause Notifications", "30 minutes"), ("Help", "Doctor")])
def test_submenus_open_at_the_first_asking(desktop: RealDesktop, submenu: str, label: str) -> None:
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        desktop.wait_for_colour(*GREY)
        desktop.right_click_icon()
        desktop.open_submenu(submenu)
        desktop.xdotool("key", "Return")
        assert program.next_line() == f"MenuClicked {label}"


def test_openings_are_told_once_by_these_panels(desktop: RealDesktop) -> None:
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        program.tell("openings")
        program.tell(face(unread=1))
        desktop.wait_for_colour(*RED)
        for _ in range(2):
            desktop.right_click_icon()
            assert program.next_line() == "MenuOpened"
            desktop.xdotool("key", "Down", "Return")
            assert program.next_line() == "MenuClicked Open Main App"


def test_a_middle_click_is_told_and_a_pause_is_seen(desktop: RealDesktop) -> None:
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        program.tell(face(unread=1))
        desktop.wait_for_colour(*RED)
        desktop.scroll_icon()
        desktop.middle_click_icon()
        assert program.next_line() == "IconMiddleClicked"
        program.tell(face(unread=1, quiet=True))
        desktop.wait_for_colour(*QUIET_RED)


def test_an_open_menu_stays_open_while_nothing_changes(desktop: RealDesktop) -> None:
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        program.tell("online 0 Online: 2 organisations")
        desktop.wait_for_colour(*VIOLET)
        desktop.right_click_icon()
        for _ in range(100):
            program.tell("online 0 Online: 2 organisations")
        desktop.choose("Exit")
        assert program.next_line() == "MenuClicked Exit"


def test_icon_comes_back_after_the_panel_has_crashed(desktop: RealDesktop) -> None:
    with tray(desktop) as program:
        assert program.next_line() == "TrayAppeared"
        desktop.stop_panel()
        assert program.next_line() == "TrayMissing"
        program.tell("online 0 Online: 2 organisations")
        desktop.start_panel()
        assert program.next_line() == "TrayAppeared"
        desktop.wait_for_colour(*VIOLET)
        desktop.right_click_icon()
        desktop.choose("Test Notifications")
        assert program.next_line() == "MenuClicked Test Notifications"


def test_login_window_is_in_the_corner_above_the_panel(desktop: RealDesktop) -> None:
    with Script("tests/desktop/login_program.py", environ=desktop.environ) as window:
        assert window.next_line() == '{"open": true}'
        deadline = time.monotonic() + TIMEOUT
        while (off := desktop.off_place("Telex")) != (0, 0):
            assert time.monotonic() < deadline, f"it is off its place by {off} pixels"
            time.sleep(0.02)  # a move that the window manager loses is sent again, and no event tells of the last
