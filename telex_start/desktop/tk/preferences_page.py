"""The controls of the preferences window, section by section, bound to the model in both directions."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from tkinter import ttk
from typing import Any

from ...config import DAYS
from ...menu import Muted
from . import controls
from .preferences_model import CLICK, FROM, KINDS, ON_DAYS, STAY, TO, TYPES, Model
from .toolkit import Window

_NO_KEYRING = "To stay signed in, a keyring is missing here: see Doctor."
_HEAD = 150
"""Pixels of the column of headings on a screen of 96 dots an inch."""
_LABEL = 222
"""Pixels of the labels beside lists."""
_BODY = 442
"""Pixels of the column of controls."""
_KIND_WORDS = {
    "unread_thread_change": "&Unread threads",
    "channel_mention": "&Mentions",
    "thread_reply": "Re&plies",
    "direct_call_initiated": "&Calls",
    "saved_message_remainder": "Rem&inders",
}
"""Each ``notification_type`` in words; the letter behind the & is underlined, and chosen by Alt."""
_LEVELS = {"all": "Everything", "mentions": "Mentions only", "none": "Nothing"}
"""How much of an organisation notifies, in words."""
_CHOICES: dict[str, dict[str | None, str]] = {
    CLICK: {None: "What is installed", "conversation": "The conversation", "client": "The Telex client"},
    "sound": {"desktop": "As the desktop does", "on": "On", "off": "Off"},
    "while_client_runs": {"notify": "Notify as always", "quiet": "Quiet while it is in front"},
}
"""For each choice its values and their words."""
_TIPS = {
    "at_login": "Start when you log in to this computer; the login window then opens by itself",
    "remember_email": "Fill in the e-mail address of your last sign-in",
    "stay_signed_in": "Keep the password in this computer's keyring: the next start signs in with it",
    "show_text": "Off: notifications say only where something is new, not what was written",
    CLICK: "What is installed: the Telex client where there is one, else the conversation in the browser",
    "sound": "As the desktop does: its own settings say whether a notification sounds",
    "unread_thread_change": "New threads in channels and direct messages",
    "channel_mention": "Somebody mentions you; without this, a mention in a new thread comes with Unread threads",
    "thread_reply": "Somebody answers in a thread of yours",
    "direct_call_initiated": "Somebody calls you",
    "saved_message_remainder": "Telex reminds you of a message that you saved",
    "hours": "Nothing pops up; afterwards one notification says what has come",
    FROM: "Hours and minutes, as in 22:00",
    TO: "Hours and minutes, as in 07:00; the hours may go over midnight",
    "day": "The days on which quiet hours begin",
    "while_client_runs": "Quiet: nothing pops up while its window is the one that you work in",
    "organisation": "Mentions only: of this organisation you hear what mentions you, and direct messages. "
    "Nothing: it is not counted either",
}
"""Tooltips, by setting or control; there is none if the words at the control are enough."""


class _Body(ttk.Frame):
    """The frame beside a heading. It counts its rows, as Tk would use the row of a hidden control again."""

    rows = 0

    def put(self, control: Any, pady: Any = 0, indent: int = 0, sticky: str = "w") -> None:
        """Put a control, over the whole width, into the next free row."""
        control.grid(row=self.next_row(), column=0, columnspan=2, sticky=sticky, padx=(indent, 0), pady=pady)

    def next_row(self) -> int:
        """Take the next free row."""
        self.rows += 1
        return self.rows - 1


class Controls:
    """All controls of the page.

    Args:
        window: The window.
        parent: The frame that they fill.
        model: The values that they show and change.
        changed: Called after each change.
    """

    def __init__(self, window: Window, parent: Any, model: Model, changed: Callable[[], object]) -> None:
        self._window = window
        self._px = window.px
        self._parent = parent
        self._model = model
        self._changed = changed
        self._row = 0
        self._notes: dict[str, ttk.Label] = {}
        self._fields: dict[str, Any] = {}
        self._variables: list[Any] = []
        """Kept here, as Tk forgets a variable together with its Python object."""
        self._of_hours: list[Any] = []
        """The controls that belong to quiet hours."""
        parent.columnconfigure(0, minsize=self._px(_HEAD))
        parent.columnconfigure(1, weight=1, minsize=self._px(_BODY))
        self._general()
        self._what_notifies()
        self._quiet()
        self._organisations()
        if model.muted is not None:
            self._muted_body = self._section("Muted conversations", last=True, high=bool(model.muted))
            self._show_muted(model.muted)
        self._follow_hours()

    @property
    def first(self) -> Any:
        """The control that gets the keyboard first."""
        return next(field for field in self._fields.values() if field.instate(["!disabled"]))

    def tell(self, wrong: Mapping[str, str]) -> Any:
        """Say beside each field what is wrong with it; returns the first such field, or ``None``."""
        for key, note in self._notes.items():
            given, bad = self._model.given_by(key), self._model.wrong(key)
            words, style = "", "Quiet"
            if key in wrong:
                words, style = wrong[key], "Bad"
            elif bad:
                words, style = f"In the configuration this is wrong. {bad}", "Bad"
            elif given and key not in (TO, ON_DAYS):  # for quiet hours it is said once, at FROM
                words = f"Set by {given}."
            note.configure(text=words, style=f"{style}.TLabel")
            note.grid() if words else note.grid_remove()
        return next((self._fields.get(key) for key in self._notes if key in wrong), None)

    def keyring_found(self, there: bool) -> None:
        """Take whether there is a keyring: without one, a line of text takes the place of the box."""
        self._model.has_keyring = there
        box = self._fields[STAY]
        if there:
            box.state(["disabled" if self._model.given_by(STAY) else "!disabled"])
            return
        row = box.grid_info()["row"]
        box.master.rowconfigure(row, minsize=box.winfo_reqheight())
        box.grid_remove()
        line = ttk.Label(box.master, text=_NO_KEYRING, style="Quiet.TLabel")
        line.grid(row=row, column=0, columnspan=2, sticky="w")

    def _general(self) -> None:
        body, model = self._section("General"), self._model
        if model.at_login is not None:
            self._check(body, "&Start at log-in", "at_login", model.at_login, partial(setattr, model, "at_login"))
        boxes = {
            "remember_email": "&Remember my e-mail address",
            STAY: "Sta&y signed in on this computer",
            "show_text": "Show &what was written",
        }
        for key, words in boxes.items():
            turn, enabled = partial(model.set, key), not model.given_by(key)
            self._check(body, words, key, bool(model.value(key)), turn, enabled=enabled and key != STAY)
            self._note(body, key, indent=24)
        if model.has_keyring is not None:
            self.keyring_found(model.has_keyring)
        self._choice(body, "A click on a notification &opens", CLICK, _CHOICES[CLICK])
        self._choice(body, "Soun&d", "sound", _CHOICES["sound"])

    def _what_notifies(self) -> None:
        body, model = self._section("What notifies"), self._model
        told, enabled = model.value(TYPES), not model.given_by(TYPES)
        for kind, words in _KIND_WORDS.items():
            self._check(body, words, kind, kind in told, partial(model.tell, kind), enabled=enabled)
        if others := [kind for kind in told if kind not in KINDS]:
            self._quiet_line(body, f"The configuration names others too, which stay: {', '.join(others)}.")
        self._note(body, TYPES)

    def _quiet(self) -> None:
        body, model, px = self._section("Quiet"), self._model, self._px
        enabled = not model.given_by(FROM)
        self._check(body, "&Quiet hours", "hours", model.has_hours, self._switch_hours, enabled=enabled)
        line = ttk.Frame(body)
        body.put(line, indent=px(24), pady=(px(4), 0))
        self._times: dict[str, Any] = {}
        for place, (key, word) in enumerate(((FROM, "From"), (TO, "to"))):
            label = ttk.Label(line, text=word, underline=0, style="Row.TLabel")
            label.grid(row=0, column=2 * place, padx=(px(10) if place else 0, px(8)))
            variable = self._times[key] = self._variable(tk.StringVar(self._window.root, model.text(key)))
            font = (self._window.family, 10)
            entry = ttk.Entry(line, width=7, textvariable=variable, style="Time.TEntry", font=font)
            entry.grid(row=0, column=2 * place + 1)

            def write(*_: object, key: str = key, variable: Any = variable) -> None:
                if model.has_hours:
                    model.set(key, variable.get())
                    self._changed()

            variable.trace_add("write", write)
            self._fields[key] = entry
            self._of_hours.append(entry)
            self._tip(entry, key)
            self._mnemonic(word, 0, partial(edit, entry))
        self._note(body, FROM, indent=24)
        self._note(body, TO, indent=24)
        days = ttk.Frame(body)
        body.put(days, indent=px(24), pady=px(6))
        for place, day in enumerate(DAYS):
            box = self._box(days, day.capitalize(), day in model.days(), partial(model.set_day, day))
            box.grid(row=0, column=place, padx=(0, px(9)))
            self._of_hours.append(box)
            self._fields.setdefault(ON_DAYS, box)
            self._tip(box, "day")
        self._note(body, ON_DAYS, indent=24)
        key = "while_client_runs"
        self._choice(body, "Whi&le the Telex client runs", key, _CHOICES[key])

    def _organisations(self) -> None:
        rows = self._model.rows
        body = self._section("Organisations", last=self._model.muted is None, high=bool(rows))
        if not rows:
            self._quiet_line(body, "They are listed here once you are signed in.")
        for row in rows:
            self._choice(body, row.name, row.key, _LEVELS, tip="organisation")
            if not row.known:
                self._quiet_line(body, "Only in the configuration: you are not signed in, or not a member.")

    def _show_muted(self, muted: Sequence[Muted], focus: int | None = None) -> None:
        body, px = self._muted_body, self._px
        for child in body.winfo_children():
            child.destroy()
        if not muted:
            self._quiet_line(body, "Nothing is muted.")
        buttons = []
        for place, one in enumerate(muted):
            line = ttk.Frame(body)
            line.grid(row=place, column=0, columnspan=2, sticky="ew", pady=(0, px(6)))
            line.columnconfigure(0, weight=1)
            words = ttk.Label(line, text=one.label, style="Row.TLabel", wraplength=px(_BODY - 220))
            words.grid(row=0, column=0, sticky="w")
            ttk.Label(line, text=one.until, style="Quiet.TLabel").grid(row=0, column=1, padx=px(10))
            unmute = partial(self._unmute, one, place)
            button = ttk.Button(line, text="Unmute", width=8, style="Small.TButton", command=unmute)
            button.grid(row=0, column=2)
            buttons.append(button)
        controls.press_by_return(*buttons)
        if focus is not None and buttons:
            buttons[min(focus, len(buttons) - 1)].focus_set()

    def _section(self, title: str, *, last: bool = False, high: bool = False) -> _Body:
        """A heading and the frame beside it; ``high``: the first row holds a list or a button, higher than text."""
        px = self._px
        head = ttk.Label(self._parent, text=title, style="Section.TLabel", wraplength=px(_HEAD - 16))
        head.grid(row=self._row, column=0, sticky="nw", pady=(px(7 if high else 1), 0))
        body = _Body(self._parent)
        body.grid(row=self._row, column=1, sticky="new")
        body.columnconfigure(0, minsize=px(_LABEL))
        body.columnconfigure(1, weight=1)
        if not last:
            line = ttk.Frame(self._parent, style="Line.TFrame", height=max(1, px(1)))
            line.grid(row=self._row + 1, column=0, columnspan=2, sticky="ew", pady=px(14))
        self._row += 2
        return body

    def _check(
        self, body: _Body, words: str, key: str, value: bool, turn: Callable[[bool], object], enabled: bool = True
    ) -> None:
        """A check box with a letter by which it is switched."""
        words, underline = _marked(words)
        box = self._box(body, words, value, turn)
        box.configure(underline=underline)
        body.put(box)
        box.state(["!alternate", "!disabled" if enabled else "disabled"])
        self._fields[key] = box
        self._tip(box, key)

        def press() -> None:
            if box.instate(["!disabled"]):
                box.focus_set()
                box.invoke()

        self._mnemonic(words, underline, press)

    def _box(self, parent: Any, words: str, value: bool, turn: Callable[[bool], object]) -> ttk.Checkbutton:
        variable = self._variable(tk.BooleanVar(self._window.root, value))

        def command() -> None:
            turn(bool(variable.get()))
            self._changed()

        return ttk.Checkbutton(parent, text=words, variable=variable, command=command)

    def _choice(self, body: _Body, words: str, key: str, choices: Mapping[Any, str], tip: str = "") -> None:
        """A list of which one is chosen. With ``tip`` (an organisation), ``words`` has no mnemonic marked."""
        px, values, shown = self._px, list(choices), list(choices.values())
        words, underline = (words, -1) if tip else _marked(words)
        label = ttk.Label(body, text=words, underline=underline, style="Row.TLabel", wraplength=px(_LABEL - 12))
        row = body.next_row()
        label.grid(row=row, column=0, sticky="w", pady=px(4))
        box = ttk.Combobox(body, values=shown, state="readonly", width=10, font=(self._window.family, 10))
        box.grid(row=row, column=1, sticky="ew", pady=px(4))
        box.current(values.index(self._model.value(key)))
        if self._model.given_by(key):
            box.state(["disabled"])
        self._fields[key] = box

        def chosen(_: object = None) -> None:
            box.selection_clear()
            self._model.set(key, values[box.current()])
            self._changed()

        def letter(event: Any) -> None:
            if event.char.isalpha() and not event.state & 0x8C:  # neither Control nor Alt
                place = _next_by_letter(shown, box.current(), event.char)
                if place != box.current():
                    box.current(place)
                    chosen()

        box.bind("<<ComboboxSelected>>", chosen)
        box.bind("<Key>", letter, add="+")
        for control in (box, label):  # the tooltip explains the label's words, too
            self._tip(control, tip or key)
        self._mnemonic(words, underline, box.focus_set)
        self._note(body, key, sticky="e")

    def _note(self, body: _Body, key: str, sticky: str = "w", indent: int = 0) -> None:
        """A line for what is wrong with a field, or why it cannot be changed; takes no room while it is empty."""
        px = self._px
        note = ttk.Label(body, style="Quiet.TLabel", wraplength=px(_BODY - indent))
        body.put(note, (0, px(4)), px(indent), sticky)
        note.grid_remove()
        self._notes[key] = note

    def _quiet_line(self, body: _Body, words: str) -> None:
        px = self._px
        body.put(ttk.Label(body, text=words, style="Quiet.TLabel", wraplength=px(_BODY)), pady=(px(1), px(3)))

    def _tip(self, control: Any, name: str) -> None:
        if words := _TIPS.get(name):
            # A list is at the edge of the window, which may be as wide as the screen.
            self._window.tip(control, words, at_the_edge=isinstance(control, ttk.Combobox))

    def _variable(self, variable: Any) -> Any:
        self._variables.append(variable)
        return variable

    def _mnemonic(self, words: str, underline: int, press: Callable[[], object]) -> None:
        if underline >= 0:
            self._window.root.bind(f"<Alt-{words[underline].lower()}>", lambda _: press())

    def _switch_hours(self, wanted: bool) -> None:
        self._model.switch_hours(wanted)
        if wanted:
            for key, variable in self._times.items():
                variable.set(self._model.text(key))
        self._follow_hours()

    def _follow_hours(self) -> None:
        """Enable the controls of quiet hours only while quiet hours are on, and not given from elsewhere."""
        can_be = self._model.has_hours and not self._model.given_by(FROM)
        for control in self._of_hours:
            control.state(["!disabled" if can_be else "disabled"])

    def _unmute(self, muted: Muted, place: int) -> None:
        self._model.unmute(muted)
        self._show_muted(self._model.muted or (), place)
        self._changed()


def edit(entry: Any) -> None:
    """Put the cursor into an entry so that typing replaces what is there, as Tab does."""
    entry.focus_set()
    entry.selection_range(0, "end")
    entry.icursor("end")


def _marked(words: str) -> tuple[str, int]:
    """Words with their mnemonic marked, as in ``&Sound``: the words themselves, and which letter it is (-1: none)."""
    return words.replace("&", "", 1), words.find("&")


def _next_by_letter(values: list[str], index: int, letter: str) -> int:
    """The next choice of a list that begins with a letter; the same if none does."""
    for step in range(1, len(values) + 1):
        found = (index + step) % len(values)
        if values[found][:1].casefold() == letter.casefold():
            return found
    return index
