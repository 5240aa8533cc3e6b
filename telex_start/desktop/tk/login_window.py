"""The window that asks for e-mail address and password.

For the main thread alone. Tk's objects must not even be freed on another one: in CPython 3.11 with Tk 8.6 that aborts
the process ("Tcl_AsyncDelete", python/cpython#83274).
"""

from __future__ import annotations

import gc
import logging
import math
import re
import sys
import time
from collections.abc import Callable
from typing import Any

from ...events import Event, WindowClosed, WindowSubmitted
from . import toolkit
from .thread_calls import ThreadCalls

try:
    import tkinter as tk
    from tkinter import ttk
except ImportError as missing:
    raise toolkit.needs_tk("The login window", "sign in with --email and --password-stdin") from missing
from .controls import Tip, press_by_return

log = logging.getLogger(__name__)

_WHAT = "The login window"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_STEP = 40
"""Milliseconds between two steps of the bar: 25 pictures a second."""
_STEPS = 30
"""Steps of the bar from one end to the other."""
_WIDTH = 344
"""Pixels of the form on a screen of 96 dots an inch."""
_MOVED_WITHIN = 150
"""Milliseconds after which a move is done or lost."""
_MOVES_AGAIN = 3
"""How often a move that was lost is sent again; a window manager that places windows itself is left in peace."""
_FOCUS_GIVEN_WITHIN = 0.6
"""Seconds after it has appeared in which the focus is not the person's doing."""
_unfreed: list[object] = []
"""Tk interpreters that something still held on to; kept for ever, because the wrong thread must not free them."""


class LoginWindow:
    """The login window, from opening to :meth:`close`.

    Args:
        dispatch: Where :class:`WindowSubmitted` and :class:`WindowClosed` go.
        email: What the first field holds.
        take_focus: The person has asked for the window. Otherwise it appears on top and leaves the focus where it is.
        message: Why it opens, where the program opens it.

    Raises:
        TelexStartError: the display cannot be used.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], email: str = "", *, take_focus: bool, message: str = ""
    ) -> None:
        self._dispatch = dispatch
        self._turn: Callable[[], float | None] = lambda: None
        self._alarm: str | None = None
        self._closed = False
        self._running = False
        self._busy = False
        self._shown_at = 0.0
        self._awake = take_focus
        self._frame: tuple[int, int, int, int] | None = None
        self._moves_left = 0
        self._look_again: str | None = None
        self._made = toolkit.new_root(tk, _WHAT, "Telex – Sign in")
        self._root = root = self._made.root
        root.resizable(False, False)
        self._build()
        self._email.insert(0, email)
        self._bind()
        self._write(message, "Info")
        try:
            self.calls = ThreadCalls(root.tk, self._call_turn)
            """What other threads want done on this one."""
        except (OSError, tk.TclError) as error:
            root.destroy()
            raise toolkit.cannot_be_shown(_WHAT, error) from None
        self._place(take_focus)

    # --- what the program does with it ------------------------------------------------------------------------------

    @property
    def wake(self) -> Callable[[], None]:
        """Makes :meth:`run` take a turn soon. From any thread, at any time; never blocks."""
        return self.calls.wake

    def run(self, turn: Callable[[], float | None] = lambda: None) -> None:
        """Run until :meth:`close`; after that nothing of it, and of Tk, is left.

        Args:
            turn: Called at once, after each :attr:`wake`, and when so many seconds as it answered are over.
        """
        self._turn = turn
        self._running = True
        try:
            if not self._closed:
                self._root.after(0, self._call_turn)  # within the loop: tkinter loses a quit before it
                self._root.mainloop()
        finally:
            self._running = False
            self._dispose()

    def show(self, what: str, message: str) -> None:
        """Say how the sign-in goes.

        Args:
            what: ``busy``: it is under way, and only Cancel is left to do. ``failure``: the form is there for another
                try. ``success``: the program closes the window when that was readable. ``words``: the message alone.
        """
        if what == "busy" and not self._busy:
            self._busy = True
            self._enable(False)
            self._bar.grid()
            self._bar.start(_STEP)
            # Not to Cancel: a second Return would cancel what the first has begun.
            self._focus(self._root)
        elif what == "failure":
            self._rest()
            self._enable(True)
            self._focus(self._password)
            self._password.selection_range(0, "end")
            self._password.icursor("end")
        elif what == "success":
            self._rest()
            self._enable(True)  # what is disabled cannot be emptied
            self._password.delete(0, "end")
            self._enable(False)
            self._focus(self._root)
        self._write(message, {"failure": "Bad", "success": "Good"}.get(what, "Info"))

    def come_forward(self) -> None:
        """The person asked for the window again: to the front, with the focus."""
        self._awake = True
        self._root.deiconify()
        self._root.lift()
        self._root.focus_force()
        if not self._busy:
            self._first_empty().focus_set()

    def close(self) -> None:
        """Close it: :meth:`run` returns. Only asks for that, so it may be called from a turn."""
        if not self._closed:
            self._closed = True
            if self._running:
                self._root.quit()

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        px, family = self._made.px, self._made.family
        form = ttk.Frame(self._root, padding=(px(22), px(18), px(22), px(18)))
        form.grid()
        form.columnconfigure(0, minsize=px(_WIDTH), weight=1)
        head = ttk.Frame(form)
        head.grid(sticky="ew", pady=(0, px(14)))
        ttk.Label(head, image=self._made.images[0]).grid(row=0, column=0, rowspan=2, padx=(0, px(12)))
        ttk.Label(head, text="Sign in to Telex", style="Title.TLabel").grid(row=0, column=1, sticky="w")
        words = "Telex Start then shows your notifications."
        ttk.Label(head, text=words, style="Quiet.TLabel").grid(row=1, column=1, sticky="w")

        # Tab follows the order in which these are made.
        ttk.Label(form, text="E-mail address", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        self._email = ttk.Entry(form, font=(family, 10))
        self._email.grid(sticky="ew", pady=(0, px(10)))
        ttk.Label(form, text="Password", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        row = ttk.Frame(form)
        row.grid(sticky="ew")
        row.columnconfigure(0, weight=1)
        self._password = ttk.Entry(row, show="•", font=(family, 10))
        self._password.grid(row=0, column=0, sticky="ew")
        self._reveal = ttk.Button(row, text="Show", width=5, style="Small.TButton", command=self._toggle_password)
        self._reveal.grid(row=0, column=1, sticky="ns", padx=(px(6), 0))
        # Room for two lines and for the bar is kept, so that the window does not jump when they come.
        self._message = ttk.Label(form, wraplength=px(_WIDTH), justify="left", anchor="nw", style="Info.TLabel")
        self._message.grid(sticky="nsew", pady=(px(10), px(6)))
        self._message.configure(text="\n")
        form.rowconfigure(self._message.grid_info()["row"], minsize=self._message.winfo_reqheight() + px(16))
        self._bar = ttk.Progressbar(form, mode="indeterminate", maximum=_STEPS, style="Thin.Horizontal.TProgressbar")
        self._bar.grid(sticky="ew")
        form.rowconfigure(self._bar.grid_info()["row"], minsize=px(4))
        buttons = ttk.Frame(form)
        buttons.grid(sticky="e", pady=(px(14), 0))
        self._login = ttk.Button(buttons, text="Login", width=9, style="Login.TButton", command=self._submit)
        self._login.grid(row=0, column=0, padx=(0, px(8)))
        self._cancel = ttk.Button(buttons, text="Cancel", width=9, command=self._abandon)
        self._cancel.grid(row=0, column=1)
        self._bar.grid_remove()
        tips = {
            self._email: "The e-mail address that you use in Telex",
            self._password: "Your Telex password; it is not stored",
            self._reveal: "Show or hide the password",
            self._login: "Sign in to Telex (Return)",
            self._cancel: "Close this window (Escape)",
        }
        self._tips = [Tip(self._made, one, words, isinstance(one, ttk.Button)) for one, words in tips.items()]

    def _bind(self) -> None:
        root = self._root
        root.protocol("WM_DELETE_WINDOW", self._abandon)
        root.bind("<Escape>", self._on_escape)
        root.bind("<FocusIn>", self._on_focus)
        root.bind("<Configure>", self._on_configure)
        for key in ("<Return>", "<KP_Enter>"):
            for field in (self._email, self._password):
                field.bind(key, lambda _: self._submit())
        for button in (self._reveal, self._login, self._cancel):
            press_by_return(button)
        for event in ("<ButtonPress>", "<Tab>"):
            root.bind(event, self._on_touch, add="+")

    def _place(self, take_focus: bool) -> None:
        root = self._root
        root.update_idletasks()
        self._move()
        root.attributes("-topmost", True)
        if sys.platform.startswith("linux"):
            root.attributes("-type", "dialog")
        keeper = None if take_focus else toolkit.FocusKeeper(root)
        if take_focus:
            self._focus_when_there()
        root.deiconify()
        root.lift()
        self._shown_at = time.monotonic()
        if keeper is not None:
            keeper.give_back()
        else:
            root.focus_force()

    def _focus_when_there(self) -> None:
        """Put the cursor into the first empty field once the fields are on the screen, and type into them what was
        typed until then.

        Tk 8.6 puts a window's fields on the screen only after the window itself, and no field can have the cursor
        before. On a busy machine a person begins to type in between, and the window would drop these keys.
        """
        root, keys, tags = self._root, list[tuple[int, int]](), self._root.bindtags()
        listener = ttk.Frame(root)  # its bindings come before those of the window: Tab and Escape keep their turn too

        def keep(event: Any) -> str:
            keys.append((event.keycode, event.state))
            return "break"

        def there(_: object) -> None:
            root.bindtags(tags)
            listener.destroy()
            self._password.unbind("<Map>")
            if not self._busy:
                self._first_empty().focus_set()
            for keycode, state in keys:
                root.event_generate("<Key>", keycode=keycode, state=state)

        listener.bind("<Key>", keep)
        root.bindtags((str(listener), *tags))
        self._password.bind("<Map>", there)  # the last of the fields, as it is in a frame of its own

    def _on_configure(self, event: Any) -> None:
        """The frame that the window manager draws is known only some time after the window has appeared."""
        if event.widget is self._root and self._frame is None:
            self._frame = toolkit.frame_of(self._root)
            if self._frame is not None:
                self._root.after(1, self._move)  # Tk 8.6 loses a move that is asked for within a Configure

    def _move(self) -> None:
        """Put the lower right corner, frame and all, where it belongs."""
        self._moves_left = _MOVES_AGAIN
        self._send_move()

    def _send_move(self) -> None:
        root = self._root
        left, top, width, height = toolkit.room(root, self._made.scale)
        sides = self._frame or (0, 0, self._made.px(28), 0)
        left += width - root.winfo_reqwidth() - sides[0] - sides[1]
        top += height - root.winfo_reqheight() - sides[2] - sides[3]
        left, top = max(0, left), max(0, top)
        root.geometry(f"+{left}+{top}")
        if self._frame is not None and sys.platform.startswith("linux"):
            if self._look_again is not None:
                root.after_cancel(self._look_again)
            self._look_again = root.after(_MOVED_WITHIN, self._compare, (left + sides[0], top + sides[2]))

    def _compare(self, wanted: tuple[int, int]) -> None:
        """See where the contents are, and move the window again if that was lost."""
        self._look_again = None
        if self._moves_left and toolkit.contents_of(self._root) not in (wanted, None):
            self._moves_left -= 1
            self._send_move()

    # --- what the person does ---------------------------------------------------------------------------------------

    def _submit(self) -> None:
        if self._busy or self._closed:
            return
        email, password = self._email.get().strip(), self._password.get()
        if wrong := what_is_wrong(email, password):
            self._write(wrong, "Bad")
            self._focus(self._password if _EMAIL.fullmatch(email) else self._email)
            return
        self._hide_password()
        self._dispatch(WindowSubmitted(email, password))

    def _abandon(self) -> None:
        self._dispatch(WindowClosed())

    def _toggle_password(self) -> None:
        if self._busy:
            return
        if self._password.cget("show"):
            self._password.configure(show="")
            self._reveal.configure(text="Hide")
        else:
            self._hide_password()

    def _hide_password(self) -> None:
        self._password.configure(show="•")
        self._reveal.configure(text="Show")

    def _on_escape(self, _: object) -> None:
        # A key that was meant for the window below must not close one that has just pushed in.
        if self._awake:
            self._abandon()

    def _on_touch(self, _: object) -> None:
        self._awake = True

    def _on_focus(self, event: Any) -> None:
        """The window has got the focus. By the person's doing the cursor goes into the first empty field; but a window
        manager that gives it unasked must not lead into the password what is being typed elsewhere."""
        if event.widget is not self._root or self._awake or self._busy:
            return
        if time.monotonic() - self._shown_at > _FOCUS_GIVEN_WITHIN:
            self._awake = True
            self._first_empty().focus_set()

    # --- its parts --------------------------------------------------------------------------------------------------

    def _first_empty(self) -> Any:
        return self._password if self._email.get().strip() else self._email

    def _focus(self, widget: Any) -> None:
        """Move the cursor within the window; that the window has the focus is the person's matter."""
        if self._awake:
            widget.focus_set()

    def _enable(self, enabled: bool) -> None:
        for widget in (self._email, self._password, self._reveal, self._login):
            widget.state(["!disabled" if enabled else "disabled"])

    def _rest(self) -> None:
        self._busy = False
        self._bar.stop()
        self._bar.grid_remove()

    def _write(self, message: str, style: str) -> None:
        self._message.configure(text=message, style=f"{style}.TLabel")
        if self._shown_at:
            height = self._root.winfo_reqheight()
            self._root.update_idletasks()
            if self._root.winfo_reqheight() != height:
                self._move()  # a long message makes it higher: upwards

    # --- its loop and its end ---------------------------------------------------------------------------------------

    def _call_turn(self) -> None:
        if self._closed:
            return
        try:
            due_in = self._turn()
        except Exception as error:  # it would end Tk's loop
            log.error("a turn failed", exc_info=error)
            due_in = None
        if self._closed:
            return
        if self._alarm is not None:
            self._root.after_cancel(self._alarm)
            self._alarm = None
        if due_in is not None:
            self._alarm = self._root.after(math.ceil(due_in * 1000), self._call_turn)

    def _dispose(self) -> None:
        root = self._root
        self.calls.close()
        for tip in self._tips:
            tip.end()
        for entry in (self._email, self._password):
            entry.state(["!disabled"])
            entry.delete(0, "end")
        interpreter = [root.tk]
        root.destroy()
        self.__dict__.clear()
        self._closed = True
        del root, tip, entry
        _free(interpreter)


def what_is_wrong(email: str, password: str) -> str:
    """What is wrong with what was entered, in one sentence for the person; empty where nothing is.

    Args:
        email: Without blanks around it.
        password: As it was typed; blanks belong to it.
    """
    if not email:
        return "Please enter your e-mail address."
    if not _EMAIL.fullmatch(email):
        return "This does not look like an e-mail address; it should be like ada@example.org."
    return "" if password else "Please enter your password."


def _free(interpreter: list[Any]) -> None:
    """Free a Tk interpreter on this thread, or never.

    Args:
        interpreter: Holds it, and nothing else does any more, but for cycles of Tk's objects.
    """
    for _ in range(5):
        gc.collect()
        if sys.getrefcount(interpreter[0]) <= 2:
            interpreter.clear()
            return
        # Another thread's collector may be at it just now; then ours does nothing.
        time.sleep(0.01)
    log.debug("a Tk interpreter is still in use")
    _unfreed.append(interpreter.pop())
