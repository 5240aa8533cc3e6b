"""Asks the X server: is there an old-style tray, which area is free, which window is in front; and raises windows.

Also the focus, the clipboard and the end of a start. Only this module uses python-xlib. It needs no C library, whose
error function could end the process. Each call makes a connection of its own; if the display is not there, or fails,
the answer is empty.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Area = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""
_Answer = TypeVar("_Answer")
_KEPT_WITHIN = 1.0
"""Seconds for a clipboard manager to take a text over; the manager may be gone."""
_SAVER_ON = 1
"""The state in which a screen saver runs, in the MIT-SCREEN-SAVER extension."""
_POWER_ON = 0
"""The power level of a screen that is on, in the DPMS extension."""


def reachable() -> bool:
    """Whether the display that ``DISPLAY`` names accepts a connection."""
    return _ask(lambda display: True, False)


def has_xembed_tray() -> bool:
    """Whether an old-style system tray (XEmbed) is there."""

    def ask(display: Any) -> bool:
        selection = display.intern_atom(f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}")
        return bool(display.get_selection_owner(selection))

    return _ask(ask, False)


def work_area() -> Area | None:
    """The part of the (main) screen that panels leave free; ``None`` if unknown."""

    def ask(display: Any) -> Area | None:
        root = display.screen().root
        areas = _property(display, root, "_NET_WORKAREA")
        desktop = _property(display, root, "_NET_CURRENT_DESKTOP")
        start = 4 * int(desktop[0]) if desktop else 0
        if len(areas) < start + 4:
            return None
        left, top, width, height = (int(value) for value in areas[start : start + 4])
        area = (left, top, width, height)
        # The work area spans all screens: its corner may be on none of them.
        return _common(area, _main_screen(root)) or area

    return _ask(ask, None)


def dots_per_inch() -> float | None:
    """The density that the desktop wants texts to be drawn for; ``None`` if it does not say."""

    def ask(display: Any) -> float | None:
        resources = bytes(_property(display, display.screen().root, "RESOURCE_MANAGER")).decode("latin-1")
        for line in resources.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "Xft.dpi":
                return float(value)
        return None

    return _ask(ask, None)


def frame_of(window: int) -> tuple[int, int, int, int] | None:
    """How much the window manager's frame adds left, right, above and below, in pixels; ``None`` before it is there.

    Args:
        window: The id of the window, or of a window inside it.
    """

    def ask(display: Any) -> tuple[int, int, int, int] | None:
        found = _property(display, _top(display, window), "_NET_FRAME_EXTENTS")
        if len(found) < 4:
            return None
        left, right, above, below = (int(value) for value in found[:4])
        return left, right, above, below

    return _ask(ask, None)


def position_of(window: int) -> tuple[int, int] | None:
    """Where the upper left corner of a window is on the screen, without its frame, in pixels; ``None`` when it is gone.

    Args:
        window: The id of the window.
    """

    def ask(display: Any) -> tuple[int, int] | None:
        found = display.create_resource_object("window", window).translate_coords(display.screen().root, 0, 0)
        # The answer says where the root's corner is in the window.
        return -int(found.x), -int(found.y)

    return _ask(ask, None)


def focus_can_be_spared() -> bool:
    """Whether a window can appear without the focus: the window manager heeds :func:`spare_the_focus`, or none runs.

    True if the display does not answer.
    """

    def ask(display: Any) -> bool:
        if not _is_managed(display):
            return True  # X itself gives a window that appears no focus
        supported = _property(display, display.screen().root, "_NET_SUPPORTED")
        return display.intern_atom("_NET_WM_USER_TIME") in supported

    return _ask(ask, True)


def spare_the_focus(window: int) -> None:
    """Ask the window manager to leave the focus where it is when a window appears.

    Args:
        window: The id of a window that is not shown yet, or of a window inside it.
    """

    def ask(display: Any) -> None:
        target = _top(display, window)
        # By the EWMH a user time of 0 means just this.
        target.change_property(display.intern_atom("_NET_WM_USER_TIME"), display.intern_atom("CARDINAL"), 32, [0])
        display.sync()

    _ask(ask, None)


def end_startup(token: str) -> None:
    """Tell the desktop that the program started with this token has come, so that it ends the busy pointer.

    By freedesktop's Startup Notification Protocol 0.1; GNOME on Wayland heeds it too, through XWayland.

    Args:
        token: The start-up id, which is an activation token as well; empty for none.
    """
    if not token:
        return

    def ask(display: Any) -> None:
        X, event = _xlib("X"), _xlib("protocol.event")
        root = display.screen().root
        window = root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent)
        kind = display.intern_atom("_NET_STARTUP_INFO_BEGIN")
        quoted = "".join(f"\\{letter}" if letter in '\\" ' else letter for letter in token)
        message = f"remove: ID={quoted}".encode() + b"\0"
        for start in range(0, len(message), 20):  # what fits into an event
            data = (8, message[start : start + 20].ljust(20, b"\0"))
            root.send_event(
                event.ClientMessage(window=window, client_type=kind, data=data), event_mask=X.PropertyChangeMask
            )
            kind = display.intern_atom("_NET_STARTUP_INFO")
        window.destroy()
        display.sync()

    _ask(ask, None)


def keep_clipboard(turn: Callable[[], object]) -> None:
    """Have the desktop keep the text that this program has copied, which would be gone when the program ends.

    By freedesktop's Clipboard Manager specification 0.1. Does nothing if no such manager runs: then the text is there
    as long as its window.

    Args:
        turn: Called again and again, so that this program answers when the manager asks for the text.
    """

    def ask(display: Any) -> None:
        X, Xatom = _xlib("X"), _xlib("Xatom")
        manager = display.intern_atom("CLIPBOARD_MANAGER")
        if not display.get_selection_owner(manager):
            return
        window = display.screen().root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent)
        targets = [display.intern_atom("UTF8_STRING"), Xatom.STRING]
        place = display.intern_atom("TELEX_START_TARGETS")
        window.change_property(place, Xatom.ATOM, 32, targets)
        window.convert_selection(manager, display.intern_atom("SAVE_TARGETS"), place, X.CurrentTime)
        display.flush()
        deadline = time.monotonic() + _KEPT_WITHIN
        while time.monotonic() < deadline:
            turn()
            while display.pending_events():
                if display.next_event().type == X.SelectionNotify:
                    return
            time.sleep(0.005)
        log.debug("the clipboard's manager does not answer")

    _ask(ask, None)


def raise_window_of(pids: set[int]) -> bool:
    """Bring the topmost window of these processes to the front and give it the focus.

    Returns:
        Whether there is one, and the window manager was asked.
    """

    def ask(display: Any) -> bool:
        X, root = _xlib("X"), display.screen().root
        for ident in reversed(_property(display, root, "_NET_CLIENT_LIST_STACKING")):
            window = display.create_resource_object("window", int(ident))
            owner = _property(display, window, "_NET_WM_PID")
            if owner and int(owner[0]) in pids:
                # 2 says that a pager asks: the person has just asked for it, by the tray's menu.
                data = (32, [2, X.CurrentTime, 0, 0, 0])
                kind = display.intern_atom("_NET_ACTIVE_WINDOW")
                event = _xlib("protocol.event").ClientMessage(window=window, client_type=kind, data=data)
                root.send_event(event, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
                display.sync()
                return True
        return False

    return _ask(ask, False)


def window_in_front() -> tuple[int, tuple[str, ...]] | None:
    """The window that has the focus and can be seen, by its process and its classes.

    Returns:
        The process's id, or 0 if that is unknown or another machine's, and the words of the window's ``WM_CLASS``.
        ``None`` if no window has the focus, the screen is dark, or something like a screen locker lies over the window.
    """

    def ask(display: Any) -> tuple[int, tuple[str, ...]] | None:
        root = display.screen().root
        active = _property(display, root, "_NET_ACTIVE_WINDOW")
        if not active or not active[0] or not _is_managed(display) or _is_dark(display, root):
            return None
        window = display.create_resource_object("window", int(active[0]))
        if _is_covered(root, window):
            return None
        owner = _property(display, window, "_NET_WM_PID")
        machine = _words(_property(display, window, "WM_CLIENT_MACHINE"))
        here = owner and machine in ((), (socket.gethostname(),))
        return int(owner[0]) if here else 0, _words(_property(display, window, "WM_CLASS"))

    return _ask(ask, None)


def _words(value: Any) -> tuple[str, ...]:
    """The words of a property that is text."""
    text = value.encode() if isinstance(value, str) else bytes(value)
    return tuple(word.decode(errors="replace") for word in text.split(b"\0") if word)


def _is_dark(display: Any, root: Any) -> bool:
    """Whether a screen saver runs, or the screen has been switched off."""
    if display.has_extension("MIT-SCREEN-SAVER") and root.screensaver_query_info().state == _SAVER_ON:
        return True
    if not display.has_extension("DPMS"):
        return False
    power = display.dpms_info()
    return bool(power.state and power.power_level != _POWER_ON)


def _is_covered(root: Any, window: Any) -> bool:
    """Whether another window lies over the whole of it, as those of screen lockers do.

    The window that a compositor paints on does so too, but the server does not name it among the root's children.
    """
    X = _xlib("X")
    frame = window
    while (parent := frame.query_tree().parent) != root:
        frame = parent
    inside = _place(frame, root)
    above = root.query_tree().children
    for other in above[above.index(frame) + 1 :]:
        try:
            seen = other.get_attributes()
            is_seen = seen.map_state == X.IsViewable and seen.win_class == X.InputOutput
            if is_seen and _common(inside, _place(other, root)) == inside:
                return True
        except _xlib("error").XError:
            continue  # the other window has gone meanwhile
    return False


def _place(window: Any, root: Any) -> Area:
    """The area that a child of the root takes on the screen."""
    found, screen = window.get_geometry(), root.get_geometry()
    border = 2 * found.border_width
    area = (found.x, found.y, found.width + border, found.height + border)
    return _common(area, (0, 0, screen.width, screen.height)) or (0, 0, 0, 0)


def _is_managed(display: Any) -> bool:
    """Whether a window manager runs. By the EWMH its own window says so too: the root's property outlives a crash."""
    named = "_NET_SUPPORTING_WM_CHECK"
    check = _property(display, display.screen().root, named)
    return bool(check) and check == _property(display, display.create_resource_object("window", int(check[0])), named)


def _top(display: Any, window: int) -> Any:
    """The window that the window manager knows: Tk puts each of its windows into such a one."""
    target = display.create_resource_object("window", window)
    tree = target.query_tree()
    is_outermost = tree.parent == tree.root or _property(display, target, "WM_STATE")
    return target if is_outermost else tree.parent


def _main_screen(root: Any) -> Area | None:
    try:
        screens = root.xrandr_get_monitors().monitors
    except (AttributeError, _xlib("error").XError):  # a server without RandR, or with an old one
        return None
    main = next((screen for screen in screens if screen.primary), screens[0] if screens else None)
    if main is None:
        return None
    return main.x, main.y, main.width_in_pixels, main.height_in_pixels


def _common(one: Area, other: Area | None) -> Area | None:
    """The area that is in both."""
    if other is None:
        return None
    left, top = max(one[0], other[0]), max(one[1], other[1])
    width = min(one[0] + one[2], other[0] + other[2]) - left
    height = min(one[1] + one[3], other[1] + other[3]) - top
    return (left, top, width, height) if width > 0 and height > 0 else None


def _property(display: Any, window: Any, name: str) -> Any:
    """A property's values; empty if it is not set."""
    X = _xlib("X")
    try:
        found = window.get_full_property(display.intern_atom(name), X.AnyPropertyType)
    except _xlib("error").XError:
        return ()  # the window has gone meanwhile
    return found.value if found is not None else ()


def _xlib(name: str) -> Any:
    """A module of python-xlib, imported when it is first needed; it has no types."""
    return import_module(f"Xlib.{name}")


def _ask(question: Callable[[Any], _Answer], otherwise: _Answer) -> _Answer:
    if not os.environ.get("DISPLAY"):
        return otherwise
    try:
        display = _xlib("display").Display()
        try:
            return question(display)
        finally:
            display.close()
    except Exception as error:  # python-xlib 0.33 raises many kinds, down to struct.error
        log.debug("the X display %s gives no answer: %s: %s", os.environ["DISPLAY"], type(error).__name__, error)
        return otherwise
