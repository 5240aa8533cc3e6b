"""The controls of the preferences window, section by section, and how they and the model follow each other."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from tkinter import ttk
from typing import Any

from ...config import DAYS, LEVELS, SOUNDS, WHILE_CLIENT_RUNS
from ...menu import Muted
from . import controls
from .controls import Tip
from .preferences_model import CLICK, FROM, KINDS, ON_DAYS, TO, TYPES, Model
from .toolkit import Root

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
_LEVEL_WORDS = {"all": "Everything", "mentions": "Mentions only", "none": "Nothing"}
_CHOICES: dict[str, dict[str | None, str]] = {
    CLICK: {None: "What is installed", "conversation": "The conversation", "client": "The Telex client"},
    "sound": {"desktop": "As the desktop does", "on": "On", "off": "Off"},
    "while_client_runs": {"notify": "Notify as always", "quiet": "Quiet while it is in front"},
}
"""For each choice its values and their words."""
_TIPS = {
    "at_login": "Start when you log in to this computer; the login window then opens by itself",
    "remember_email": "Fill in the e-mail address of your last sign-in; the password is never stored",
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
"""Tooltips, by setting or control; where the words at the control are enough there is none."""


class _Body(ttk.Frame):
    """The frame beside a heading. Its rows are counted: Tk gives away again a row whose control is hidden."""

    rows = 0

    def next_row(self) -> int:
        """A row that nothing stands in."""
        self.rows += 1
        return self.rows - 1


class Controls:
    """All controls of the page.

    Args:
        made: The root window.
        parent: The frame that they fill.
        model: The values that they show and change.
        changed: Called after each change.
    """

    def __init__(self, made: Root, parent: Any, model: Model, changed: Callable[[], object]) -> None:
        self._made = made
        self._parent = parent
        self._model = model
        self._changed = changed
        self._row = 0
        self._notes: dict[str, ttk.Label] = {}
        self._fields: dict[str, Any] = {}
        self._variables: list[Any] = []
        self.tips: list[Tip] = []
        self._days: dict[str, Any] = {}
        parent.columnconfigure(0, minsize=made.px(_HEAD))
        parent.columnconfigure(1, weight=1, minsize=made.px(_BODY))
        self._general()
        self._what_notifies()
        self._quiet()
        self._organisations(last=not model.knows_muted)
        if model.knows_muted:
            self._muted_section()
        self._follow_hours()

    # --- what the window does with it -------------------------------------------------------------------------------

    @property
    def first(self) -> Any:
        """The control that gets the keyboard first."""
        return next(field for field in self._fields.values() if field.instate(["!disabled"]))

    def tell(self, wrong: dict[str, str]) -> Any:
        """Say beside each field what is wrong with it; gives the first of them, or ``None``."""
        for key, note in self._notes.items():
            given, bad = self._model.given_by(key), self._model.wrong(key)
            if key in wrong:
                self._write(note, wrong[key], "Bad")
            elif bad:
                self._write(note, f"In the configuration this is wrong. {bad}", "Bad")
            elif given and key not in (TO, ON_DAYS):  # they belong to FROM, where it is said
                self._write(note, f"Set by {given}.", "Quiet")
            else:
                self._write(note, "", "Quiet")
        first = next((key for key in self._notes if key in wrong), None)
        return self._days[DAYS[0]] if first == ON_DAYS else self._fields.get(first or "")

    # --- sections ---------------------------------------------------------------------------------------------------

    def _general(self) -> None:
        body = self._section("General")
        model = self._model
        if model.at_login is not None:
            self._check(body, "&Start at log-in", "at_login", model.at_login, self._set_at_login)
        self._switch(body, "&Remember my e-mail address", "remember_email")
        self._switch(body, "Show &what was written", "show_text")
        self._choice(body, "A click on a notification &opens", CLICK, (None, "conversation", "client"))
        self._choice(body, "Soun&d", "sound", SOUNDS)

    def _what_notifies(self) -> None:
        body = self._section("What notifies")
        given = self._model.given_by(TYPES)
        for kind in KINDS:
            self._check(body, _KIND_WORDS[kind], kind, self._model.tells(kind), self._teller(kind), enabled=not given)
        if others := self._model.other_kinds:
            words = f"The configuration names others too, which stay: {', '.join(others)}."
            self._quiet_line(body, words)
        self._note(body, TYPES)

    def _quiet(self) -> None:
        body = self._section("Quiet")
        model, px = self._model, self._made.px
        given = model.given_by(FROM)
        self._hours_on = self._check(
            body, "&Quiet hours", "hours", model.has_hours, self._switch_hours, enabled=not given
        )
        line = ttk.Frame(body)
        line.grid(row=body.next_row(), column=0, columnspan=2, sticky="w", padx=(px(24), 0), pady=(px(4), 0))
        self._times: list[Any] = []
        for place, (key, word) in enumerate(((FROM, "From"), (TO, "to"))):
            label = ttk.Label(line, text=word, underline=0, style="Row.TLabel")
            label.grid(row=0, column=2 * place, padx=(0 if not place else px(10), px(8)))
            variable = self._variable(tk.StringVar(self._made.root, model.hours()[place]))
            entry = ttk.Entry(line, width=7, textvariable=variable, style="Time.TEntry", font=(self._made.family, 10))
            entry.grid(row=0, column=2 * place + 1)
            variable.trace_add("write", self._time_setter(key, variable))
            self._fields[key] = entry
            self._times.append((variable, entry))
            self._tip(entry, key)
            self._mnemonic(word, 0, partial(_edit, entry))
        self._note(body, FROM, indent=24)
        self._note(body, TO, indent=24)
        days = ttk.Frame(body)
        days.grid(row=body.next_row(), column=0, columnspan=2, sticky="w", padx=(px(24), 0), pady=px(6))
        for place, day in enumerate(DAYS):
            variable = self._variable(tk.BooleanVar(self._made.root, day in model.days()))
            box = ttk.Checkbutton(
                days, text=day.capitalize(), variable=variable, command=self._day_setter(day, variable)
            )
            box.grid(row=0, column=place, padx=(0, px(9)))
            self._days[day] = box
            self._tip(box, "day")
        self._note(body, ON_DAYS, indent=24)
        self._choice(body, "Whi&le the Telex client runs", "while_client_runs", WHILE_CLIENT_RUNS)

    def _organisations(self, last: bool) -> None:
        body = self._section("Organisations", last=last, high=bool(self._model.rows))
        rows = self._model.rows
        if not rows:
            self._quiet_line(body, "They are listed here once you are signed in.")
        for row in rows:
            self._choice(body, row.name, row.key, LEVELS, tip="organisation")
            if not row.known:
                self._quiet_line(body, "Only in the configuration: you are not signed in, or not a member.")

    def _muted_section(self) -> None:
        self._muted_body = self._section("Muted conversations", last=True, high=bool(self._model.muted))
        self._show_muted()

    def _show_muted(self, focus: int | None = None) -> None:
        body, px = self._muted_body, self._made.px
        for child in body.winfo_children():
            child.destroy()
        muted = self._model.muted
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
            button = ttk.Button(line, text="Unmute", width=8, style="Small.TButton", command=self._unmuter(one, place))
            button.grid(row=0, column=2)
            controls.press_by_return(button)
            buttons.append(button)
        if focus is not None and buttons:
            buttons[min(focus, len(buttons) - 1)].focus_set()

    # --- parts of a section -----------------------------------------------------------------------------------------

    def _section(self, title: str, *, last: bool = False, high: bool = False) -> _Body:
        """A heading and the frame beside it, whose first row is a high one where it holds a list or a button."""
        px = self._made.px
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

    def _switch(self, body: _Body, words: str, key: str) -> None:
        """A check box for a setting that is true or false."""
        self._check(
            body,
            words,
            key,
            bool(self._model.value(key)),
            lambda wanted: self._model.set(key, wanted),
            enabled=not self._model.given_by(key),
        )
        self._note(body, key, indent=24)

    def _check(
        self,
        body: _Body,
        words: str,
        key: str,
        value: bool,
        turn: Callable[[bool], object],
        enabled: bool = True,
    ) -> Any:
        variable = self._variable(tk.BooleanVar(self._made.root, value))
        words, underline = controls.marked(words)

        def command() -> None:
            turn(bool(variable.get()))
            self._changed()

        box = ttk.Checkbutton(body, text=words, underline=underline, variable=variable, command=command)
        box.grid(row=body.next_row(), column=0, columnspan=2, sticky="w")
        box.state(["!alternate", "!disabled" if enabled else "disabled"])
        self._fields[key] = box
        self._tip(box, key)

        def press() -> None:
            if box.instate(["!disabled"]):
                box.focus_set()
                box.invoke()

        self._mnemonic(words, underline, press)
        return variable

    def _choice(self, body: _Body, words: str, key: str, values: Sequence[Any], tip: str | None = None) -> None:
        """A list of which one is chosen."""
        px = self._made.px
        words, underline = (words, -1) if tip else controls.marked(words)
        shown: Mapping[Any, str] = _LEVEL_WORDS if tip else _CHOICES[key]
        label = ttk.Label(body, text=words, underline=underline, style="Row.TLabel", wraplength=px(_LABEL - 12))
        row = body.next_row()
        label.grid(row=row, column=0, sticky="w", pady=px(4))
        box = ttk.Combobox(body, values=[shown[value] for value in values], state="readonly", width=10)
        box.configure(font=(self._made.family, 10))
        box.grid(row=row, column=1, sticky="ew", pady=px(4))
        box.current(list(values).index(self._model.value(key)))
        if self._model.given_by(key):
            box.state(["disabled"])
        self._fields[key] = box

        def chosen(_: object = None) -> None:
            box.selection_clear()
            self._model.set(key, values[box.current()])
            self._changed()

        def letter(event: Any) -> None:
            if event.char.isalpha() and not event.state & 0x8C:  # neither Control nor Alt
                place = controls.next_by_letter(list(box.cget("values")), box.current(), event.char)
                if place != box.current():
                    box.current(place)
                    chosen()

        box.bind("<<ComboboxSelected>>", chosen)
        box.bind("<Key>", letter, add="+")
        for control in (box, label):  # the words are what a person does not understand
            self._tip(control, tip or key)
        self._mnemonic(words, underline, box.focus_set)
        self._note(body, key, sticky="e")

    def _note(self, body: _Body, key: str, sticky: str = "w", indent: int = 0) -> None:
        """Where it is said what is wrong with a field, or why it cannot be changed; takes no room while it is empty."""
        px = self._made.px
        note = ttk.Label(body, style="Quiet.TLabel", wraplength=px(_BODY - indent))
        note.grid(row=body.next_row(), column=0, columnspan=2, sticky=sticky, padx=(px(indent), 0), pady=(0, px(4)))
        note.grid_remove()
        self._notes[key] = note

    @staticmethod
    def _write(note: ttk.Label, words: str, style: str) -> None:
        note.configure(text=words, style=f"{style}.TLabel")
        note.grid() if words else note.grid_remove()

    def _quiet_line(self, body: _Body, words: str) -> None:
        px = self._made.px
        line = ttk.Label(body, text=words, style="Quiet.TLabel", wraplength=px(_BODY))
        line.grid(row=body.next_row(), column=0, columnspan=2, sticky="w", pady=(px(1), px(3)))

    def _tip(self, control: Any, name: str) -> None:
        at_the_edge = isinstance(control, ttk.Combobox)  # of the window, which may be as wide as the screen
        if words := _TIPS.get(name):
            self.tips.append(Tip(self._made, control, words, at_the_edge))

    def _variable(self, variable: Any) -> Any:
        self._variables.append(variable)  # else Tk forgets it with the name
        return variable

    def _mnemonic(self, words: str, underline: int, press: Callable[[], object]) -> None:
        if underline >= 0:
            self._made.root.bind(f"<Alt-{words[underline].lower()}>", lambda _: press())

    # --- what the person does ---------------------------------------------------------------------------------------

    def _set_at_login(self, wanted: bool) -> None:
        self._model.at_login = wanted

    def _teller(self, kind: str) -> Callable[[bool], object]:
        return lambda wanted: self._model.tell(kind, wanted)

    def _switch_hours(self, wanted: bool) -> None:
        self._model.switch_hours(wanted)
        if wanted:
            for (variable, _), words in zip(self._times, self._model.hours(), strict=True):
                variable.set(words)
        self._follow_hours()

    def _follow_hours(self) -> None:
        """What belongs to quiet hours can be changed while there are some."""
        model = self._model
        state = "!disabled" if model.has_hours and not model.given_by(FROM) else "disabled"
        for control in (*(entry for _, entry in self._times), *self._days.values()):
            control.state([state])

    def _time_setter(self, key: str, variable: Any) -> Callable[..., None]:
        def write(*_: object) -> None:
            if self._hours_on.get():
                self._model.set(key, variable.get())
                self._changed()

        return write

    def _day_setter(self, day: str, variable: Any) -> Callable[[], None]:
        def command() -> None:
            self._model.set_day(day, bool(variable.get()))
            self._changed()

        return command

    def _unmuter(self, muted: Muted, place: int) -> Callable[[], None]:
        def command() -> None:
            self._model.unmute(muted)
            self._show_muted(place)
            self._changed()

        return command


def _edit(entry: Any) -> None:
    """Put the cursor into it so that typing replaces what is there, as Tab does."""
    entry.focus_set()
    entry.selection_range(0, "end")
    entry.icursor("end")
