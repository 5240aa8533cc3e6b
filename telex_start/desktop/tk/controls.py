"""Controls for windows: their styles, a progress bar, and a page that scrolls on a small screen."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Any

from . import look
from .toolkit import Window

_BOX = 16
"""Side of a check box, in pixels on a screen of 96 dots an inch."""
_NOTCH = 40
"""Pixels that one notch of the wheel scrolls by, on such a screen."""
_STEP = 40
"""Milliseconds between two steps of the progress bar: 25 pictures a second."""
_STEPS = 30
"""Steps of the progress bar from one end to the other."""


def dress(made: Window) -> None:
    """Set up the styles for the controls of a larger window, in addition to those of :func:`.look.dress`."""
    style, px, family = ttk.Style(made.root), made.px, made.family
    style.configure("Section.TLabel", font=(family, 11, "bold"))
    style.configure("Line.TFrame", background=look.LINE)
    style.configure("Ask.TFrame", background=look.FIELD)
    style.configure("Ask.TLabel", background=look.FIELD, font=(family, 9))
    style.configure("Row.TLabel", font=(family, 10))
    style.map("Row.TLabel", foreground=[("disabled", look.QUIET)])
    dress_checks(made)
    style.configure(
        "TCombobox",
        padding=(px(8), px(4), px(9), px(4)),
        background=look.FIELD,
        fieldbackground=look.FIELD,
        foreground=look.INK,
        lightcolor=look.FIELD,
        darkcolor=look.FIELD,
        bordercolor=look.LINE,
        insertwidth=0,
    )
    field = [("disabled", look.GROUND), ("readonly", look.FIELD)]
    edge = [("disabled", look.GROUND), ("focus", look.ACCENT)]
    style.map(
        "TCombobox",
        bordercolor=[("focus", look.ACCENT)],
        lightcolor=edge,
        darkcolor=edge,
        fieldbackground=field,
        background=field,
        selectbackground=field,
        selectforeground=[("disabled", look.QUIET), ("readonly", look.INK)],
        foreground=[("disabled", look.QUIET)],
    )
    arrows = {colour: made.picture(look.chevron(px(12), look.colour(colour))) for colour in (look.INK, look.LINE)}
    style.element_create(
        "Chevron.downarrow", "image", arrows[look.INK], ("disabled", arrows[look.LINE]), sticky="", padding=0
    )
    # The field of an entry: that of a combobox has no right border, which its own arrow would draw.
    text = ("Combobox.textarea", {"sticky": "nswe"})
    padded: Any = {"sticky": "nswe", "children": [("Chevron.downarrow", {"side": "right", "sticky": ""}), text]}
    field_of: Any = {"sticky": "nswe", "children": [("Combobox.padding", padded)]}
    style.layout("TCombobox", [("Entry.field", field_of)])
    for option, value in (
        ("font", (family, 10)),
        ("background", look.FIELD),
        ("foreground", look.INK),
        ("selectBackground", look.ACCENT),
        ("selectForeground", look.FIELD),
        ("borderWidth", px(3)),
        ("relief", "flat"),
    ):
        made.root.option_add(f"*TCombobox*Listbox.{option}", value)
    style.configure("Time.TEntry", padding=(px(8), px(4)))
    thumb: Any = {"sticky": "nswe", "children": [("Vertical.Scrollbar.thumb", {"expand": "1", "sticky": "nswe"})]}
    style.layout("Page.Vertical.TScrollbar", [("Vertical.Scrollbar.trough", thumb)])
    style.configure(
        "Page.Vertical.TScrollbar",
        background=look.LINE,
        troughcolor=look.GROUND,
        bordercolor=look.GROUND,
        lightcolor=look.LINE,
        darkcolor=look.LINE,
        gripcount=0,
        arrowsize=px(9),
    )
    style.map("Page.Vertical.TScrollbar", background=[("active", look.QUIET)])
    # The wheel scrolls the page: over a list it would change the choice unseen.
    for event in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
        made.root.unbind_class("TCombobox", event)


def dress_checks(made: Window) -> None:
    """Set up only the styles of check boxes."""
    style: Any = ttk.Style(made.root)
    side, gap = made.px(_BOX), made.px(8)
    accent, line, field, quiet, ground = map(look.colour, (look.ACCENT, look.LINE, look.FIELD, look.QUIET, look.GROUND))
    drawn = {
        "off": (field, quiet, None),
        "lit": (field, accent, None),
        "on": (accent, accent, field),
        "off-dim": (ground, line, None),
        "on-dim": (line, line, field),
    }
    images = {name: made.picture(look.check_box(side, gap, *colours)) for name, colours in drawn.items()}
    states = [
        ("disabled selected", images["on-dim"]),
        ("disabled", images["off-dim"]),
        ("selected", images["on"]),
        ("focus", images["lit"]),
        ("active", images["lit"]),
    ]
    style.element_create("Box.indicator", "image", images["off"], *states, sticky="w")
    label = ("Checkbutton.label", {"sticky": "nswe"})
    inner = ("Checkbutton.focus", {"side": "left", "sticky": "w", "children": [label]})
    padding = {"sticky": "nswe", "children": [("Box.indicator", {"side": "left", "sticky": ""}), inner]}
    style.layout("TCheckbutton", [("Checkbutton.padding", padding)])
    px = made.px
    style.configure("TCheckbutton", padding=(0, px(2)), font=(made.family, 10), background=look.GROUND)
    style.map(
        "TCheckbutton",
        background=[("active", look.GROUND)],
        foreground=[("disabled", look.QUIET)],
    )


class ProgressBar(ttk.Progressbar):
    """A bar that goes to and fro while something is under way."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent, mode="indeterminate", maximum=_STEPS, style="Thin.Horizontal.TProgressbar")

    def run(self, on: bool) -> None:
        """Show the bar and move it, or stop and hide it."""
        if on:
            self.grid()
            self.start(_STEP)
        else:
            self.stop()
            self.grid_remove()


def press_by_return(*buttons: Any) -> None:
    """Have Return press the button that has the keyboard, and nothing else."""

    def press(event: Any) -> str:
        event.widget.invoke()
        return "break"

    for button in buttons:
        for key in ("<Return>", "<KP_Enter>"):
            button.bind(key, press)


class Page:
    """A frame that scrolls if there is no room for all of it, also to a control that gets the keyboard.

    Args:
        made: The window.
        parent: The widget that the page lies in.
    """

    def __init__(self, made: Window, parent: Any) -> None:
        self._made = made
        self.outer = ttk.Frame(parent)
        self.outer.columnconfigure(0, weight=1)
        self.outer.rowconfigure(0, weight=1)
        self._canvas = tk.Canvas(self.outer, background=look.GROUND, highlightthickness=0, borderwidth=0)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self._bar = ttk.Scrollbar(self.outer, style="Page.Vertical.TScrollbar", command=self._canvas.yview)
        self._canvas.configure(yscrollcommand=self._bar.set, yscrollincrement=1)
        self.inner = ttk.Frame(self._canvas)
        self._item = self._canvas.create_window(0, 0, anchor="nw", window=self.inner)
        for widget in (self.inner, self._canvas):
            widget.bind("<Configure>", self._fit)
        root = made.root
        root.bind("<FocusIn>", self._follow, add="+")
        root.bind("<Button-4>", lambda _: self._scroll(-1), add="+")
        root.bind("<Button-5>", lambda _: self._scroll(1), add="+")
        root.bind("<MouseWheel>", lambda event: self._scroll(-event.delta / 120), add="+")
        root.bind("<Prior>", lambda _: self._scroll(-self._notches_of_a_page()), add="+")
        root.bind("<Next>", lambda _: self._scroll(self._notches_of_a_page()), add="+")

    def size(self, most: int) -> None:
        """Take the room that the contents need, but no more.

        Args:
            most: Pixels of height that there are.
        """
        self.inner.update_idletasks()
        height = self.inner.winfo_reqheight()
        self._canvas.configure(width=self.inner.winfo_reqwidth(), height=min(height, most))

    @property
    def height(self) -> int:
        """Pixels that the contents are high."""
        return int(self.inner.winfo_reqheight())

    @property
    def missing(self) -> int:
        """Pixels of height by which the contents are higher than their room; negative where there is more room."""
        return self.height - int(self._canvas.winfo_height())

    def show(self, widget: Any) -> None:
        """Scroll so far that all of the widget can be seen."""
        self._canvas.update_idletasks()
        room, whole = self._canvas.winfo_height(), self.inner.winfo_reqheight()
        if room >= whole:
            return
        margin = self._made.px(14)
        above = widget.winfo_rooty() - self.inner.winfo_rooty() - margin
        below = above + widget.winfo_height() + 2 * margin
        top = self._canvas.canvasy(0)
        if above < top:
            self._canvas.yview_moveto(max(0, above) / whole)
        elif below > top + room:
            self._canvas.yview_moveto((below - room) / whole)

    def _fit(self, _: object) -> None:
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        whole = self.inner.winfo_reqheight()
        self._canvas.itemconfigure(self._item, width=width)
        self._canvas.configure(scrollregion=(0, 0, width, max(whole, height)))
        if height > 1 and whole > height:
            # The bar lies over the margin, so the contents keep their width.
            self._bar.place(relx=1, x=-self._made.px(3), anchor="ne", relheight=1)
        else:
            self._bar.place_forget()

    def _follow(self, event: Any) -> None:
        if str(event.widget).startswith(f"{self.inner}."):
            self.show(event.widget)

    def _scroll(self, notches: float) -> None:
        if self.inner.winfo_reqheight() > self._canvas.winfo_height():
            self._canvas.yview_scroll(round(notches * self._made.px(_NOTCH)), "units")

    def _notches_of_a_page(self) -> float:
        return 0.9 * float(self._canvas.winfo_height()) / self._made.px(_NOTCH)
