"""The window that asks for e-mail address and password. For the thread that makes it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from .. import x11
from .controls import ProgressBar, press_by_return
from .toolkit import Window, spare_the_focus

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WIDTH = 344
"""Pixels of the form on a screen of 96 dots an inch."""
_MOVED_WITHIN = 150
"""Milliseconds after which a move is done or lost."""
_MOVES_AGAIN = 3
"""How often a move that was lost is sent again; a window manager that places windows itself is left in peace."""
_FOCUS_GIVEN_WITHIN = 0.6
"""Seconds after it has appeared in which the focus is not the person's doing."""


class LoginWindow(Window):
    """The login window.

    Args:
        say: Gets ``email`` and ``password``, which the person has entered, or that it is to be ``closed``.
        email: What the first field holds.
        take_focus: The person has asked for the window. Otherwise it appears on top and leaves the focus where it is.
        message: Why it opens, where the program opens it.

    Raises:
        TelexStartError: the display cannot be used.
    """

    def __init__(self, say: Callable[..., object], email: str, *, take_focus: bool, message: str) -> None:
        super().__init__("The login window", "Telex – Sign in")
        self._say = say
        self._busy = False
        self._shown_at = 0.0
        self._awake = take_focus
        self._frame: tuple[int, int, int, int] | None = None
        self._moves_left = 0
        self._look_again: str | None = None
        self.root.resizable(False, False)
        self._build()
        self._email.insert(0, email)
        self._bind()
        self._write(message, "Info")
        self._place(take_focus)

    # --- what the agent does with it --------------------------------------------------------------------------------

    def told(self, said: dict[str, Any]) -> None:
        """The agent says how the sign-in goes, or that the person asked for the window again. From any thread."""
        match said:
            case {"show": "front"}:
                self.calls.post(self._forward)
            case {"show": str(what), "message": str(message)}:
                self.calls.post(lambda: self.show(what, message))

    def show(self, what: str, message: str) -> None:
        """Say how the sign-in goes.

        Args:
            what: ``busy``: it is under way, and only Cancel is left to do. ``failure``: the form is there for another
                try. ``success``: the program closes the window when that was readable. ``words``: the message alone.
        """
        if what == "busy" and not self._busy:
            self._busy = True
            self._enable(False)
            self._bar.run(True)
            # Not to Cancel: a second Return would cancel what the first has begun.
            self._focus(self.root)
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
            self._focus(self.root)
        self._write(message, {"failure": "Bad", "success": "Good"}.get(what, "Info"))

    def _forward(self) -> None:
        """The person asked for the window again: to the front, with the focus."""
        self._awake = True
        self.root.deiconify()
        self.root.lift()
        self.root.focus_force()
        if not self._busy:
            self._first_empty().focus_set()

    # --- making it --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        px, font = self.px, (self.family, 10)
        form = ttk.Frame(self.root, padding=(px(22), px(18), px(22), px(18)))
        form.grid()
        form.columnconfigure(0, minsize=px(_WIDTH), weight=1)
        head, _ = self.head(form, "Sign in to Telex", "Telex Start then shows your notifications.")
        head.grid(sticky="ew", pady=(0, px(14)))

        # Tab follows the order in which these are made.
        ttk.Label(form, text="E-mail address", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        self._email = ttk.Entry(form, font=font)
        self._email.grid(sticky="ew", pady=(0, px(10)))
        ttk.Label(form, text="Password", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        row = ttk.Frame(form)
        row.grid(sticky="ew")
        row.columnconfigure(0, weight=1)
        self._password = ttk.Entry(row, show="•", font=font)
        self._password.grid(row=0, column=0, sticky="ew")
        self._reveal = ttk.Button(row, text="Show", width=5, style="Small.TButton", command=self._toggle_password)
        self._reveal.grid(row=0, column=1, sticky="ns", padx=(px(6), 0))
        # Room for two lines and for the bar is kept, so that the window does not jump when they come.
        self._message = ttk.Label(form, wraplength=px(_WIDTH), justify="left", anchor="nw", style="Info.TLabel")
        self._message.grid(sticky="nsew", pady=(px(10), px(6)))
        self._message.configure(text="\n")
        form.rowconfigure(self._message.grid_info()["row"], minsize=self._message.winfo_reqheight() + px(16))
        self._bar = ProgressBar(form)
        self._bar.grid(sticky="ew")
        form.rowconfigure(self._bar.grid_info()["row"], minsize=px(4))
        buttons = ttk.Frame(form)
        buttons.grid(sticky="e", pady=(px(14), 0))
        self._login = ttk.Button(buttons, text="Login", width=9, style="Login.TButton", command=self._submit)
        self._login.grid(row=0, column=0, padx=(0, px(8)))
        cancel = ttk.Button(buttons, text="Cancel", width=9, command=self._abandon)
        cancel.grid(row=0, column=1)
        self._bar.grid_remove()
        for control, words in (
            (self._email, "The e-mail address that you use in Telex"),
            (self._password, "Your Telex password; it is not stored"),
            (self._reveal, "Show or hide the password"),
            (self._login, "Sign in to Telex (Return)"),
            (cancel, "Close this window (Escape)"),
        ):
            self.tip(control, words, isinstance(control, ttk.Button))
            if isinstance(control, ttk.Button):
                press_by_return(control)

    def _bind(self) -> None:
        root = self.root
        root.protocol("WM_DELETE_WINDOW", self._abandon)
        root.bind("<Escape>", self._on_escape)
        root.bind("<FocusIn>", self._on_focus)
        root.bind("<Configure>", self._on_configure)
        for key in ("<Return>", "<KP_Enter>"):
            for field in (self._email, self._password):
                field.bind(key, lambda _: self._submit())
        for event in ("<ButtonPress>", "<Tab>"):
            root.bind(event, self._on_touch, add="+")

    def _place(self, take_focus: bool) -> None:
        root = self.root
        root.update_idletasks()
        self._move()
        root.attributes("-topmost", True)
        self.is_dialogue()
        give_back = root.focus_force if take_focus else spare_the_focus(root)
        if take_focus:
            self._focus_when_there()
        root.deiconify()
        root.lift()
        self._shown_at = time.monotonic()
        give_back()

    def _focus_when_there(self) -> None:
        """Put the cursor into the first empty field once the fields are on the screen, and type into them what was
        typed until then.

        Tk 8.6 puts a window's fields on the screen only after the window itself, and no field can have the cursor
        before. On a busy machine a person begins to type in between, and the window would drop these keys.
        """
        root, keys, tags = self.root, list[tuple[int, int]](), self.root.bindtags()
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
        if event.widget is self.root and self._frame is None:
            self._frame = self.frame()
            if self._frame is not None:
                self.root.after(1, self._move)  # Tk 8.6 loses a move that is asked for within a Configure

    def _move(self) -> None:
        """Put the lower right corner, frame and all, where it belongs."""
        self._moves_left = _MOVES_AGAIN
        self._send_move()

    def _send_move(self) -> None:
        root = self.root
        left, top, width, height = self.room()
        sides = self._frame or (0, 0, self.px(28), 0)
        left = max(0, left + width - root.winfo_reqwidth() - sides[0] - sides[1])
        top = max(0, top + height - root.winfo_reqheight() - sides[2] - sides[3])
        root.geometry(f"+{left}+{top}")
        if self._frame is not None and sys.platform.startswith("linux"):
            if self._look_again is not None:
                root.after_cancel(self._look_again)
            self._look_again = root.after(_MOVED_WITHIN, self._compare, (left + sides[0], top + sides[2]))

    def _compare(self, wanted: tuple[int, int]) -> None:
        """See where the contents are, and move the window again if that was lost."""
        self._look_again = None
        if self._moves_left and x11.position_of(self.root.winfo_id()) not in (wanted, None):
            self._moves_left -= 1
            self._send_move()

    # --- what the person does ---------------------------------------------------------------------------------------

    def _submit(self) -> None:
        if self._busy:
            return
        email, password = self._email.get().strip(), self._password.get()
        if wrong := what_is_wrong(email, password):
            self._write(wrong, "Bad")
            self._focus(self._password if _EMAIL.fullmatch(email) else self._email)
            return
        self._hide_password()
        self._say(email=email, password=password)

    def _abandon(self) -> None:
        self._say(closed=True)

    def _toggle_password(self) -> None:
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
        if event.widget is not self.root or self._awake or self._busy:
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
        self._bar.run(False)

    def _write(self, message: str, style: str) -> None:
        self._message.configure(text=message, style=f"{style}.TLabel")
        if self._shown_at:
            height = self.root.winfo_reqheight()
            self.root.update_idletasks()
            if self.root.winfo_reqheight() != height:
                self._move()  # a long message makes it higher: upwards


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
