"""The tray in the panels that people have, by mouse and keyboard."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from telex_start import events
from telex_start.menu import MenuItem, Unread
from telex_start.toast import Conversation
from tests.fake_desktop import TIMEOUT, RealDesktop
from tests.statusnotifier.tray import Surface

pytestmark = pytest.mark.desktop

VIOLET, GREY, RED, QUIET_RED = (110, 80, 240), (136, 141, 150), (217, 26, 46), (84, 91, 105)
"""Colours of the icon: online, signed out, and of its badge, usual and while paused."""


@pytest.fixture(scope="module", params=["xfce4-panel", "lxqt-panel"])
def desktop(request: pytest.FixtureRequest) -> Iterator[RealDesktop]:
    with RealDesktop(request.param, dunst=False) as real:
        yield real


@pytest.fixture
def surface(desktop: RealDesktop) -> Iterator[Surface]:
    """The program's tray, and its icon in the panel."""
    with Surface(desktop.environ, wait_for_tray=0.2) as made:
        assert made.next() == events.TrayAppeared()
        desktop.wait_for_colour(*GREY)
        yield made


def test_icon_is_seen_and_its_menu_works_with_the_mouse(desktop: RealDesktop, surface: Surface) -> None:
    surface.show(unread=3)
    desktop.wait_for_colour(*VIOLET)
    desktop.wait_for_colour(*RED)
    for item in (MenuItem.OPEN_MAIN_APP, MenuItem.EXIT):
        surface.openings = True
        desktop.right_click_icon()
        assert surface.next() == events.MenuOpened()
        surface.openings = False  # to choose, its labels are read
        desktop.choose(item.value)
        assert surface.next() == events.MenuClicked(item)
    for button in (4, 5, 2):
        desktop.click_icon(button)
    assert surface.next() == events.IconMiddleClicked()
    surface.show(unread=3, quiet=True)
    desktop.wait_for_colour(*QUIET_RED)


def unread(key: str, name: str, count: int) -> Unread:
    return Unread(("o/u", "channels_section", key), f"{name} ({count})", "Northwind Ops", False, name)


def test_an_open_list_is_updated_and_stays_open(desktop: RealDesktop, surface: Surface) -> None:
    """If a message comes while the person reads the list, they choose what they meant, not what has moved there."""
    surface.show(unread=2, recent=(unread("g", "# General", 1), unread("b", "@ Ben Okri", 1)))
    desktop.wait_for_colour(*RED)
    desktop.right_click_icon()
    desktop.open_submenu("Recent")
    before = desktop.picture()
    new = unread("n", "# A name that is longer than all the others", 1)
    surface.show(unread=4, recent=(new, unread("b", "@ Ben Okri", 1), unread("g", "# General", 2)))
    deadline = time.monotonic() + TIMEOUT
    while desktop.picture() == before:
        assert time.monotonic() < deadline, "the open list does not change"
        time.sleep(0.02)  # no event tells of pixels
    # lxqt-panel 1.2 forgets which entry was chosen when one comes; the third is General.
    keys = ["Down"] * 3 if desktop.panel == "lxqt-panel" else []
    desktop.xdotool("key", *keys, "Return")
    assert surface.next() == events.UnreadClicked(Conversation("o/u", "channels_section", "g"))
