"""The panels that people run: the icon's pixels, the mouse, the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_desktop import TIMEOUT, RealDesktop
from tests.statusnotifier.screen import Colour, Screen
from tests.statusnotifier.tray import Menu, MenuItem, Tray, sizes

pytestmark = pytest.mark.desktop

RED, GREEN, BLUE = (210, 20, 20), (20, 160, 40), (30, 40, 200)
AT = {"xfce4-panel": (24, 784), "lxqt-panel": (15, 784)}
"""Where the panels' configuration puts the first icon's middle."""


def argb(colour: Colour) -> tuple[int, int, int, int]:
    return 255, *colour


class Stage:
    """A desktop with a panel, an icon in it and someone who looks at the screen."""

    def __init__(self, panel: str, desktop: RealDesktop, screen: Screen, tray: Tray) -> None:
        self.panel = panel
        self.desktop = desktop
        self.screen = screen
        self.tray = tray
        self.at = AT[panel]
        self.status = "Online"
        self.shown = True

    def icon_is(self, colour: Colour) -> None:
        """Wait for the icon to have this colour."""
        self.screen.wait_until(lambda: self.screen.pixel(*self.at) == colour, f"an icon of colour {colour}")

    def no_icon(self) -> None:
        """Wait for the icon to be gone."""
        icons = (RED, GREEN, BLUE)
        self.screen.wait_until(lambda: self.screen.pixel(*self.at) not in icons, "the icon to go")

    def menu(self, tray: Tray) -> Any:
        return Menu(
            MenuItem(lambda _: self.status, None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("First", tray.click("First")),
            MenuItem("Sometimes", tray.click("Sometimes"), visible=lambda _: self.shown),
            MenuItem("Last", tray.click("Last")),
        )

    def open_menu(self) -> int:
        """Right-click the icon; the menu's window."""
        self.desktop.right_click_icon()
        # A panel that has just started shows and hides windows of its own too.
        self.screen.wait_until(lambda: len(self.screen.popups()) == 1, "the menu")
        [menu] = self.screen.popups()
        return menu


@pytest.fixture(scope="module", params=["xfce4-panel", "lxqt-panel"])
def running(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with (
        RealDesktop(request.param, dunst=False) as desktop,
        Screen(desktop) as screen,
        Tray(desktop.bus.address, pictures=sizes(argb(RED))) as tray,
    ):
        stage = Stage(request.param, desktop, screen, tray)
        tray.icon.menu = stage.menu(tray)
        yield stage
        tray.icon.stop()
        assert tray.bus.stop(TIMEOUT)
        stage.no_icon()


@pytest.fixture
def stage(running: Stage) -> Iterator[Stage]:
    """The stage as it was at the beginning."""
    running.status, running.shown = "Online", True
    running.tray.icon.update_menu()
    running.tray.want_attention(False)
    running.tray.icon.icon = sizes(argb(RED))
    running.icon_is(RED)
    yield running
    running.desktop.xdotool("key", "Escape")
    running.desktop.xdotool("mousemove", "640", "300")
    running.screen.wait_until(lambda: not running.screen.popups(), "menu and tooltip to go")


def test_the_icon_is_seen_and_changes(stage: Stage) -> None:
    stage.tray.icon.icon = sizes(argb(GREEN))
    stage.icon_is(GREEN)


# Ahead of the menu's tests: once its menu was open, lxqt-panel 1.2 shows no tooltip for an icon any more.
def test_the_tooltip_is_the_title(stage: Stage) -> None:
    widths = []
    x, y = stage.at
    for title in ("W" * 8, "W" * 40):
        stage.tray.icon.title = title
        stage.tray.settle()
        for dx in range(3):  # lxqt-panel 1.2 wants to see it move there
            stage.desktop.xdotool("mousemove", str(x + dx), str(y))
        stage.screen.wait_until(stage.screen.popups, "the tooltip")
        [tooltip] = stage.screen.popups().values()
        widths.append(tooltip.width)
        stage.desktop.xdotool("mousemove", "640", "300")
        stage.screen.wait_until(lambda: not stage.screen.popups(), "the tooltip to go")
    assert widths[1] > 3 * widths[0]


def test_while_it_wants_attention_it_shows_the_picture_of_now(stage: Stage) -> None:
    for _ in range(2):
        stage.tray.icon.icon = sizes(argb(BLUE))
        stage.tray.want_attention(True)
        stage.icon_is(BLUE)
        stage.tray.icon.icon = sizes(argb(GREEN))
        stage.icon_is(GREEN)
        stage.tray.icon.icon = sizes(argb(RED))
        stage.tray.want_attention(False)
        stage.icon_is(RED)


def test_a_left_click_is_told(stage: Stage) -> None:
    stage.desktop.left_click_icon()
    assert stage.tray.clicked() == "left click"


@pytest.mark.parametrize("label", ["First", "Sometimes", "Last"])
def test_an_entry_chosen_with_the_keyboard(stage: Stage, label: str) -> None:
    stage.open_menu()
    stage.desktop.choose(label)
    assert stage.tray.clicked() == label


def test_an_open_menu_stays_open_while_words_and_entries_change(stage: Stage) -> None:
    menu = stage.open_menu()
    before = stage.screen.popups()[menu]
    area = (before.x, before.y, before.width, before.height)
    picture = stage.screen.picture(*area)
    stage.desktop.xdotool("key", "Down")
    stage.screen.changed(picture, area)
    for turn in range(3):
        picture = stage.screen.picture(*area)
        stage.status = f"Turn {turn}"
        stage.shown = not stage.shown
        stage.tray.icon.title = stage.status
        stage.tray.icon.icon = sizes(argb((GREEN, RED)[turn % 2]))
        stage.tray.icon.update_menu()
        stage.screen.changed(picture, area)
        assert menu in stage.screen.popups()
    stage.desktop.xdotool("key", "Return")  # what was highlighted before all this
    assert stage.tray.clicked() == "First"


def test_the_icon_comes_back_with_a_restarted_panel(stage: Stage) -> None:
    stage.desktop.stop_panel()
    stage.no_icon()
    stage.tray.icon.icon = sizes(argb(GREEN))
    stage.desktop.panel_process = stage.desktop.start(stage.panel)
    stage.icon_is(GREEN)
    stage.open_menu()
    stage.desktop.choose("Last")
    assert stage.tray.clicked() == "Last"
