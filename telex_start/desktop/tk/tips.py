"""Tooltips. The owner of tkinter-tooltip."""

from __future__ import annotations

from typing import Any

from tktooltip import ToolTip

from . import look

_DELAY = 0.6
"""Seconds that the pointer rests on a control before its tip appears."""


class Tip(ToolTip):  # type: ignore[misc]
    """The tooltip of one control.

    Args:
        root: The window.
        control: What it explains.
        words: The explanation.
        family: The font of the desktop.
        at_the_edge: The control is at the edge of the screen.
        scale: Pixels for one pixel of a screen of 96 dots an inch.
    """

    def __init__(self, root: Any, control: Any, words: str, family: str, scale: float, at_the_edge: bool) -> None:
        self._entered = False
        # Without a master, tkinter-tooltip 3.1 would take whichever root was made first.
        frame = {"master": root, "background": look.LINE, "padx": 1, "pady": 1}
        style = {"background": look.INK, "foreground": look.FIELD, "font": (family, 9)}
        super().__init__(control, words, delay=_DELAY, follow=False, parent_kwargs=frame, padx=6, pady=3, **style)
        control.bind("<Motion>", self._moved, add="+")
        if at_the_edge:
            # tkinter-tooltip 3.1 would show half of it beyond.
            self.update_idletasks()
            self.x_offset = round(20 * scale) - self.winfo_reqwidth()

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
        """Destroy it, which the window's own destruction does not do right: where the pointer rests on the control it
        would write errors (gnikit/tkinter-tooltip#59)."""
        self.destroy()
        self.msg_var = None
