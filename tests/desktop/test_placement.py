"""Where the login window stands, and whether it may appear unasked, under window managers that have faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.desktop.shown_window import ShownWindow
from tests.fake_bus import Xvfb
from tests.process import Script

pytestmark = pytest.mark.desktop

WIDTH, HEIGHT = 1280, 800
MARGIN = 12
NOTHING = {"email": "", "message": "", "take_focus": True}


@contextmanager
def managed(*options: str) -> Iterator[tuple[Xvfb, Script]]:
    """A screen with nothing but this window manager."""
    with (
        Xvfb(f"{WIDTH}x{HEIGHT}x24") as screen,
        Script("tests/desktop/window_manager_program.py", *options, environ=screen.environ) as manager,
    ):
        assert manager.next_line() == "ready"
        yield screen, manager


def at_the_corner(line: str) -> bool:
    """Whether the frame's lower right corner is where it belongs."""
    _, left, top, width, height = line.split()
    return (int(left) + int(width), int(top) + int(height)) == (WIDTH - MARGIN, HEIGHT - MARGIN)


@pytest.mark.parametrize("lost", [0, 3])
def test_a_move_that_the_window_manager_loses_is_sent_again(lost: int) -> None:
    """The window stood off its place by the size of its frame, 9 to 27 pixels, until it was closed."""
    with managed("--lose", str(lost)) as (screen, manager):
        with ShownWindow(screen, "login", **NOTHING):
            manager.line(lambda line: line.startswith("moved") and at_the_corner(line))
        assert sum(line.startswith("lost") for line in manager.lines) == lost


def test_a_window_manager_that_places_windows_itself_is_left_in_peace() -> None:
    """As tiling window managers do: the window is moved once and, if that is lost, three times more."""
    with managed("--lose", "-1") as (screen, manager), ShownWindow(screen, "login", **NOTHING) as window:
        for _ in range(4):
            manager.line(lambda line: line.startswith("lost"))
        window.wait_until(settled=True)
    assert sum(line.startswith("lost") for line in manager.lines_so_far()) == 4


def can_spare_the_focus(screen: Xvfb) -> str:
    code = "from telex_start.desktop import x11; print(x11.focus_can_be_spared())"
    with Script("-c", code, environ=screen.environ) as asking:
        return asking.next_line()


@pytest.mark.parametrize(("options", "spared"), [((), "True"), (("--no-user-time",), "False")])
def test_a_window_opens_unasked_only_where_the_focus_is_spared(options: tuple[str, ...], spared: str) -> None:
    """sway 1.7 gives the focus to every new window: a text being typed elsewhere would go into the password field."""
    with managed(*options) as (screen, _):
        assert can_spare_the_focus(screen) == spared


def test_where_there_is_no_window_manager_a_window_may_open_unasked() -> None:
    with Xvfb(f"{WIDTH}x{HEIGHT}x24") as screen:
        assert can_spare_the_focus(screen) == "True"


def test_a_window_manager_that_has_crashed_takes_no_focus() -> None:
    """Its properties of the root window stay, as the X server keeps them; only the window that they name is gone."""
    with managed("--no-user-time") as (screen, manager):
        manager.process.kill()
        manager.process.wait()
        assert can_spare_the_focus(screen) == "True"
