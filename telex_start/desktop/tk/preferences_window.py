"""The preferences window: its frame, its buttons and its loop (its page is :mod:`.preferences_page`). For one thread.

It is a window in a process of its own, so what Tk takes goes with it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from .. import x11
from . import toolkit
from .preferences_model import Model, Saver, Saving
from .thread_calls import ThreadCalls

try:
    import tkinter as tk
    from tkinter import ttk
except ImportError as missing:
    raise toolkit.needs_tk("The preferences window", "edit config.toml by hand") from missing
from . import controls
from .preferences_page import Controls

_WHAT = "The preferences window"
_TITLE = "Telex – Preferences"
_MOST_NAMED = 3
"""So many settings are named in a question."""


class PreferencesWindow:
    """The window, from opening to its end.

    Args:
        model: What it shows and changes.
        saver: Saves that.
        token: The desktop's activation token with which it was asked for; empty without one.

    Raises:
        TelexStartError: the display cannot be used.
    """

    def __init__(self, model: Model, saver: Saver, token: str = "") -> None:
        self._model = model
        self._saver = saver
        self._asked: tuple[str, ...] = ()
        self._wants_to_close = False
        self._closing = False
        made = self._made = toolkit.new_root(tk, _WHAT, _TITLE)
        self._root = made.root
        controls.dress(made)
        self._build()
        self._bind()
        self._changed()
        try:
            self.calls = ThreadCalls(self._root.tk)
            """What other threads want done on this one."""
        except (OSError, tk.TclError) as error:
            self._root.destroy()
            raise toolkit.cannot_be_shown(_WHAT, error) from None
        self._show(token)

    # --- from other threads -----------------------------------------------------------------------------------------

    def come_forward(self, token: str) -> bool:
        """The person asked for it again. From any thread but its own; waits until it is done.

        Returns:
            ``False`` where the window has been closed meanwhile.
        """
        return self.calls.post(lambda: self._forward(token)).get()

    def close(self) -> None:
        """Close it, and forget what was not saved. From any thread."""
        self.calls.post(self._leave)

    # --- its loop ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until it is closed."""
        if not self._closing:  # tkinter loses a quit before it
            self._root.mainloop()
        self.calls.close()
        self._end_tips()
        self._root.destroy()

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        root, px = self._root, self._made.px
        root.columnconfigure(0, weight=1)
        root.rowconfigure(0, weight=1)
        self._page = controls.Page(self._made, root)
        self._page.outer.grid(row=0, column=0, sticky="nsew")
        inner = self._page.inner
        inner.configure(padding=(px(24), px(20), px(24), px(18)))
        self._build_page()
        ttk.Frame(root, style="Line.TFrame", height=max(1, px(1))).grid(row=1, column=0, sticky="ew")
        self._question = self._build_question()
        foot = ttk.Frame(root, padding=(px(24), px(12), px(24), px(14)))
        foot.grid(row=3, column=0, sticky="ew")
        foot.columnconfigure(0, weight=1)
        self._message = ttk.Label(foot, style="Bad.TLabel", justify="left")
        self._message.grid(row=0, column=0, columnspan=4, sticky="w", pady=(0, px(10)))
        self._say("")
        self._ok = ttk.Button(foot, text="OK", width=9, style="Login.TButton", command=self._accept)
        self._apply = ttk.Button(foot, text="Apply", underline=0, width=9, command=self._save)
        self._cancel = ttk.Button(foot, text="Cancel", width=9, command=self._leave)
        for place, button in enumerate((self._ok, self._apply, self._cancel)):
            button.grid(row=1, column=place + 1, padx=(px(8) if place else 0, 0))

    def _build_page(self) -> None:
        self._controls = Controls(self._made, self._page.inner, self._model, self._changed)

    def _rebuild_page(self) -> None:
        """Show what is in the file, where that was changed by hand."""
        self._end_tips()
        for child in self._page.inner.winfo_children():
            child.destroy()
        self._build_page()

    def _end_tips(self) -> None:
        for tip in self._controls.tips:
            tip.end()

    def _build_question(self) -> Any:
        """What asks about a file that was changed by hand meanwhile; not to be seen until then."""
        root, px = self._root, self._made.px
        frame = ttk.Frame(root, style="Ask.TFrame", padding=(px(24), px(12)))
        frame.columnconfigure(0, weight=1)
        self._question_words = ttk.Label(frame, style="Ask.TLabel", wraplength=px(300), justify="left")
        self._question_words.grid(row=0, column=0, sticky="w", padx=(0, px(12)))
        self._keep = ttk.Button(frame, text="Keep the File", command=lambda: self._answer(theirs=True))
        self._keep.grid(row=0, column=1)
        overwrite = ttk.Button(frame, text="Overwrite", command=lambda: self._answer(theirs=False))
        overwrite.grid(row=0, column=2, padx=(px(8), 0))
        for button in (self._keep, overwrite):
            controls.press_by_return(button)
        return frame

    def _bind(self) -> None:
        root = self._root
        root.protocol("WM_DELETE_WINDOW", self._leave)
        for key in ("<Return>", "<KP_Enter>"):
            root.bind(key, lambda _: self._accept())
        root.bind("<Escape>", lambda _: self._escape())
        root.bind("<Alt-a>", lambda _: self._apply.invoke())
        for button in (self._apply, self._cancel):
            controls.press_by_return(button)

    def _show(self, token: str) -> None:
        root, px = self._root, self._made.px
        self._room = left, top, width, height = toolkit.room(root, self._made.scale)
        self._page.size(most=10_000)
        root.update_idletasks()
        frame = px(32)  # not known before the window is there
        rest = root.winfo_reqheight() - self._page.height
        self._page.size(height - frame - rest)
        root.update_idletasks()
        own_width, own_height = min(root.winfo_reqwidth(), width), root.winfo_reqheight()
        spare = height - frame - own_height
        # Above the middle, where the eye is.
        root.geometry(f"{own_width}x{own_height}+{left + (width - own_width) // 2}+{top + max(0, spare) * 2 // 5}")
        root.minsize(min(own_width, px(320)), min(own_height, px(240)))
        root.maxsize(width, height)
        if sys.platform.startswith("linux"):
            root.attributes("-type", "dialog")
        root.deiconify()
        self._forward(token)
        self._controls.first.focus_set()

    def _leave(self) -> None:
        self._closing = True
        self._root.quit()

    def _forward(self, token: str) -> bool:
        """To the front; ``False`` where it is closing, perhaps by a key that was pressed just before."""
        root = self._root
        root.deiconify()
        root.lift()
        root.focus_force()
        if sys.platform.startswith("linux"):
            root.update()
            x11.raise_window_of({os.getpid()})
            x11.end_startup(token)
        return not self._closing

    # --- what the person does ---------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Something was changed here: what was said about it may hold no more."""
        self._controls.tell({})
        self._say("")
        self._apply.state(["!disabled" if self._model.is_changed else "disabled"])

    def _escape(self) -> None:
        if self._asked:
            self._ask(())
        else:
            self._leave()

    def _accept(self) -> None:
        self._wants_to_close = True
        self._take(self._saver.save())

    def _save(self) -> None:
        self._wants_to_close = False
        self._take(self._saver.save())

    def _answer(self, *, theirs: bool) -> None:
        asked = self._asked
        self._ask(())
        saving = self._saver.resolve(theirs=theirs, keys=asked)
        if theirs and not (saving.done and self._wants_to_close):
            self._rebuild_page()
        self._take(saving)

    def _take(self, saving: Saving) -> None:
        """See what has come of saving."""
        self._changed()
        first = self._controls.tell(dict(saving.wrong))
        if first is not None:
            first.focus_set()
            if isinstance(first, ttk.Entry):
                first.selection_range(0, "end")
        self._say(saving.failed or saving.told)
        self._ask(saving.changed_meanwhile)
        if saving.done and not saving.told and self._wants_to_close:
            self._leave()
            return
        self._grow()
        if first is not None:
            self._page.show(first)

    def _say(self, words: str) -> None:
        """Say in a line of its own what has failed, or what else is to be known; it names a path, which may be long."""
        self._message.configure(text=words, wraplength=max(1, self._root.winfo_width() - self._made.px(48)))
        self._message.grid() if words else self._message.grid_remove()

    def _grow(self) -> None:
        """Make the window as high as its contents, if there is room below it: else they scroll."""
        root = self._root
        root.update_idletasks()
        more = self._page.missing
        below = self._room[1] + self._room[3] - root.winfo_rooty() - root.winfo_height()
        if 0 < more <= below:
            root.geometry(f"{root.winfo_width()}x{root.winfo_height() + more}")
            root.update_idletasks()

    def _ask(self, keys: tuple[str, ...]) -> None:
        """Ask whose values are right; with no keys, ask no more."""
        was, self._asked = self._asked, keys
        if keys:
            names = ", ".join(keys[:_MOST_NAMED]) + (" and more" if len(keys) > _MOST_NAMED else "")
            self._question_words.configure(text=f"Changed by hand meanwhile: {names}.\nWhich is right?")
            self._question.grid(row=2, column=0, sticky="ew")
            self._keep.focus_set()
        elif was:
            self._question.grid_forget()
            self._ok.focus_set()
