"""A root window as all windows here have it, and what is said where there can be none. Imports no Tk by itself."""

from __future__ import annotations

import base64
import logging
import os
import sys
from typing import Any, NamedTuple

from ...errors import TelexStartError
from ...process import paths
from ...states import State
from ..pixmaps import pixmaps, png
from . import look, placement

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

    placement.ask_for_sharp_pixels()
    try:
        root = tk.Tk(className=CLASS)
    except tk.TclError as error:
        raise cannot_be_shown(what, error) from None
    root.report_callback_exception = _log_failure
    root.withdraw()
    root.title(title)
    root.configure(background=look.GROUND)
    scale = placement.density(root)
    family = str(font.nametofont("TkDefaultFont", root).actual("family"))
    look.dress(ttk.Style(root), family, scale)
    # On X11, Tk 8.6 goes to the beginning of the line by this key, which nobody expects any more.
    root.tk.call("bind", "TEntry", "<Control-a>", "event generate %W <<SelectAll>>; break")
    images = [tk.PhotoImage(master=root, data=data) for data in _pictures(scale)]
    root.iconphoto(True, *images)
    return Root(root, scale, family, images)


def _title(what: str) -> str:
    return f"No {what.removeprefix('The ')}"


def _pictures(scale: float) -> list[bytes]:
    """The mark for the window's head, and for its frame, as base64 of PNG files."""
    drawn = pixmaps(State.ONLINE, 0, os.path.join(paths.cache_folder(), "icons"))
    head = next((pixmap for pixmap in drawn if pixmap[0] >= 40 * scale), drawn[-1])
    return [base64.b64encode(png(pixmap)) for pixmap in (head, *drawn)]


def _log_failure(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    log.error("a window failed", exc_info=(kind, error, trace))
