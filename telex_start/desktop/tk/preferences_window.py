"""The preferences window: its frame and its buttons (its page is :mod:`.preferences_page`). For one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from tkinter import ttk

from . import controls
from .preferences_model import Model, Saving
from .preferences_page import Controls, edit
from .toolkit import Window

_MOST_NAMED = 3
"""At most so many settings are named in a question."""


class PreferencesWindow(Window):
    """The preferences window; it is shown as soon as it is made.

    Args:
        model: The values that it shows and changes.
        why_none: Says what is missing for a keyring, empty if there is one; called on a thread of its own.
        token: The desktop's activation token with which the window was asked for; empty without one.

    Raises:
        TelexStartError: the display cannot be used.
    """

    def __init__(self, model: Model, why_none: Callable[[], str], token: str) -> None:
        super().__init__("The preferences window", "Telex – Preferences")
        self._model = model
        self._asked: tuple[str, ...] = ()
        self._wants_to_close = False
        controls.dress(self)
        self._build()
        self._bind()
        self._changed()
        self._show(token)
        self.find_out(why_none, lambda missing: self._controls.keyring_found(not missing))

    def _build(self) -> None:
        root, px = self.root, self.px
        root.columnconfigure(0, weight=1)
        root.rowconfigure(0, weight=1)
        self._page = controls.Page(self, root)
        self._page.outer.grid(row=0, column=0, sticky="nsew")
        self._page.inner.configure(padding=(px(24), px(20), px(24), px(18)))
        self._build_page()
        ttk.Frame(root, style="Line.TFrame", height=max(1, px(1))).grid(row=1, column=0, sticky="ew")
        # The question about a file that was changed by hand meanwhile; not shown until then.
        self._question = ttk.Frame(root, style="Ask.TFrame", padding=(px(24), px(12)))
        self._question.columnconfigure(0, weight=1)
        self._question_words = ttk.Label(self._question, style="Ask.TLabel", wraplength=px(300), justify="left")
        self._question_words.grid(row=0, column=0, sticky="w", padx=(0, px(12)))
        self._keep = ttk.Button(self._question, text="Keep the File", command=partial(self._answer, theirs=True))
        self._keep.grid(row=0, column=1)
        overwrite = ttk.Button(self._question, text="Overwrite", command=partial(self._answer, theirs=False))
        overwrite.grid(row=0, column=2, padx=(px(8), 0))
        foot = ttk.Frame(root, padding=(px(24), px(12), px(24), px(14)))
        foot.grid(row=3, column=0, sticky="ew")
        foot.columnconfigure(0, weight=1)
        self._message = ttk.Label(foot, style="Bad.TLabel", justify="left")
        self._message.grid(row=0, column=0, columnspan=4, sticky="w", pady=(0, px(10)))
        self._say("")
        self._ok = ttk.Button(foot, text="OK", width=9, style="Login.TButton", command=self._accept)
        self._apply = ttk.Button(foot, text="Apply", underline=0, width=9, command=self._save)
        cancel = ttk.Button(foot, text="Cancel", width=9, command=self.leave)
        for place, button in enumerate((self._ok, self._apply, cancel)):
            button.grid(row=1, column=place + 1, padx=(px(8) if place else 0, 0))
        controls.press_by_return(self._keep, overwrite, self._apply, cancel)

    def _build_page(self) -> None:
        self._controls = Controls(self, self._page.inner, self._model, self._changed)

    def _bind(self) -> None:
        root = self.root
        root.protocol("WM_DELETE_WINDOW", self.leave)
        for key in ("<Return>", "<KP_Enter>"):
            root.bind(key, lambda _: self._accept())
        root.bind("<Escape>", lambda _: self._escape())
        root.bind("<Alt-a>", lambda _: self._apply.invoke())

    def _show(self, token: str) -> None:
        root, px = self.root, self.px
        left, top, width, height = self.room()
        self._bottom = top + height
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
        self.is_dialogue()
        self.to_the_front(token)
        self._controls.first.focus_set()

    def _changed(self) -> None:
        """A value was changed in the window: take back what was said about wrong values, and renew *Apply*."""
        self._controls.tell({})
        self._say("")
        self._apply.state(["!disabled" if self._model.is_changed else "disabled"])

    def _escape(self) -> None:
        if self._asked:
            self._ask(())
        else:
            self.leave()

    def _accept(self) -> None:
        self._wants_to_close = True
        self._take(self._model.save())

    def _save(self) -> None:
        self._wants_to_close = False
        self._take(self._model.save())

    def _answer(self, *, theirs: bool) -> None:
        asked = self._asked
        self._ask(())
        saving = self._model.resolve(theirs=theirs, keys=asked)
        if theirs and not (saving.done and self._wants_to_close):
            # Build the page again, as it is to show the values that were changed by hand.
            self.end_tips()
            for child in self._page.inner.winfo_children():
                child.destroy()
            self._build_page()
        self._take(saving)

    def _take(self, saving: Saving) -> None:
        """Show the result of saving; close the window if all is saved after OK."""
        self._changed()
        first = self._controls.tell(saving.wrong)
        if isinstance(first, ttk.Entry):
            edit(first)
        elif first is not None:
            first.focus_set()
        self._say(saving.failed or saving.told)
        self._ask(saving.changed_meanwhile)
        if saving.done and not saving.told and self._wants_to_close:
            self.leave()
            return
        self._grow()
        if first is not None:
            self._page.show(first)

    def _say(self, words: str) -> None:
        """Say in a line of its own what has failed, or what else is to be known; a long path in it is wrapped."""
        # A label has a border, in addition to the margins.
        self._message.configure(text=words, wraplength=max(1, self.root.winfo_width() - self.px(54)))
        self._message.grid() if words else self._message.grid_remove()

    def _grow(self) -> None:
        """Make the window as high as its contents, if there is room below it; else the contents scroll."""
        root = self.root
        root.update_idletasks()
        more = self._page.missing
        if 0 < more <= self._bottom - root.winfo_rooty() - root.winfo_height():
            root.geometry(f"{root.winfo_width()}x{root.winfo_height() + more}")
            root.update_idletasks()

    def _ask(self, keys: tuple[str, ...]) -> None:
        """Ask which values of these keys are right, the file's or the window's; without keys, hide the question."""
        was, self._asked = self._asked, keys
        if keys:
            names = ", ".join(keys[:_MOST_NAMED]) + (" and more" if len(keys) > _MOST_NAMED else "")
            self._question_words.configure(text=f"Changed by hand meanwhile: {names}.\nWhich is right?")
            self._question.grid(row=2, column=0, sticky="ew")
            self._keep.focus_set()
        elif was:
            self._question.grid_forget()
            self._ok.focus_set()
