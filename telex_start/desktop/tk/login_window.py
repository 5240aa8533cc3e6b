"""The login window: asks for e-mail address and password, or for a mailed link. For the thread that makes it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from ...errors import ConfigError
from ...sign_in_link import code_of
from .. import x11
from .controls import ProgressBar, press_by_return
from .login_pages import LinkPage, LoginData, LoginForm, what_is_wrong
from .toolkit import Window, spare_the_focus

_WIDTH = 344
"""Pixels of the form on a screen of 96 dots an inch, at least."""
_MOVED_WITHIN = 150
"""Milliseconds after which a move is done or lost."""
_MOVES_AGAIN = 3
"""How often a lost move is sent again. No more often: some window managers place windows themselves."""
_FOCUS_GIVEN_WITHIN = 0.6
"""Seconds after the window has appeared in which a focus counts as given by the window manager, not the person."""
_BY_MAIL, _BACK = "E-mail me a link", "Back"
_TURNS = {
    _BY_MAIL: "Sign in without a password: Telex mails you a link",
    _BACK: "Sign in with a password, or by another e-mail address",
}
"""The two labels of the button that turns the pages, and their tooltips."""


class LoginWindow(Window):
    """The login window.

    Args:
        say: Gets what the person does, as keyword arguments: ``email`` and ``password`` to sign in with, and ``stay``
            if the window has the box (before that ``saved``, if the box has changed the configuration); ``ask``, the
            address that a link is to be mailed to; ``email`` and the ``code`` of a link; ``back``; ``typed``, once,
            when something is first typed or pasted; ``closed``, if the window is to be closed.
        why_none: Says what is missing for a keyring, empty if there is one; called on a thread of its own.
        data: What the window shows.

    Raises:
        TelexStartError: the display cannot be used.
    """

    def __init__(self, say: Callable[..., object], why_none: Callable[[], str], data: LoginData) -> None:
        super().__init__("The login window", "Telex – Sign in")
        self._say = say
        self._data = data
        self._typed = False
        self._busy = False
        self._shown_at = 0.0
        self._awake = data.take_focus
        self._frame: tuple[int, int, int, int] | None = None
        self._look_again: str | None = None
        self.root.resizable(False, False)
        self._build()
        self._bind()
        self._write(data.message, "Info")
        self._place()
        if data.path:
            self.find_out(why_none, self._form.keyring_found)

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
            what: ``busy``: the sign-in is under way, and only Cancel is enabled. ``failure``: the page is there for
                another try. ``success``: the agent closes the window once the message could be read. ``words``:
                the message alone. ``link``: a link was mailed; the page for it is shown.
        """
        if what == "busy" and not self._busy:
            self._work(True, enabled=False)
            # Not on Cancel: a second Return would cancel what the first has begun.
            self._focus(self.root)
        elif what == "failure":
            self._work(False, enabled=True)
            self._edit(self._asked)
        elif what == "success":
            self._work(False, enabled=False)
            self._form.forget_password()
            self._link.empty()
            self._focus(self.root)
        elif what == "link":
            self._work(False, enabled=True)
            self._link.mailed(message)
            self._turn_to(self._link)
            self._focus(self._first_empty())
            message = ""
        self._write(message, {"failure": "Bad", "success": "Good"}.get(what, "Info"))

    def _forward(self) -> None:
        """The person asked for the window again: bring it to the front, with the focus."""
        self._awake = True
        self.root.deiconify()
        self.root.lift()
        self.root.focus_force()
        if not self._busy:
            self._first_empty().focus_set()

    def _build(self) -> None:
        px = self.px
        form = ttk.Frame(self.root, padding=(px(22), px(18), px(22), px(18)))
        form.grid()
        form.columnconfigure(0, minsize=px(_WIDTH), weight=1)
        head, _ = self.head(form, "Sign in to Telex", "Telex Start then shows your notifications.")
        head.grid(sticky="ew", pady=(0, px(14)))

        # Tab follows the order in which these are made.
        self._form = LoginForm(self, form, self._data)
        self._form.grid(row=1, sticky="new")
        self._link = LinkPage(self, form, self._take, self._ask_for_link)
        self._link.grid(row=1, sticky="new")
        # Room for two lines and for the bar is kept, so that the window does not jump when they come.
        self._message = ttk.Label(form, justify="left", anchor="nw", style="Info.TLabel")
        self._message.grid(sticky="nsew", pady=(px(10), px(6)))
        self._message.configure(text="\n")
        form.rowconfigure(self._message.grid_info()["row"], minsize=self._message.winfo_reqheight() + px(16))
        self._bar = ProgressBar(form)
        self._bar.grid(sticky="ew")
        form.rowconfigure(self._bar.grid_info()["row"], minsize=px(4))
        buttons = ttk.Frame(form)
        buttons.grid(sticky="ew", pady=(px(14), 0))
        buttons.columnconfigure(0, weight=1)
        self._turn = ttk.Button(buttons, text=_BY_MAIL)
        if self._data.api_url:
            self._turn.grid(row=0, column=0, sticky="w")
        self._login = ttk.Button(buttons, text="Login", width=9)
        self._login.grid(row=0, column=1, padx=px(8))
        cancel = ttk.Button(buttons, text="Cancel", width=9, command=self._abandon)
        cancel.grid(row=0, column=2)
        self._bar.grid_remove()
        for button, words in (
            (self._turn, lambda: _TURNS[self._turn.cget("text")]),
            (self._login, "Sign in to Telex (Return)"),
            (cancel, "Close this window (Escape)"),
        ):
            self.tip(button, words, at_the_edge=True)
            press_by_return(button)
        self._turn_to(self._form)
        # Each page has the room that the larger one needs, so that the window does not jump.
        form.update_idletasks()
        width = form.winfo_reqwidth() - 2 * px(22)
        form.columnconfigure(0, minsize=width)
        form.rowconfigure(1, minsize=max(self._form.winfo_reqheight(), self._link.winfo_reqheight()))
        wrap = width - px(6)  # a label has a border
        self._message.configure(wraplength=wrap)
        self._link.words.configure(wraplength=wrap)

    def _bind(self) -> None:
        root = self.root
        root.protocol("WM_DELETE_WINDOW", self._abandon)
        root.bind("<Escape>", self._on_escape)
        root.bind("<FocusIn>", self._on_focus)
        root.bind("<Configure>", self._on_configure)
        for key in ("<Return>", "<KP_Enter>"):
            self._form.email.bind(key, lambda _: self._ask_for_link() if self._data.by_mail else self._submit())
            self._form.password.bind(key, lambda _: self._submit())
        for event in ("<ButtonPress>", "<Tab>"):
            root.bind(event, self._on_touch, add="+")
        for field in (self._form.email, self._form.password, self._link.field):
            field.configure(validate="key", validatecommand=(root.register(self._on_edit), "%d", "%S", "%W"))

    def _place(self) -> None:
        root, take_focus = self.root, self._data.take_focus
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
            self._form.password.unbind("<Map>")
            if not self._busy:
                self._first_empty().focus_set()
            for keycode, state in keys:
                root.event_generate("<Key>", keycode=keycode, state=state)

        listener.bind("<Key>", keep)
        root.bindtags((str(listener), *tags))
        self._form.password.bind("<Map>", there)  # the last of the fields, as it is in a frame of its own

    def _on_configure(self, event: Any) -> None:
        """The frame that the window manager draws is known only some time after the window has appeared."""
        if event.widget is self.root and self._frame is None:
            self._frame = self.frame()
            if self._frame is not None:
                self.root.after(1, self._move)  # Tk 8.6 loses a move that is asked for within a Configure

    def _move(self, again: int = _MOVES_AGAIN) -> None:
        """Put the lower right corner, frame and all, where it belongs."""
        root = self.root
        left, top, width, height = self.room()
        sides = self._frame or (0, 0, self.px(28), 0)
        left = max(0, left + width - root.winfo_reqwidth() - sides[0] - sides[1])
        top = max(0, top + height - root.winfo_reqheight() - sides[2] - sides[3])
        root.geometry(f"+{left}+{top}")
        if self._frame is not None and sys.platform.startswith("linux"):
            if self._look_again is not None:
                root.after_cancel(self._look_again)
            self._look_again = root.after(_MOVED_WITHIN, self._compare, (left + sides[0], top + sides[2]), again)

    def _compare(self, wanted: tuple[int, int], again: int) -> None:
        """See where the contents are, and move the window again if the move was lost."""
        self._look_again = None
        if again and x11.position_of(self.root.winfo_id()) not in (wanted, None):
            self._move(again - 1)

    def _entered(self, password: str | None) -> str | None:
        """The e-mail address; ``None`` if it or the password (``None``: none is needed) looks wrong, or if busy."""
        email = self._form.email.get().strip()
        if self._busy or not (wrong := what_is_wrong(email, password)):
            return None if self._busy else email
        self._write(wrong, "Bad")
        self._focus(self._form.email if what_is_wrong(email, None) else self._form.password)
        return None

    def _submit(self) -> None:
        password = self._form.password.get()
        if (email := self._entered(password)) is None:
            return
        try:
            if self._form.write_stay():
                self._say(saved=True)
        except ConfigError as error:
            self._write(error.message, "Bad")
            return
        self._asked = self._form.password
        self._form.show_password(False)
        stay = self._form.stay
        self._say(email=email, password=password, **({} if stay is None else {"stay": stay}))

    def _ask_for_link(self) -> None:
        if (email := self._entered(None)) is None:
            return
        if self._page is self._link:
            self._link.wait()
            self._focus(self._link.field)
        else:
            self._asked = self._form.email
        self._form.show_password(False)
        self._say(ask=email)

    def _take(self, text: str) -> None:
        """A link was pasted, or something was typed in its place."""
        if self._busy:
            return
        try:
            code = code_of(text, self._data.api_url, self._data.web_url)
        except ValueError as error:
            self._write(str(error), "Bad")
            self._edit(self._link.field)
        else:
            self._write("", "Info")
            self._say(email=self._form.email.get().strip(), code=code)

    def _go_back(self) -> None:
        self._link.empty()
        self._turn_to(self._form)
        self._write("", "Info")
        self._focus(self._first_empty())
        self._say(back=True)

    def _abandon(self) -> None:
        self._say(closed=True)

    def _on_escape(self, _: object) -> None:
        # A key that was meant for the window below must not close this one if it has just appeared.
        if self._awake:
            self._abandon()

    def _on_touch(self, _: object) -> None:
        self._awake = True

    def _on_edit(self, action: str, text: str, field: str) -> bool:
        """A field is being changed; returns whether Tk may change it."""
        if action != "1":  # nothing is put in
            return True
        if not self._typed:
            self._typed = True
            self._say(typed=True)
        return field != str(self._link.field) or self._link.inserts(text)

    def _on_focus(self, event: Any) -> None:
        """The window has got the focus. If the person gave it, put the cursor into the first empty field. If the window
        manager gave it unasked, do not: what is being typed elsewhere must not land in the password."""
        if event.widget is not self.root or self._awake or self._busy:
            return
        if time.monotonic() - self._shown_at > _FOCUS_GIVEN_WITHIN:
            self._awake = True
            self._first_empty().focus_set()

    def _turn_to(self, page: Any) -> None:
        """Show the form, or the page that waits for a link."""
        self._page = page
        on_link = page is self._link
        (self._form if on_link else self._link).grid_remove()
        page.grid()
        plain, first = (
            ("Login.TButton", "TButton") if self._data.by_mail and not on_link else ("TButton", "Login.TButton")
        )
        self._login.configure(style=first, command=self._link.take if on_link else self._submit)
        if on_link:
            self._turn.configure(text=_BACK, width=9, style=plain, command=self._go_back)
        else:
            self._turn.configure(text=_BY_MAIL, width="", style=plain, command=self._ask_for_link)
        self._asked = self._link.field if on_link else self._form.password
        """The field that gets the cursor if the sign-in fails."""

    def _first_empty(self) -> Any:
        if self._page is self._link:
            return self._link.field
        return self._form.password if self._form.email.get().strip() and not self._data.by_mail else self._form.email

    def _edit(self, field: Any) -> None:
        """Put the cursor into a field so that typing replaces what is there."""
        self._focus(field)
        field.selection_range(0, "end")
        field.icursor("end")

    def _focus(self, widget: Any) -> None:
        """Move the cursor within the window, unless the window appeared unasked and the person has not used it yet."""
        if self._awake:
            widget.focus_set()

    def _work(self, busy: bool, *, enabled: bool) -> None:
        """Show whether a sign-in is under way, and enable or disable the controls."""
        self._busy = busy
        self._bar.run(busy)
        for button in (self._turn, self._login):
            button.state(["!disabled" if enabled else "disabled"])
        self._form.enable(enabled)
        self._link.enable(enabled)

    def _write(self, message: str, style: str) -> None:
        self._message.configure(text=message, style=f"{style}.TLabel")
        if self._shown_at:
            height = self.root.winfo_reqheight()
            self.root.update_idletasks()
            if self.root.winfo_reqheight() != height:
                self._move()  # a long message makes the window higher: it grows upwards
