"""A window that shows text which can be read, selected and copied, with buttons below. For the main thread alone."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

from ...errors import TelexStartError
from .. import x11
from ..starting import own_token
from . import look, toolkit
from .thread_calls import ThreadCalls

try:
    import tkinter as tk
    from tkinter import ttk
except ImportError as missing:
    raise toolkit.needs_tk("This window", "use the command: telex-start doctor") from missing
from .controls import Tip, press_by_return

log = logging.getLogger(__name__)

_STEP = 40
"""Milliseconds between two steps of the bar: 25 pictures a second."""
_STEPS = 30
"""Steps of the bar from one end to the other."""
_SCROLLBAR = "Help.Vertical.TScrollbar"


class Button(NamedTuple):
    """A button below the text."""

    name: str
    label: str
    tip: str
    press: Callable[[], object]


class Piece(NamedTuple):
    """Some of the text, all in one style: ``plain``, ``bold``, ``quiet``, ``good``, ``note``, ``bad`` or ``link``."""

    text: str
    style: str = "plain"
    address: str = ""
    """Where a click on a link leads."""


class TextWindow:
    """The window, from being made to :meth:`close`.

    Args:
        what: Which it is, for messages: ``Doctor's window``.
        title: Of the window.
        heading: In large letters.
        size: Width and height of the text, in pixels of a screen of 96 dots an inch.
        columns: Where the columns of the text begin after the first, likewise.
        copied: What the button Copy copies, and Ctrl+C where nothing is selected.
        open_address: What a click on a link calls.

    Raises:
        TelexStartError: the display cannot be used.
    """

    def __init__(
        self,
        what: str,
        title: str,
        heading: str,
        *,
        size: tuple[int, int],
        columns: tuple[int, ...],
        copied: Callable[[], str],
        open_address: Callable[[str], object],
    ) -> None:
        self._copied = copied
        self._open_address = open_address
        self._tips: list[Tip] = []
        self._closed = False
        self._has_copied = False
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            raise TelexStartError(
                f"{what} needs an X display, which a Wayland desktop has with XWayland: install that, or use the "
                "command telex-start doctor.",
                f"No {what.removeprefix('The ')}",
            )
        self._made = made = toolkit.new_root(tk, what, title)
        self.root: Any = made.root
        self._buttons: dict[str, Any] = {}
        self._build(heading, size, columns)
        self._bind()
        try:
            self.calls = ThreadCalls(self.root.tk)
            """What other threads want done on this one."""
        except (OSError, tk.TclError) as error:
            self.root.destroy()
            raise toolkit.cannot_be_shown(what, error) from None

    def run(self) -> None:
        """Show it, and run until :meth:`close`."""
        self._show()
        if not self._closed:
            self.root.mainloop()
        self.calls.close()
        if sys.platform.startswith("linux") and self._has_copied:
            self.root.withdraw()
            x11.keep_clipboard(self.root.update)
        for tip in self._tips:
            tip.end()
        self.root.destroy()

    def close(self) -> None:
        """Close it: :meth:`run` returns."""
        self._closed = True
        self.root.quit()

    def come_forward(self, token: str) -> bool:
        """To the front, with the focus.

        Args:
            token: The desktop's activation token for that; empty without one.

        Returns:
            ``False`` where it is closing, perhaps by a key that was pressed just before.
        """
        root = self.root
        root.deiconify()
        root.lift()
        focused = root.focus_lastfor()
        (self._text if focused is root else focused).focus_force()
        if sys.platform.startswith("linux"):
            root.update()
            x11.raise_window_of({os.getpid()})
            x11.end_startup(token)
        return not self._closed

    # --- what it shows ----------------------------------------------------------------------------------------------

    def subtitle(self, words: str, style: str = "Quiet") -> None:
        """The line below the heading; the style is that of a label: ``Quiet``, ``Good``, ``Bad``."""
        self._subtitle.configure(text=words, style=f"{style}.TLabel")

    def busy(self, busy: bool) -> None:
        """Something is under way: a bar goes to and fro."""
        if busy:
            self._bar.grid()
            self._bar.start(_STEP)
        else:
            self._bar.stop()
            self._bar.grid_remove()

    def clear(self) -> None:
        """Show no text."""
        self._text.configure(state="normal")
        self._text.delete("1.0", "end")
        self._text.configure(state="disabled")

    def write(self, pieces: Iterable[Piece]) -> None:
        """Add text at the end."""
        text = self._text
        text.configure(state="normal")
        for piece in pieces:
            tags = [piece.style]
            if piece.address:
                tags.append(f"to {piece.address}")
                text.tag_bind(tags[1], "<ButtonRelease-1>", lambda _, to=piece.address: self._clicked(to))
            text.insert("end", piece.text, tags)
        text.configure(state="disabled")

    def buttons(self, made: Iterable[Button]) -> None:
        """Put buttons below the text, from left to right, the last one the one that closes; once."""
        px = self._made.px
        for column, button in enumerate(made):
            control = ttk.Button(self._row, text=button.label, width=max(9, len(button.label)), command=button.press)
            control.grid(row=0, column=column, padx=(px(8) if column else 0, 0))
            press_by_return(control)
            self._buttons[button.name] = control
            self._tips.append(Tip(self._made, control, button.tip, at_the_edge=True))

    def enable(self, name: str, enabled: bool) -> None:
        """Whether a button can be pressed."""
        self._buttons[name].state(["!disabled" if enabled else "disabled"])

    def copy(self) -> None:
        """Copy all of it to the clipboard."""
        self._to_clipboard(self._copied())
        self._confirm()

    # --- its parts --------------------------------------------------------------------------------------------------

    def _build(self, heading: str, size: tuple[int, int], columns: tuple[int, ...]) -> None:
        root, px, family = self.root, self._made.px, self._made.family
        form = ttk.Frame(root, padding=(px(22), px(18), px(22), px(18)))
        form.grid(sticky="nsew")
        root.rowconfigure(0, weight=1)
        root.columnconfigure(0, weight=1)
        form.columnconfigure(0, weight=1)
        form.rowconfigure(2, weight=1)
        head = ttk.Frame(form)
        head.grid(row=0, sticky="ew", pady=(0, px(10)))
        ttk.Label(head, image=self._made.images[0]).grid(row=0, column=0, rowspan=2, padx=(0, px(12)))
        ttk.Label(head, text=heading, style="Title.TLabel").grid(row=0, column=1, sticky="w")
        self._subtitle = ttk.Label(head, style="Quiet.TLabel")
        self._subtitle.grid(row=1, column=1, sticky="w")
        # Room for the bar is kept, so that nothing jumps when it goes.
        form.rowconfigure(1, minsize=px(10))
        self._bar = ttk.Progressbar(form, mode="indeterminate", maximum=_STEPS, style="Thin.Horizontal.TProgressbar")
        self._bar.grid(row=1, sticky="new")
        self._bar.grid_remove()

        box = tk.Frame(form, background=look.FIELD, width=px(size[0]), height=px(size[1]))
        box.configure(highlightthickness=1, highlightbackground=look.LINE, highlightcolor=look.LINE)
        box.grid(row=2, sticky="nsew")
        box.grid_propagate(False)
        box.rowconfigure(0, weight=1)
        box.columnconfigure(0, weight=1)
        # The scroll bar's room is kept: else the text would be broken otherwise with it, might then not need it, and
        # the two would go to and fro.
        box.columnconfigure(1, minsize=px(10))
        looks: dict[str, Any] = {"font": (family, 10), "wrap": "word", "cursor": "xterm", "relief": "flat"}
        looks |= {"background": look.FIELD, "foreground": look.INK, "highlightthickness": 0, "borderwidth": 0}
        looks |= {"selectbackground": look.ACCENT, "selectforeground": look.FIELD}
        looks |= {"inactiveselectbackground": look.ACCENT, "width": 1, "height": 1, "takefocus": True}
        looks |= {"padx": px(12), "pady": px(10), "spacing1": px(2), "spacing3": px(2)}
        self._text = text = cast("Any", tk.Text(box, state="disabled", **looks))
        text.grid(row=0, column=0, sticky="nsew")
        self._scrollbar = self._new_scrollbar(box)
        text.configure(tabs=[str(px(at)) for at in columns], yscrollcommand=self._scrolled)
        text.tag_configure("plain", lmargin2=px(columns[-1]))
        colours = {"bold": look.INK, "quiet": look.QUIET, "good": look.GOOD, "note": look.NOTE, "bad": look.BAD}
        for style, colour in colours.items():
            text.tag_configure(style, foreground=colour, lmargin2=px(columns[-1]))
        text.tag_configure("bold", font=(family, 10, "bold"))
        text.tag_configure("link", foreground=look.ACCENT, underline=True, lmargin2=px(columns[-1]))
        text.tag_bind("link", "<Enter>", lambda _: text.configure(cursor="hand2"))
        text.tag_bind("link", "<Leave>", lambda _: text.configure(cursor="xterm"))
        text.tag_raise("sel")
        foot = ttk.Frame(form)
        foot.grid(row=3, sticky="ew", pady=(px(14), 0))
        foot.columnconfigure(0, weight=1)
        self._said = ttk.Label(foot, style="Good.TLabel")
        self._said.grid(row=0, column=0, sticky="w")
        self._row = ttk.Frame(foot)
        self._row.grid(row=0, column=1, sticky="e")

    def _new_scrollbar(self, box: Any) -> Any:
        px = self._made.px
        style: Any = ttk.Style(self.root)
        style.layout(
            _SCROLLBAR,
            [
                (
                    "Vertical.Scrollbar.trough",
                    {"sticky": "ns", "children": [("Vertical.Scrollbar.thumb", {"expand": 1})]},
                )
            ],
        )
        flat = {"relief": "flat", "borderwidth": 0, "arrowsize": px(10), "width": px(10), "gripcount": 0}
        grounds = {"background": look.LINE, "troughcolor": look.FIELD, "bordercolor": look.FIELD}
        style.configure(_SCROLLBAR, **flat, **grounds, lightcolor=look.LINE, darkcolor=look.LINE)
        style.map(_SCROLLBAR, background=[("active", look.QUIET)])
        return ttk.Scrollbar(box, orient="vertical", command=self._text.yview, style=_SCROLLBAR)

    def _scrolled(self, first: str, last: str) -> None:
        """The scroll bar is there where there is something to scroll."""
        self._scrollbar.set(first, last)
        if self._text.winfo_height() <= 1:
            return  # it is not shown yet
        if float(first) <= 0 and float(last) >= 1:
            self._scrollbar.grid_remove()
        else:
            self._scrollbar.grid(row=0, column=1, sticky="ns")

    def _bind(self) -> None:
        root, text = self.root, self._text
        root.protocol("WM_DELETE_WINDOW", self.close)
        command = "Command" if sys.platform == "darwin" else "Control"
        for key in ("<Escape>", f"<{command}-w>"):
            root.bind(key, lambda _: self.close())
        for key in ("a", "A"):
            root.bind(f"<{command}-{key}>", lambda _: self._select_all())
        for key in ("c", "C", "Insert"):
            root.bind(f"<{command}-{key}>", lambda _: self._copy_selected())
        text.bind("<Button-1>", lambda _: text.focus_set(), add="+")
        # What is disabled has no visible cursor: the keys that move one move the text.
        for key, number, what in (
            ("Up", -1, "units"),
            ("Down", 1, "units"),
            ("Prior", -1, "pages"),
            ("Next", 1, "pages"),
        ):
            text.bind(f"<{key}>", self._scroll(text.yview_scroll, number, what))
        text.bind("<space>", self._scroll(text.yview_scroll, 1, "pages"))
        text.bind("<Home>", self._scroll(text.yview_moveto, 0))
        text.bind("<End>", self._scroll(text.yview_moveto, 1))
        text.bind("<Tab>", lambda _: self._step(text.tk_focusNext()))
        for key in (
            ("<Shift-Tab>", "<ISO_Left_Tab>") if root.tk.call("tk", "windowingsystem") == "x11" else ("<Shift-Tab>",)
        ):
            text.bind(key, lambda _: self._step(text.tk_focusPrev()))
        menu = tk.Menu(root, tearoff=False, background=look.FIELD, foreground=look.INK, activebackground=look.ACCENT)
        menu.configure(activeforeground=look.FIELD, borderwidth=1, relief="flat", font=(self._made.family, 10))
        menu.add_command(label="Copy", accelerator="Ctrl+C", command=self._copy_selected)
        menu.add_command(label="Select All", accelerator="Ctrl+A", command=self._select_all)
        for button in ("<Button-2>", "<Button-3>") if sys.platform == "darwin" else ("<Button-3>",):
            text.bind(button, lambda event: menu.tk_popup(event.x_root, event.y_root))

    def _show(self) -> None:
        root = self.root
        root.update_idletasks()
        room = toolkit.room(root, self._made.scale)
        right, bottom = room[0] + room[2], room[1] + room[3]
        width = min(root.winfo_reqwidth(), right)
        height = min(root.winfo_reqheight(), bottom)
        root.geometry(f"{width}x{height}+{max(0, (right - width) // 2)}+{max(0, (bottom - height) // 3)}")
        root.minsize(min(width, self._made.px(360)), min(height, self._made.px(260)))
        if sys.platform.startswith("linux"):
            root.attributes("-type", "dialog")
        self.come_forward(own_token())

    # --- what the person does ---------------------------------------------------------------------------------------

    def _select_all(self) -> str:
        self._text.tag_add("sel", "1.0", "end-1c")
        self._text.focus_set()
        return "break"

    def _copy_selected(self) -> str:
        if selected := self._text.tag_ranges("sel"):
            self._to_clipboard(self._text.get(*selected[:2]))
            self._confirm()
        else:
            self.copy()
        return "break"

    def _to_clipboard(self, text: str) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append(text)
        self._has_copied = True

    def _confirm(self) -> None:
        self._said.configure(text="Copied")
        self.root.after(2000, lambda: self._said.configure(text=""))

    def _clicked(self, address: str) -> None:
        if not self._text.tag_ranges("sel"):  # or the link was only selected
            self._open_address(address)

    @staticmethod
    def _scroll(scroll: Callable[..., object], *how: object) -> Callable[[object], str]:
        def bound(_: object) -> str:
            scroll(*how)
            return "break"

        return bound

    @staticmethod
    def _step(widget: Any) -> str:
        widget.focus_set()
        return "break"
