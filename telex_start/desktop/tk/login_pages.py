"""The pages of the login window: e-mail address and password, and a field for a mailed link. For one thread.

Also checks what was entered (:func:`what_is_wrong`).
"""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any, NamedTuple

from ...config_file import ConfigFile
from .controls import dress_checks, press_by_return
from .toolkit import Window

SEND_AGAIN_AFTER = 30_000
"""Milliseconds after which another link can be asked for: until then the first may still come."""
_MOST_SHOWN = 2_000
"""Characters of a pasted text that the field shows."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class LoginData(NamedTuple):
    """What the agent has the window show; an older agent gives only the first three."""

    email: str
    """What the first field holds."""
    take_focus: bool
    """The person has asked for the window. Otherwise it appears on top and leaves the focus where it is."""
    message: str
    """Why the window opens, if the program opens it by itself."""
    by_mail: bool = False
    """Signing in by a mailed link comes first, before the password."""
    api_url: str = ""
    """The address of Telex's API; without it, no link can be mailed."""
    web_url: str = ""
    stay: bool = False
    """Whether the person is to stay signed in."""
    stay_given: str = ""
    """The variable or option that gives :attr:`stay`, over the configuration file; empty for none."""
    path: str = ""
    """The path of the configuration file; without it there is no box for :attr:`stay`."""


class LoginForm(ttk.Frame):
    """Fields for e-mail address and password, and the box *Stay signed in on this computer*.

    Args:
        window: The window.
        parent: What it lies in.
        data: What the form shows.

    Attributes:
        email: The first field.
        password: The second.
    """

    def __init__(self, window: Window, parent: Any, data: LoginData) -> None:
        super().__init__(parent)
        px, font = window.px, (window.family, 10)
        self.columnconfigure(0, weight=1)
        ttk.Label(self, text="E-mail address", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        self.email = ttk.Entry(self, font=font)
        self.email.insert(0, data.email)
        self.email.grid(sticky="ew", pady=(0, px(10)))
        ttk.Label(self, text="Password", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        row = ttk.Frame(self)
        row.grid(sticky="ew")
        row.columnconfigure(0, weight=1)
        self._password = tk.StringVar(self)
        self.password = ttk.Entry(row, show="•", font=font, textvariable=self._password)
        self.password.grid(row=0, column=0, sticky="ew")
        self._reveal = ttk.Button(row, text="Show", width=5, style="Small.TButton", command=self._toggle_password)
        self._reveal.grid(row=0, column=1, sticky="ns", padx=(px(6), 0))
        self._file = ConfigFile(data.path)
        self._written, self._given = data.stay, data.stay_given
        self._stay = tk.BooleanVar(self, data.stay)
        self._can_stay = False
        dress_checks(window)
        self._box = ttk.Checkbutton(self, text="Stay signed in on this computer", variable=self._stay)
        if data.path:
            self._box.grid(sticky="w", pady=(px(8), 0))
        self.enable(True)
        press_by_return(self._reveal)
        window.tip(self.email, "The e-mail address that you use in Telex")
        window.tip(self.password, self._of_password)
        window.tip(self._reveal, "Show or hide the password", at_the_edge=True)
        words = "Keep the password in this computer's keyring: the next start signs in with it"
        window.tip(self._box, f"Set by {data.stay_given}" if data.stay_given else words)

    @property
    def stay(self) -> bool | None:
        """Whether the person is to stay signed in; ``None`` without the box."""
        return self._stay.get() if self._box.grid_info() else None

    def keyring_found(self, missing: str) -> None:
        """Take what is missing for a keyring (empty for nothing): without a keyring the box goes, its room stays."""
        if missing:
            self._box.grid_remove()
        self._can_stay = not missing and not self._given
        self.enable(self.email.instate(["!disabled"]))

    def write_stay(self) -> bool:
        """Write the box into the configuration file; returns whether that changed the file.

        Raises:
            ConfigError: the file cannot be changed.
        """
        if self.stay in (None, self._written):
            return False
        self._file.write({"stay_signed_in": self.stay}, self._file.values())
        self._written = self._stay.get()
        return True

    def enable(self, enabled: bool) -> None:
        """Enable or disable the controls."""
        for control in (self.email, self.password, self._reveal, self._box):
            can_be = enabled and (self._can_stay or control is not self._box)
            control.state(["!disabled" if can_be else "disabled"])

    def show_password(self, shown: bool) -> None:
        """Show the password, or dots in its place."""
        self.password.configure(show="" if shown else "•")
        self._reveal.configure(text="Hide" if shown else "Show")

    def forget_password(self) -> None:
        """Empty the password's field."""
        self._password.set("")

    def _toggle_password(self) -> None:
        self.show_password(bool(self.password.cget("show")))

    def _of_password(self) -> str:
        return f"Your Telex password; it is {'kept in the keyring' if self.stay else 'not stored'}"


class LinkPage(ttk.Frame):
    """Shows what was mailed to whom, a field for the link or its digits, and *Send again*.

    The link in the field is as secret as a password.

    Args:
        window: The window.
        parent: What it lies in.
        taken: Gets what was pasted, or typed and sent off.
        ask: Asks for another link.

    Attributes:
        words: The label that says what was mailed to whom.
        field: The field.
    """

    def __init__(self, window: Window, parent: Any, taken: Callable[[str], object], ask: Callable[[], object]) -> None:
        super().__init__(parent)
        self._taken = taken
        self._due: str | None = None
        px = window.px
        self.columnconfigure(0, weight=1)
        self.words = ttk.Label(self, text="\n", justify="left")
        self.words.grid(columnspan=2, sticky="w", pady=(0, px(12)))
        ttk.Label(self, text="Link, or its digits", style="Field.TLabel").grid(sticky="w", pady=(0, px(3)))
        # A selection here must not replace the one in the mail: the middle button is to paste the link from there.
        self._text = tk.StringVar(self)
        self.field = ttk.Entry(self, font=(window.family, 10), exportselection=False, textvariable=self._text)
        self.field.grid(columnspan=2, sticky="ew", pady=(0, px(8)))
        only = ttk.Label(self, text="Of several links only the newest counts.", style="Quiet.TLabel")
        only.grid(row=3, column=0, sticky="w")
        self._again = ttk.Button(self, text="Send again", style="Small.TButton", command=ask)
        self._again.grid(row=3, column=1)
        window.tip(self.field, "The link that Telex has mailed; it signs in once, so do not open it elsewhere")
        window.tip(self._again, "Have another link mailed, half a minute after the last", at_the_edge=True)
        press_by_return(self._again)
        for key in ("<Return>", "<KP_Enter>"):
            self.field.bind(key, lambda _: self.take())
        self.event_add("<<Paste>>", "<Shift-Insert>")  # Tk 8.6 does not know this key on X11

    def mailed(self, message: str) -> None:
        """Show that a link is on its way; another can be asked for after :data:`SEND_AGAIN_AFTER`."""
        self.words.configure(text=message)
        self.empty()
        self.wait()

    def wait(self) -> None:
        """Another link was asked for: disable *Send again* for :data:`SEND_AGAIN_AFTER`."""
        if self._due is not None:
            self.after_cancel(self._due)
        self._due = self.after(SEND_AGAIN_AFTER, self._wait_no_more)
        self._again.state(["disabled"])

    def enable(self, enabled: bool) -> None:
        """Enable or disable the controls."""
        self.field.state(["!disabled" if enabled else "disabled"])
        self._again.state(["!disabled" if enabled and self._due is None else "disabled"])

    def inserts(self, text: str) -> bool:
        """Text is being put into the field; returns whether Tk is to insert it: a typed character.

        A pasted text is taken at once, and shown in one line in place of what was there.
        """
        if len(text) == 1:
            return True
        self.after_idle(self._pasted, text)
        return False

    def take(self) -> None:
        """Take what is in the field."""
        self._taken(self.field.get())

    def empty(self) -> None:
        """Empty the field."""
        self._text.set("")

    def _pasted(self, text: str) -> None:
        self._text.set("".join(text.split())[:_MOST_SHOWN])
        self._taken(text)

    def _wait_no_more(self) -> None:
        self._due = None
        self.enable(self.field.instate(["!disabled"]))


def what_is_wrong(email: str, password: str | None) -> str:
    """What is wrong with what was entered, in one sentence for the person; empty if nothing is.

    Args:
        email: Without blanks around it.
        password: As it was typed; blanks belong to it. ``None``: none is needed.
    """
    if not email:
        return "Please enter your e-mail address."
    if not _EMAIL.fullmatch(email):
        return "This does not look like an e-mail address; it should be like ada@example.org."
    return "Please enter your password." if password == "" else ""
