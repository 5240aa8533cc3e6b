"""Asks the X server where windows stand and which has the focus.

``python -m tests.x_windows TITLE`` prints how far that window is from the login window's place, ``--place TITLE`` a
point on it, and no argument the title of the window with the focus. xdotool 3 is of no use for this: its
``getwindowgeometry`` counts a window's frame twice.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from Xlib import X
from Xlib import display as displays
from Xlib.error import BadDrawable, BadWindow

MARGIN = 12
"""Pixels between the login window and the edges of the work area."""


def off_place(display: Any, title: str) -> tuple[int, int] | None:
    """How many pixels, to the right and downwards, a window's lower right corner is from the login window's place.

    Args:
        display: A connection to the X server.
        title: A part of the window's title.

    Returns:
        ``None`` if no window has such a title.
    """
    found = _placed(display, title)
    if found is None:
        return None
    window, at, size = found
    root = display.screen().root
    screen = root.get_geometry()
    area = _values(display, root, "_NET_WORKAREA")[:4] or (0, 0, screen.width, screen.height)
    left, top, width, height = (int(value) for value in area)
    _, right, _, below = [int(value) for value in _values(display, window, "_NET_FRAME_EXTENTS")] or [0] * 4
    return (
        -at.x + size.width + right - (left + width - MARGIN),
        -at.y + size.height + below - (top + height - MARGIN),
    )


def point_on(display: Any, title: str) -> tuple[int, int] | None:
    """A point near a window's lower left corner, where it has no control; ``None`` if no window has such a title."""
    found = _placed(display, title)
    if found is None:
        return None
    _, at, size = found
    return -at.x + 8, -at.y + size.height - 8


def titled(display: Any, words: str) -> Iterator[Any]:
    """The windows with these words in their titles, of those that the window manager manages."""
    for ident in _values(display, display.screen().root, "_NET_CLIENT_LIST"):
        window = display.create_resource_object("window", int(ident))
        if words in _title_of(display, window):
            yield window


def _placed(display: Any, title: str) -> tuple[Any, Any, Any] | None:
    """The window with that title, the place of the screen's corner in it, and its geometry; ``None`` without one."""
    for window in titled(display, title):
        with suppress(BadWindow, BadDrawable):  # it has gone meanwhile
            return window, window.translate_coords(display.screen().root, 0, 0), window.get_geometry()
    return None


def _title_of(display: Any, window: Any) -> str:
    name = _values(display, window, "_NET_WM_NAME") or _values(display, window, "WM_NAME")
    return bytes(name).decode(errors="replace")


def active(display: Any) -> str:
    """The title of the window that has the focus, as the window manager says; empty if none has it."""
    found = _values(display, display.screen().root, "_NET_ACTIVE_WINDOW")
    if not found or not found[0]:
        return ""
    return _title_of(display, display.create_resource_object("window", int(found[0])))


def _values(display: Any, window: Any, name: str) -> Any:
    try:
        found = window.get_full_property(display.intern_atom(name), X.AnyPropertyType)
    except BadWindow:  # it has gone meanwhile
        return []
    return found.value if found is not None else []


if __name__ == "__main__":
    if sys.argv[1:2] == ["--place"]:
        print(*(point_on(displays.Display(), sys.argv[2]) or ()))
    elif sys.argv[1:]:
        print(*(off_place(displays.Display(), sys.argv[1]) or ()))
    else:
        print(active(displays.Display()))
