"""A window that shows text which can be selected and copied, with buttons below. For the thread that makes it."""

from __future__ import annotations

import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Any, cast

from .. import x11
from ..main_app.main_app import open_address
from ..starting import own_token
from . import look
from .controls import ProgressBar, press_by_return
from .toolkit import Window

_SCROLLBAR = "Help.Vertical.TScrollbar"


class TextWindow(Window):
    """A window with text and buttons: the base of About and of Doctor's window.

    Args:
        what: Which window it is, for messages: ``Doctor's window``.
        head: Its title.
        heading: In large letters.
        size: Width and height of the text, in pixels of a screen of 96 dots an inch.
        columns: Where the columns of the text begin after the first, likewise.
        buttons: Below the text, from left to right; the last one closes. For each its label, tooltip, and what it does.

    Raises:
        TelexStartError: the display cannot be used.

    Attributes:
        subtitle: The label below the heading.
        bar: Goes to and fro while something is under way.
        pressed: The buttons, by their labels.
    """

    def __init__(
        self,
        what: str,
        head: str,
        heading: str,
        *,
        size: tuple[int, int],
        columns: tuple[int, ...],
        buttons: Sequence[tuple[str, str, Callable[[], object]]],
    ) -> None:
        super().__init__(what, head)
        self._has_copied = False
        px, root = self.px, self.root
        form = ttk.Frame(root, padding=(px(22), px(18), px(22), px(18)))
        form.grid(sticky="nsew")
        for widget, row in ((root, 0), (form, 2)):
            widget.rowconfigure(row, weight=1)
            widget.columnconfigure(0, weight=1)
        top, self.subtitle = self.head(form, heading, "")
        top.grid(row=0, sticky="ew", pady=(0, px(10)))
        # Room for the bar is kept, so that nothing jumps when it goes.
        form.rowconfigure(1, minsize=px(10))
        self.bar = ProgressBar(form)
        self.bar.grid(row=1, sticky="new")
        self.bar.grid_remove()
        self._build_text(form, size, columns)
        foot = ttk.Frame(form)
        foot.grid(row=3, sticky="ew", pady=(px(14), 0))
        foot.columnconfigure(0, weight=1)
        self._said = ttk.Label(foot, style="Good.TLabel")
        self._said.grid(row=0, column=0, sticky="w")
        line = ttk.Frame(foot)
        line.grid(row=0, column=1, sticky="e")
        self.pressed: dict[str, Any] = {}
        for column, (label, tip, press) in enumerate(buttons):
            button = ttk.Button(line, text=label, width=max(9, len(label)), command=press)
            button.grid(row=0, column=column, padx=(px(8) if column else 0, 0))
            press_by_return(button)
            self.pressed[label] = button
            self.tip(button, tip, at_the_edge=True)
        self._bind()

    def run(self) -> None:
        """Show it, and run until it is closed."""
        root = self.root
        root.update_idletasks()
        room = self.room()
        right, bottom = room[0] + room[2], room[1] + room[3]
        width, height = min(root.winfo_reqwidth(), right), min(root.winfo_reqheight(), bottom)
        root.geometry(f"{width}x{height}+{max(0, (right - width) // 2)}+{max(0, (bottom - height) // 3)}")
        root.minsize(min(width, self.px(360)), min(height, self.px(260)))
        self.is_dialogue()
        self.to_the_front(own_token())
        super().run()

    def end(self) -> None:
        """Close the window; text that was copied outlives it, if the desktop can keep that."""
        if sys.platform.startswith("linux") and self._has_copied:
            self.root.withdraw()
            x11.keep_clipboard(self.root.update)
        super().end()

    def last_focus(self) -> Any:
        """The control that is to have the keyboard."""
        focused = self.root.focus_lastfor()
        return self._text if focused is self.root else focused

    def copied(self) -> str:
        """The text that is copied if nothing is selected."""
        raise NotImplementedError

    def clear(self) -> None:
        """Show no text."""
        self._text.configure(state="normal")
        self._text.delete("1.0", "end")
        self._text.configure(state="disabled")

    def write(self, text: str, style: str = "plain", address: str = "") -> None:
        """Add text at the end.

        Args:
            style: ``plain``, ``bold``, ``quiet``, ``good``, ``note``, ``bad`` or ``link``.
            address: Where a click on a link leads.
        """
        tags = [style]
        if address:
            tags.append(f"to {address}")
            self._text.tag_bind(tags[1], "<ButtonRelease-1>", lambda _: self._clicked(address))
        self._text.configure(state="normal")
        self._text.insert("end", text, tags)
        self._text.configure(state="disabled")

    def copy(self) -> None:
        """Copy all of it to the clipboard."""
        self._to_clipboard(self.copied())

    def _build_text(self, form: Any, size: tuple[int, int], columns: tuple[int, ...]) -> None:
        px, family = self.px, self.family
        box = tk.Frame(form, background=look.FIELD, width=px(size[0]), height=px(size[1]))
        box.configure(highlightthickness=1, highlightbackground=look.LINE, highlightcolor=look.LINE)
        box.grid(row=2, sticky="nsew")
        box.grid_propagate(False)
        box.rowconfigure(0, weight=1)
        box.columnconfigure(0, weight=1)
        # Room for the scroll bar is kept: else the bar would change the line breaks, the text might then not need the
        # bar, and the bar would come and go.
        box.columnconfigure(1, minsize=px(10))
        looks: dict[str, Any] = {"font": (family, 10), "wrap": "word", "cursor": "xterm", "relief": "flat"}
        looks |= {"background": look.FIELD, "foreground": look.INK, "highlightthickness": 0, "borderwidth": 0}
        looks |= {"selectbackground": look.ACCENT, "selectforeground": look.FIELD}
        looks |= {"inactiveselectbackground": look.ACCENT, "width": 1, "height": 1, "takefocus": True}
        looks |= {"padx": px(12), "pady": px(10), "spacing1": px(2), "spacing3": px(2)}
        self._text = text = cast("Any", tk.Text(box, state="disabled", **looks))
        text.grid(row=0, column=0, sticky="nsew")
        style: Any = ttk.Style(self.root)
        thumb = ("Vertical.Scrollbar.thumb", {"expand": 1})
        style.layout(_SCROLLBAR, [("Vertical.Scrollbar.trough", {"sticky": "ns", "children": [thumb]})])
        flat = {"relief": "flat", "borderwidth": 0, "arrowsize": px(10), "width": px(10), "gripcount": 0}
        grounds = {"background": look.LINE, "troughcolor": look.FIELD, "bordercolor": look.FIELD}
        style.configure(_SCROLLBAR, **flat, **grounds, lightcolor=look.LINE, darkcolor=look.LINE)
        style.map(_SCROLLBAR, background=[("active", look.QUIET)])
        self._scrollbar = ttk.Scrollbar(box, orient="vertical", command=text.yview, style=_SCROLLBAR)
        text.configure(tabs=[str(px(at)) for at in columns], yscrollcommand=self._scrolled)
        colours = {"plain": look.INK, "bold": look.INK, "quiet": look.QUIET, "link": look.ACCENT}
        colours |= {"good": look.GOOD, "note": look.NOTE, "bad": look.BAD}
        for name, colour in colours.items():
            text.tag_configure(name, foreground=colour, lmargin2=px(columns[-1]))
        text.tag_configure("bold", font=(family, 10, "bold"))
        text.tag_configure("link", underline=True)
        text.tag_bind("link", "<Enter>", lambda _: text.configure(cursor="hand2"))
        text.tag_bind("link", "<Leave>", lambda _: text.configure(cursor="xterm"))
        text.tag_raise("sel")

    def _scrolled(self, first: str, last: str) -> None:
        """Show the scroll bar only if there is something to scroll."""
        self._scrollbar.set(first, last)
        if self._text.winfo_height() <= 1:
            return  # it is not shown yet
        if float(first) <= 0 and float(last) >= 1:
            self._scrollbar.grid_remove()
        else:
            self._scrollbar.grid(row=0, column=1, sticky="ns")

    def _bind(self) -> None:
        root, text = self.root, self._text
        root.protocol("WM_DELETE_WINDOW", self.leave)
        command = "Command" if sys.platform == "darwin" else "Control"
        _bind(root, self.leave, "Escape", f"{command}-w")
        _bind(root, self._select_all, f"{command}-a", f"{command}-A")
        _bind(root, self._copy_selected, f"{command}-c", f"{command}-C", f"{command}-Insert")
        text.bind("<Button-1>", lambda _: text.focus_set(), add="+")
        # A disabled text has no visible cursor: the keys that would move it scroll the text.
        _bind(text, lambda: text.yview_scroll(-1, "units"), "Up")
        _bind(text, lambda: text.yview_scroll(1, "units"), "Down")
        _bind(text, lambda: text.yview_scroll(-1, "pages"), "Prior")
        _bind(text, lambda: text.yview_scroll(1, "pages"), "Next", "space")
        _bind(text, lambda: text.yview_moveto(0), "Home")
        _bind(text, lambda: text.yview_moveto(1), "End")
        _bind(text, lambda: text.tk_focusNext().focus_set(), "Tab")
        on_x11 = root.tk.call("tk", "windowingsystem") == "x11"
        _bind(text, lambda: text.tk_focusPrev().focus_set(), "Shift-Tab", *(["ISO_Left_Tab"] if on_x11 else []))
        menu = tk.Menu(root, tearoff=False, background=look.FIELD, foreground=look.INK, activebackground=look.ACCENT)
        menu.configure(activeforeground=look.FIELD, borderwidth=1, relief="flat", font=(self.family, 10))
        menu.add_command(label="Copy", accelerator="Ctrl+C", command=self._copy_selected)
        menu.add_command(label="Select All", accelerator="Ctrl+A", command=self._select_all)
        for button in ("<Button-2>", "<Button-3>") if sys.platform == "darwin" else ("<Button-3>",):
            text.bind(button, lambda event: menu.tk_popup(event.x_root, event.y_root))

    def _select_all(self) -> None:
        self._text.tag_add("sel", "1.0", "end-1c")
        self._text.focus_set()

    def _copy_selected(self) -> None:
        if selected := self._text.tag_ranges("sel"):
            self._to_clipboard(self._text.get(*selected[:2]))
        else:
            self.copy()

    def _to_clipboard(self, text: str) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append(text)
        self._has_copied = True
        self._said.configure(text="Copied")
        self.root.after(2000, lambda: self._said.configure(text=""))

    def _clicked(self, address: str) -> None:
        if not self._text.tag_ranges("sel"):  # else the person has selected text, and not clicked a link
            open_address(address)


def _bind(widget: Any, call: Callable[[], object], *keys: str) -> None:
    """Have these keys make this call, and nothing else."""

    def bound(_: object) -> str:
        call()
        return "break"

    for key in keys:
        widget.bind(f"<{key}>", bound)
