"""The base class of every Tk window: its scaling, place on the screen, focus, main loop and tooltips.

The code for single platforms is here: for the density of the pixels, the place of a window, and the focus. Only this
module uses tkinter-tooltip.
"""

from __future__ import annotations

import base64
import logging
import os
import sys
import threading
import tkinter as tk
from collections.abc import Callable
from contextlib import suppress
from tkinter import font, ttk
from typing import Any

from tktooltip import ToolTip

from ...errors import TelexStartError
from ...process import paths
from ...states import State
from .. import x11
from ..pixmaps import Pixmap, pixmaps, png
from . import look
from .thread_calls import ThreadCalls

log = logging.getLogger(__name__)

CLASS = "Telex-start"
"""The window class, by which desktops know the program."""
_TIP_AFTER = 0.6
"""Seconds that the pointer rests on a control before its tip appears."""
_ASKED_AFTER = 100
"""Milliseconds that a window has to appear before :meth:`Window.find_out` starts its thread."""


class Window:
    """A root window, styled but not shown yet. Use it on the thread that made it, except methods that say otherwise.

    Args:
        what: Which window it is, for messages: ``The login window``.
        head: Its title.

    Raises:
        TelexStartError: the display cannot be used.

    Attributes:
        scale: Pixels for one pixel of a screen of 96 dots an inch.
        family: The font of the desktop.
        images: The pictures that the window keeps. The first is the program's mark for the window's head.
        calls: Makes the calls of other threads on this one.
    """

    def __init__(self, what: str, head: str) -> None:
        _ask_for_sharp_pixels()
        try:
            root: Any = tk.Tk(className=CLASS)
        except tk.TclError as error:
            words = f"{what} cannot be shown: {error}."
            raise TelexStartError(words, f"No {what.removeprefix('The ')}") from None
        root.report_callback_exception = _log_failure
        root.withdraw()
        root.title(head)
        root.configure(background=look.GROUND)
        self.root = root
        self.scale = _density(root)
        self.family = str(font.nametofont("TkDefaultFont", root).actual("family"))
        look.dress(ttk.Style(root), self.family, self.scale)
        # On X11, this key goes to the beginning of the line in Tk 8.6, which nobody expects.
        root.tk.call("bind", "TEntry", "<Control-a>", "event generate %W <<SelectAll>>; break")
        self.images: list[Any] = []
        root.iconphoto(True, *map(self.picture, _mark(self.scale)))
        self._tips: list[_Tip] = []
        self._closing = False
        self.calls = ThreadCalls(root.tk)

    def px(self, length: float) -> int:
        """Pixels of a length that is given for 96 dots an inch."""
        return round(length * self.scale)

    def picture(self, pixmap: Pixmap) -> Any:
        """Make a picture for the screen; it lives as long as the window."""
        made = tk.PhotoImage(master=self.root, data=base64.b64encode(png(pixmap)))
        self.images.append(made)
        return made

    def find_out(self, question: Callable[[], str], take: Callable[[str], object]) -> None:
        """Ask a question that may take a while, on a thread of its own; ``take`` gets the answer on this thread."""

        def ask() -> None:
            answer = question()
            self.calls.post(lambda: take(answer))

        # The window comes first: while another thread imports something, Tk's thread gets only a part of the time.
        self.root.after(_ASKED_AFTER, threading.Thread(target=ask, name="finds out", daemon=True).start)

    def tip(self, control: Any, words: str | Callable[[], str], at_the_edge: bool = False) -> None:
        """Give a control a tooltip.

        Args:
            control: What it explains.
            words: The explanation, or a function that gives it when the tooltip appears.
            at_the_edge: The control is at the edge of the screen.
        """
        tip = _Tip(self.root, self.family, control, words)
        self._tips.append(tip)
        if at_the_edge:
            # tkinter-tooltip 3.1 would show half of the tooltip beyond the edge.
            tip.update_idletasks()
            tip.x_offset = self.px(20) - tip.winfo_reqwidth()

    def end_tips(self) -> None:
        """Destroy all tooltips."""
        for tip in self._tips:
            tip.end()
        self._tips.clear()

    def head(self, parent: Any, heading: str, words: str) -> Any:
        """Make a frame with the mark, a heading and a line below; returns the frame, and the line's label."""
        frame = ttk.Frame(parent)
        ttk.Label(frame, image=self.images[0]).grid(row=0, column=0, rowspan=2, padx=(0, self.px(12)))
        ttk.Label(frame, text=heading, style="Title.TLabel").grid(row=0, column=1, sticky="w")
        line = ttk.Label(frame, text=words, style="Quiet.TLabel")
        line.grid(row=1, column=1, sticky="w")
        return frame, line

    def run(self) -> None:
        """Run until it is closed."""
        if not self._closing:  # tkinter loses a quit before the loop
            self.root.mainloop()
        self.calls.close()
        self.end()

    def end(self) -> None:
        """Take the closed window, with all that belongs to it, off the screen."""
        self.end_tips()
        self.root.destroy()

    def leave(self) -> None:
        """Close it, and forget what was not saved."""
        self._closing = True
        self.root.quit()

    def close(self) -> None:
        """Close it. From any thread."""
        self.calls.post(self.leave)

    def come_forward(self, token: str) -> bool:
        """Come to the front, as the person asked for it again. From any thread but its own; waits until that is done.

        Args:
            token: The desktop's activation token for that; empty without one.

        Returns:
            ``False`` if the window has been closed meanwhile.
        """
        return self.calls.post(lambda: self.to_the_front(token)).get()

    def told(self, said: dict[str, Any]) -> None:
        """Does nothing here; a window that takes other messages of the agent overrides it. From any thread."""

    def to_the_front(self, token: str) -> bool:
        """Bring it to the front, with the focus; ``False`` if it is closing, perhaps by a key pressed just before.

        Args:
            token: As for :meth:`come_forward`.
        """
        root = self.root
        root.deiconify()
        root.lift()
        self.last_focus().focus_force()
        if sys.platform.startswith("linux"):
            root.update()
            x11.raise_window_of({os.getpid()})
            x11.end_startup(token)
        return not self._closing

    def last_focus(self) -> Any:
        """The control that gets the keyboard when the window comes to the front."""
        return self.root

    def room(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the area for a window and its frame, without panels, in pixels. A window that
        belongs beside the task bar goes into the lower right corner of this area."""
        root, margin = self.root, self.px(12)
        area = _work_area() or (0, 0, root.winfo_screenwidth(), root.winfo_screenheight() - self.px(48))
        return area[0] + margin, area[1] + margin, area[2] - 2 * margin, area[3] - 2 * margin

    def frame(self) -> tuple[int, int, int, int] | None:
        """How much the window's frame adds left, right, above and below, in pixels; ``None`` before that is known."""
        root = self.root
        if sys.platform.startswith("linux"):
            # Tk 8.6 does not know: under most window managers its winfo_y is that of the contents.
            return x11.frame_of(root.winfo_id())
        side, above = root.winfo_rootx() - root.winfo_x(), root.winfo_rooty() - root.winfo_y()
        return (side, side, above, side) if above > 0 else None

    def is_dialogue(self) -> None:
        """Tell the window manager that the window is a dialogue; call it before the window is shown."""
        if sys.platform.startswith("linux"):
            self.root.attributes("-type", "dialog")


class _Tip(ToolTip):  # type: ignore[misc]
    """The tooltip of one control."""

    def __init__(self, root: Any, family: str, control: Any, words: str | Callable[[], str]) -> None:
        self._entered = False
        # Without a master, tkinter-tooltip 3.1 would take whichever root was made first.
        frame = {"master": root, "background": look.LINE, "padx": 1, "pady": 1}
        style = {"background": look.INK, "foreground": look.FIELD, "font": (family, 9)}
        super().__init__(control, words, delay=_TIP_AFTER, follow=False, parent_kwargs=frame, padx=6, pady=3, **style)
        control.bind("<Motion>", self._moved, add="+")

    def on_enter(self, event: Any) -> None:
        """Wait for the pointer to move: under XWayland (sway 1.7) a new window gets an Enter for the place where X11
        last knew the pointer, and never a Leave."""
        self._entered = True

    def on_leave(self, event: Any = None) -> None:
        """Hide it."""
        self._entered = False
        super().on_leave(event)

    def _moved(self, event: Any) -> None:
        if self._entered:
            self._entered = False
            super().on_enter(event)

    def end(self) -> None:
        """Destroy the tooltip. Destroyed with the window only, it writes errors if the pointer rests on the control
        (gnikit/tkinter-tooltip#59)."""
        self.destroy()
        self.msg_var = None


def spare_the_focus(root: Any) -> Callable[[], object]:
    """Leave the focus where it is while a window appears.

    Args:
        root: The root window, made but not shown.

    Returns:
        A function that gives the focus back (on Windows) if the window has taken it all the same.
    """
    if sys.platform == "win32":
        import ctypes

        user32 = ctypes.windll.user32
        foreground = user32.GetForegroundWindow()
        return lambda: user32.SetForegroundWindow(foreground) if foreground else None
    if sys.platform.startswith("linux"):
        root.winfo_pointerxy()  # a question to the X server, after which it knows the window
        x11.spare_the_focus(root.winfo_id())
    return lambda: None


def _ask_for_sharp_pixels() -> None:
    """Windows draws a program's windows small and then enlarges them, unless the program says that it can do better."""
    if sys.platform == "win32":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def _density(root: Any) -> float:
    """Pixels for one pixel of a screen of 96 dots an inch; also tells Tk, which does not ask the desktop itself."""
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


def _mark(scale: float) -> list[Pixmap]:
    """The mark for the window's head, and for its frame."""
    drawn = pixmaps(State.ONLINE, 0, os.path.join(paths.cache_folder(), "icons"))
    return [next((pixmap for pixmap in drawn if pixmap[0] >= 40 * scale), drawn[-1]), *drawn]


def _log_failure(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    log.error("a window failed", exc_info=(kind, error, trace))
