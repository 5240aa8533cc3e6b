"""A window's place on the screen: how dense its pixels are, where its corner goes, and whose the focus is.

What is particular to a platform is here. Imports no Tk: it is handed the root window.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from .. import x11


def ask_for_sharp_pixels() -> None:
    """Windows draws a program's windows small and then enlarges them, unless it says that it can do better."""
    if sys.platform == "win32":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def density(root: Any) -> float:
    """Pixels for one pixel of a screen of 96 dots an inch; tells Tk, which does not ask the desktop for it.

    Args:
        root: The root window.
    """
    dots = x11.dots_per_inch() if sys.platform.startswith("linux") else None
    if dots is None:
        dots = float(root.winfo_fpixels("1i")) if sys.platform == "win32" else 96.0
    dots = min(max(dots, 72.0), 480.0)
    root.tk.call("tk", "scaling", dots / 72)
    return dots / 96


def corner(root: Any, scale: float) -> tuple[int, int]:
    """Right and bottom, in pixels: where the window's lower right corner belongs, beside the task bar."""
    area = _work_area()
    if area is None:
        area = 0, 0, root.winfo_screenwidth(), root.winfo_screenheight() - round(48 * scale)
    margin = round(12 * scale)
    return area[0] + area[2] - margin, area[1] + area[3] - margin


def room(root: Any, scale: float) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a window and its frame may take beside panels, in pixels."""
    area = _work_area() or (0, 0, root.winfo_screenwidth(), root.winfo_screenheight() - round(48 * scale))
    margin = round(12 * scale)
    return area[0] + margin, area[1] + margin, area[2] - 2 * margin, area[3] - 2 * margin


def frame_of(root: Any) -> tuple[int, int, int, int] | None:
    """How much its frame adds to the window left, right, above and below, in pixels; ``None`` before it is known."""
    if sys.platform.startswith("linux"):
        # Tk 8.6 does not know: under most window managers its winfo_y is that of the contents.
        return x11.frame_of(root.winfo_id())
    side, above = root.winfo_rootx() - root.winfo_x(), root.winfo_rooty() - root.winfo_y()
    return (side, side, above, side) if above > 0 else None


def contents_of(root: Any) -> tuple[int, int] | None:
    """Where the upper left corner of the window's contents is now, in pixels; ``None`` where nobody tells. On X11."""
    return x11.position_of(root.winfo_id())


def can_spare_the_focus() -> bool:
    """Whether a window may appear without the focus. Where the window manager does not know the sign for that (sway
    1.7), it would take what is being typed elsewhere."""
    return not sys.platform.startswith("linux") or x11.focus_can_be_spared()


def _work_area() -> x11.Area | None:
    if sys.platform.startswith("linux"):
        return x11.work_area()
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        rectangle = wintypes.RECT()
        if ctypes.windll.user32.SystemParametersInfoW(0x30, 0, ctypes.byref(rectangle), 0):  # SPI_GETWORKAREA
            left, top = rectangle.left, rectangle.top
            return left, top, rectangle.right - left, rectangle.bottom - top
    return None


class FocusKeeper:
    """Leaves the focus where it is while a window appears.

    Args:
        root: The root window, made but not shown.
    """

    def __init__(self, root: Any) -> None:
        self._foreground = 0
        if sys.platform == "win32":
            import ctypes

            self._foreground = ctypes.windll.user32.GetForegroundWindow()
        elif sys.platform.startswith("linux"):
            root.winfo_pointerxy()  # a question to the X server, after which it knows the window
            x11.spare_the_focus(root.winfo_id())

    def give_back(self) -> None:
        """Give the focus back where the window has taken it all the same."""
        if sys.platform == "win32" and self._foreground:
            import ctypes

            ctypes.windll.user32.SetForegroundWindow(self._foreground)
