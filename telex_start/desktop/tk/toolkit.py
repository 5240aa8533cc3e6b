"""A root window as all windows here have it, its place on the screen, and what is said where there can be none.

What is particular to a platform is here: how dense its pixels are, where a window goes, and whose the focus is. Imports
no Tk by itself.
"""

from __future__ import annotations

import base64
import logging
import os
import sys
from contextlib import suppress
from typing import Any, NamedTuple

from ...errors import TelexStartError
from ...process import paths
from ...states import State
from .. import x11
from ..pixmaps import Pixmap, pixmaps, png
from . import look

log = logging.getLogger(__name__)

CLASS = "Telex-start"
"""The window class, by which desktops know the program."""


class Root(NamedTuple):
    """A root window, dressed and not shown yet."""

    root: Any
    scale: float
    """Pixels for one pixel of a screen of 96 dots an inch."""
    family: str
    """The font of the desktop."""
    images: list[Any]
    """The program's mark: first as large as a window's head has it, then in the sizes for the frame."""

    def px(self, length: float) -> int:
        """Pixels of a length that is given for 96 dots an inch."""
        return round(length * self.scale)

    def picture(self, pixmap: Pixmap) -> Any:
        """A picture for the screen, which is there as long as the window."""
        from tkinter import PhotoImage

        made = PhotoImage(master=self.root, data=base64.b64encode(png(pixmap)))
        self.images.append(made)
        return made


def needs_tk(what: str, otherwise: str) -> TelexStartError:
    """There is no Tk.

    Args:
        what: Which window: ``The login window``.
        otherwise: What else the person can do.
    """
    install = "python3-tk (as Debian and Ubuntu call it)" if sys.platform.startswith("linux") else "a Python with Tk"
    return TelexStartError(f"{what} needs Tk: install {install}, or {otherwise}.", _title(what))


def cannot_be_shown(what: str, error: Exception) -> TelexStartError:
    """There is Tk, but no display that it can use."""
    return TelexStartError(f"{what} cannot be shown: {error}.", _title(what))


def stand_by() -> object | None:
    """A Tk without a window, for whoever needs it there before anything else; ``None`` where it cannot be had."""
    try:
        import tkinter

        root = tkinter.Tk(className=CLASS)
        root.withdraw()
        root.update()
    except (ImportError, RuntimeError) as error:
        log.info("no Tk: %s", error)
        return None
    except tkinter.TclError as error:
        log.info("Tk cannot be used: %s", error)
        return None
    return root


def new_root(tk: Any, what: str, title: str) -> Root:
    """A root window, dressed and not shown yet.

    Args:
        tk: The module tkinter.
        what: Which window it is, for messages: ``The login window``.
        title: Of the window.

    Raises:
        TelexStartError: the display cannot be used.
    """
    from tkinter import font, ttk

    _ask_for_sharp_pixels()
    try:
        root = tk.Tk(className=CLASS)
    except tk.TclError as error:
        raise cannot_be_shown(what, error) from None
    root.report_callback_exception = _log_failure
    root.withdraw()
    root.title(title)
    root.configure(background=look.GROUND)
    scale = _density(root)
    family = str(font.nametofont("TkDefaultFont", root).actual("family"))
    look.dress(ttk.Style(root), family, scale)
    # On X11, Tk 8.6 goes to the beginning of the line by this key, which nobody expects any more.
    root.tk.call("bind", "TEntry", "<Control-a>", "event generate %W <<SelectAll>>; break")
    made = Root(root, scale, family, [])
    root.iconphoto(True, *map(made.picture, _mark(scale)))
    return made


def room(root: Any, scale: float) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a window and its frame may take beside panels, in pixels. A window that
    belongs beside the task bar goes into its lower right corner."""
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


def _ask_for_sharp_pixels() -> None:
    """Windows draws a program's windows small and then enlarges them, unless it says that it can do better."""
    if sys.platform == "win32":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def _density(root: Any) -> float:
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


def _title(what: str) -> str:
    return f"No {what.removeprefix('The ')}"


def _mark(scale: float) -> list[Pixmap]:
    """The mark for the window's head, and for its frame."""
    drawn = pixmaps(State.ONLINE, 0, os.path.join(paths.cache_folder(), "icons"))
    return [next((pixmap for pixmap in drawn if pixmap[0] >= 40 * scale), drawn[-1]), *drawn]


def _log_failure(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    log.error("a window failed", exc_info=(kind, error, trace))
