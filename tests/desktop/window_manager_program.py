"""A window manager with the faults of real ones, for tests; prints a line for each thing that it does.

It adds frames, and ignores the first moves of a shown window, as mutter 43, muffin 5.6 and kwin 5.27 ignore moves that
come while an earlier one is under way.

Lines: ``ready``; ``mapped``, ``moved`` or ``lost``, followed by the frame's left, top, width and height.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from Xlib import X, Xatom, display, error
from Xlib.protocol import event as events

LEFT, RIGHT, ABOVE, BELOW = 7, 7, 31, 9
"""The widths of the frame's sides, in pixels."""


class WindowManager:
    """Args:
    lose: How many moves of shown windows it ignores; -1 for all.
    user_time: Whether it announces that it supports ``_NET_WM_USER_TIME``.
    """

    def __init__(self, lose: int, user_time: bool) -> None:
        self._lose = lose
        self._display = display.Display()
        self._display.set_error_handler(lambda *_: None)  # a window that has just gone
        self._root = self._display.screen().root
        self._frames: dict[int, Any] = {}
        self._root.change_attributes(event_mask=X.SubstructureRedirectMask)
        self._check = self._root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent)
        for window in (self._root, self._check):
            self._set(window, "_NET_SUPPORTING_WM_CHECK", Xatom.WINDOW, [self._check.id])
        names = ["_NET_FRAME_EXTENTS", *(["_NET_WM_USER_TIME"] if user_time else [])]
        self._set(self._root, "_NET_SUPPORTED", Xatom.ATOM, [self._atom(name) for name in names])
        width, height = self._display.screen().width_in_pixels, self._display.screen().height_in_pixels
        self._set(self._root, "_NET_WORKAREA", Xatom.CARDINAL, [0, 0, width, height])
        self._display.sync()
        print("ready", flush=True)

    def run(self) -> None:
        """Manage windows for ever."""
        while True:
            event = self._display.next_event()
            try:
                if event.type == X.MapRequest:
                    self._map(event.window)
                elif event.type == X.ConfigureRequest:
                    self._configure(event)
            except (error.BadWindow, error.BadDrawable):
                pass  # a window that has just gone

    def _map(self, window: Any) -> None:
        if window.id in self._frames:
            window.map()
            self._frames[window.id].map()
            return
        place = window.get_geometry()
        frame = self._root.create_window(
            place.x, place.y, place.width + LEFT + RIGHT, place.height + ABOVE + BELOW, 0, X.CopyFromParent,
            event_mask=X.SubstructureRedirectMask, override_redirect=True,
        )  # fmt: skip
        self._frames[window.id] = frame
        window.reparent(frame, LEFT, ABOVE)
        self._set(window, "_NET_FRAME_EXTENTS", Xatom.CARDINAL, [LEFT, RIGHT, ABOVE, BELOW])
        self._set(window, "WM_STATE", self._atom("WM_STATE"), [1, 0])
        window.map()
        frame.map()
        self._tell("mapped", window)

    def _configure(self, event: Any) -> None:
        window, wanted = event.window, event.value_mask
        frame = self._frames.get(window.id)
        if frame is None:
            given = {"x": X.CWX, "y": X.CWY, "width": X.CWWidth, "height": X.CWHeight}
            window.configure(**{name: getattr(event, name) for name, bit in given.items() if wanted & bit})
            return
        if wanted & (X.CWWidth | X.CWHeight):
            window.configure(width=event.width, height=event.height)
            frame.configure(width=event.width + LEFT + RIGHT, height=event.height + ABOVE + BELOW)
        if wanted & (X.CWX | X.CWY):
            if self._lose:
                self._lose -= 1
                self._tell("lost", window)
                return
            frame.configure(x=event.x, y=event.y)
            self._tell("moved", window)

    def _tell(self, what: str, window: Any) -> None:
        """Tell the window where it is (ICCCM 4.1.5), and print the line."""
        frame = self._frames[window.id].get_geometry()
        size = window.get_geometry()
        window.send_event(
            events.ConfigureNotify(
                event=window, window=window, x=frame.x + LEFT, y=frame.y + ABOVE, width=size.width, height=size.height,
                border_width=0, above_sibling=X.NONE, override=False,
            )
        )  # fmt: skip
        self._display.sync()
        print(what, frame.x, frame.y, frame.width, frame.height, flush=True)

    def _set(self, window: Any, name: str, kind: int, values: list[int]) -> None:
        window.change_property(self._atom(name), kind, 32, values)

    def _atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lose", type=int, default=0)
    parser.add_argument("--no-user-time", action="store_true")
    options = parser.parse_args()
    WindowManager(options.lose, not options.no_user_time).run()
    sys.exit(0)
