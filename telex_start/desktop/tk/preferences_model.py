"""The values of the preferences window, without Tk: checks and saves them, also if the file changes meanwhile.

Values are named by their keys in ``config.toml``.

A value comes from the first of three layers that has it: the environment or an option (shown, but not changed here),
what the person has entered here, and the file. If none of them has it, it is the default.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...config import DAYS, LEVELS, NEWS_TYPES, Config, check, faults, organisation_key, organisation_of
from ...errors import ChangedMeanwhile, TelexStartError
from ...menu import Muted

if TYPE_CHECKING:
    from ...config_file import ConfigFile

log = logging.getLogger(__name__)

CLICK = "main_app.click"
TYPES = "notification_types"
STAY = "stay_signed_in"
FROM, TO, ON_DAYS = "quiet.from", "quiet.to", "quiet.days"
HOURS = (FROM, TO, ON_DAYS)

KINDS = (*NEWS_TYPES, "channel_mention", "thread_reply", "direct_call_initiated", "saved_message_remainder")
"""The ``notification_type``s that the window knows. Others in the file stay there."""
_USUAL = {FROM: "22:00", TO: "07:00"}
"""What is offered when quiet hours are switched on."""


class PreferencesData(NamedTuple):
    """What the window is to show, besides the file."""

    given: Mapping[str, tuple[str, Any]]
    """Settings that the environment or an option gives: key -> variable or option, and value."""
    organisations: Sequence[tuple[str, str, str]] = ()
    """For each its id, its name, and its name fit to show. Empty while they are not known."""
    muted: Sequence[Muted] | None = ()
    """``None``: not known."""
    at_login: bool | None = None
    """Whether the agent starts at log-in; ``None``: not known."""


class SaveActions(NamedTuple):
    """What saving does besides writing the file."""

    saved: Callable[[], object]
    """Called when the file was written: the agent is to read it again."""
    unmute: Callable[[tuple[str, str, str]], object]
    """Ends the mute with this key (see :attr:`telex_start.menu.Muted.key`)."""
    start_at_login: Callable[[bool], str]
    """Switches the agent's start at log-in on or off; returns what else the person should know, in sentences or empty;
    raises :class:`TelexStartError` if that cannot be done."""


class Saving(NamedTuple):
    """The result of saving; all but :attr:`told` is empty if all was saved."""

    wrong: Mapping[str, str] = {}
    """Key -> what is wrong with what was entered."""
    changed_meanwhile: tuple[str, ...] = ()
    """Keys that were changed both here and, by hand, in the file."""
    failed: str = ""
    """Why saving failed, in words."""
    told: str = ""
    """What the person should know though all was saved, in words."""

    @property
    def done(self) -> bool:
        """All was saved."""
        return not (self.wrong or self.changed_meanwhile or self.failed)


class Row(NamedTuple):
    """An organisation in the window."""

    key: str
    """The key of its setting."""
    name: str
    known: bool
    """The person belongs to it, as far as the agent knows; else it is only in the file."""


class Model:
    """The values of one open window.

    Args:
        file: The configuration file.
        shown: What the window is to show besides.
        actions: What saving does besides writing the file.

    Raises:
        ConfigError: the file cannot be read, or is no TOML.
    """

    def __init__(self, file: ConfigFile, shown: PreferencesData, actions: SaveActions) -> None:
        self._source = file
        self._actions = actions
        self._file = file.values()
        self._given = shown.given
        self._edited: dict[str, Any] = {}
        self.muted = None if shown.muted is None else list(shown.muted)
        """What is muted; ``None``: not known."""
        self._unmuted: list[Muted] = []
        self._at_login_before = shown.at_login
        self.at_login = shown.at_login
        """Whether the agent is to start at log-in; the window sets it."""
        self.has_keyring: bool | None = None
        """Whether there is a keyring; ``None`` while that is not known."""
        self.rows = _rows(shown.organisations, self._file)

    def value(self, key: str) -> Any:
        """The value that counts, or would after saving; the default if the one in the file, or given, is wrong."""
        if key in self._given:
            return self._given[key][1] if not self.wrong(key) else _default(key)
        value = self._wanted(key)
        is_fine = value is not None and (key in self._edited or not check(key, value))
        return value if is_fine else _default(key)

    def set(self, key: str, value: Any) -> None:
        """The person has entered a value, as the file would have it; ``None`` removes the key."""
        if not self.given_by(key):
            self._edited[key] = _written(key, value)

    def given_by(self, key: str) -> str:
        """The variable or the option that gives the value, so that it cannot be changed here; empty for none.

        The settings of quiet hours count together: if one is given, none can be changed, as a mixture cannot be checked
        here.
        """
        keys = HOURS if key in HOURS else (key,)
        return next((self._given[one][0] for one in keys if one in self._given), "")

    def wrong(self, key: str) -> str:
        """What is wrong with a given value or the one in the file, in words; empty if nothing is, or it was edited."""
        if key in self._given:
            return check(key, self._given[key][1])
        if key not in self._file or key in self._edited:
            return ""
        if key in HOURS and not (self._edited.keys() & set(HOURS) or self.given_by(key)):
            return faults({one: self._file[one] for one in HOURS if one in self._file}).get(key, "")
        return check(key, self._file[key])

    def text(self, key: str) -> str:
        """The text for a field that is typed into, right or wrong."""
        return str(self._wanted(key) or "")

    def tell(self, kind: str, wanted: bool) -> None:
        """Have notifications of this type raise toasts, or not; the other types keep their places."""
        types = [one for one in self.value(TYPES) if one != kind]
        if wanted:
            standing = list(self._file.get(TYPES, ())) if not self.wrong(TYPES) else []
            order = [*standing, *(one for one in KINDS if one not in standing)]
            types = sorted([*types, kind], key=lambda one: order.index(one) if one in order else len(order))
        self.set(TYPES, types)

    @property
    def has_hours(self) -> bool:
        """Whether there are quiet hours."""
        return any(self._wanted(key) is not None for key in HOURS)

    def switch_hours(self, wanted: bool) -> None:
        """Switch quiet hours on (as in the file, or else the usual ones), or off."""
        for key in HOURS:
            self.set(key, self._file.get(key, _USUAL.get(key)) if wanted else None)

    def days(self) -> tuple[str, ...]:
        """The days on which quiet hours begin."""
        found = self._wanted(ON_DAYS)
        return tuple(day for day in DAYS if day in found) if isinstance(found, list) else DAYS

    def set_day(self, day: str, wanted: bool) -> None:
        """Have quiet hours begin on that day, or not."""
        days = [one for one in DAYS if (wanted if one == day else one in self.days())]
        self.set(ON_DAYS, None if len(days) == len(DAYS) and ON_DAYS not in self._file else days)

    def unmute(self, muted: Muted) -> None:
        """Take it off the list; saving ends the mute."""
        assert self.muted is not None
        self.muted.remove(muted)
        self._unmuted.append(muted)

    def changes(self) -> dict[str, Any]:
        """What is to be written: key -> value, or ``None`` to remove the key."""
        found = {}
        for key, value in self._edited.items():
            if key in self._file:
                same = _same(key, value, self._file[key])
            else:
                same = value is None or _same(key, value, _default(key))
            if not same:
                found[key] = value
        return found

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return bool(self.changes() or self._unmuted or self.at_login is not self._at_login_before)

    def faults(self) -> dict[str, str]:
        """What is wrong with what was entered: key -> words that stand beside the field."""
        wrong = {
            key: words for key, value in self._edited.items() if value is not None and (words := check(key, value))
        }
        if self._edited.keys() & set(HOURS):
            hours = {key: value for key in HOURS if (value := self._wanted(key)) is not None}
            wrong = faults(hours) | wrong
        if ON_DAYS in wrong:
            wrong[ON_DAYS] = "Choose a day at least."
        for key, word in ((FROM, "From"), (TO, "To")):
            if key in wrong and check(key, self._wanted(key)):
                wrong[key] = f"{word} is no time of the day; write it like {_USUAL[key]}."
            elif key in wrong:
                wrong[key] = "They begin and end at the same minute; for a whole day enter 00:00 and 23:59."
        return wrong

    def save(self) -> Saving:
        """Save all, if all is right; the file first: only it can lead to a question (``changed_meanwhile``)."""
        if wrong := self.faults():
            return Saving(wrong=wrong)
        told = ""
        try:
            if changes := self.changes():
                self._source.write(changes, self._file)
                self._edited.clear()
                self._file = self._source.values()
                self._actions.saved()
            if self.at_login is not self._at_login_before:
                told = self._actions.start_at_login(bool(self.at_login))
                self._at_login_before = self.at_login
            for muted in self._unmuted:
                self._actions.unmute(muted.key)
            self._unmuted.clear()
        except ChangedMeanwhile as error:
            return Saving(changed_meanwhile=error.keys)
        except TelexStartError as error:
            return Saving(failed=error.message)
        except Exception as error:
            log.error("unexpected error in saving", exc_info=error)
            return Saving(failed=f"Something unexpected went wrong ({type(error).__name__}): nothing more was saved.")
        return Saving(told=told)

    def resolve(self, *, theirs: bool, keys: tuple[str, ...]) -> Saving:
        """Save after the person has been asked about what was changed by hand meanwhile.

        Args:
            theirs: What was written by hand stays; else it is overwritten.
            keys: The keys that the person was asked about.
        """
        try:
            self._file = self._source.values()
        except TelexStartError as error:
            return Saving(failed=error.message)
        if theirs:
            for key in {*keys, *(HOURS if set(HOURS) & set(keys) else ())}:
                self._edited.pop(key, None)
        return self.save()

    def _wanted(self, key: str) -> Any:
        """The given value, or the one that would be in the file after saving, right or wrong; ``None`` for none."""
        if key in self._given:
            return self._given[key][1]
        return self._edited[key] if key in self._edited else self._file.get(key)


def _rows(organisations: Sequence[tuple[str, str, str]], file: Mapping[str, Any]) -> list[Row]:
    """The organisations that the agent has named, and then those that are only in the file."""
    in_file = {name: key for key in file if (name := organisation_of(key)) is not None}
    folded = {name.casefold(): name for name in in_file}
    names = [name.casefold() for _, name, _ in organisations]
    rows, found = [], set()
    for ident, name, label in organisations:
        # As the file names it: by its id, or by its name in upper or lower case. A name that two organisations have
        # identifies neither.
        alone = names.count(name.casefold()) == 1
        spelled = ident if ident in in_file else folded.get(name.casefold(), "") if alone else ""
        found.add(spelled)
        key = in_file.get(spelled) or organisation_key(name if alone and name else ident)
        rows.append(Row(key, label or ident, True))
    rows.sort(key=lambda row: row.name.casefold())
    return rows + [Row(key, name, False) for name, key in in_file.items() if name not in found]


def _default(key: str) -> Any:
    if organisation_of(key) is not None:
        return LEVELS[0]
    value = Config._field_defaults.get(key.replace(".", "_"))
    return list(value) if isinstance(value, tuple) else value


def _same(key: str, one: Any, other: Any) -> bool:
    if key == ON_DAYS and isinstance(one, list) and isinstance(other, list):
        return set(one) == set(other)
    # True == 1 in Python, but not in TOML.
    return type(one) is type(other) and bool(one == other)


def _written(key: str, value: Any) -> Any:
    """A value as the file is to have it."""
    if key in (FROM, TO) and isinstance(value, str):
        hour, colon, minute = value.strip().partition(":")
        return f"{hour:0>2}:{minute}" if colon else value.strip()
    return value
