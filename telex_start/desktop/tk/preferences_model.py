"""What the preferences window shows, what of it is written, and what may come in between. Pure; no Tk.

Values go by key, as in ``config.toml``.

Three layers: what the person has entered here, what the environment or an option gives (that stands over the file, and
is shown but not changed here), and what stands in the file. A value that is none of these is the default.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...config import DAYS, LEVELS, NEWS_TYPES, Config, check, faults, organisation_key, organisation_of
from ...errors import ChangedMeanwhile, TelexStartError
from ...menu import Muted

log = logging.getLogger(__name__)

CLICK = "main_app.click"
TYPES = "notification_types"
FROM, TO, ON_DAYS = "quiet.from", "quiet.to", "quiet.days"
HOURS = (FROM, TO, ON_DAYS)

KINDS = (*NEWS_TYPES, "channel_mention", "thread_reply", "direct_call_initiated", "saved_message_remainder")
"""The ``notification_type``s that the window knows. Others that stand in the file stay there."""
_USUAL_HOURS = ("22:00", "07:00")
"""What is offered when quiet hours are switched on."""


class ShownOrganisation(NamedTuple):
    """An organisation that the person belongs to."""

    ident: str
    name: str
    """As Telex has it."""
    label: str
    """Fit to show."""


class PreferencesData(NamedTuple):
    """What the agent tells the window."""

    given: Mapping[str, tuple[str, Any]]
    """Settings that the environment or an option gives: key -> variable or option, and value."""
    organisations: Sequence[ShownOrganisation] = ()
    """Empty while they are not known."""
    muted: Sequence[Muted] | None = ()
    """``None``: that cannot be said."""
    at_login: bool | None = None
    """Whether the agent starts at log-in; ``None`` where that cannot be said."""


class Row(NamedTuple):
    """An organisation in the window."""

    key: str
    """Of its setting."""
    name: str
    known: bool
    """The person belongs to it, as far as the agent knows; the others are in the file alone."""


class Model:
    """The values of one open window.

    Args:
        file: What stands in the file, by key, as :meth:`telex_start.config_file.ConfigFile.values` gives it.
        shown: What the agent tells.
    """

    def __init__(self, file: Mapping[str, Any], shown: PreferencesData) -> None:
        self._file = dict(file)
        self._given = dict(shown.given)
        self._edited: dict[str, Any] = {}
        self._unmuted: list[Muted] = []
        self.knows_muted = shown.muted is not None
        """Whether what is muted can be said."""
        self._muted = list(shown.muted or ())
        self._at_login_before = shown.at_login
        self.at_login = shown.at_login
        """Whether the agent starts at log-in; to be set by the window."""
        self.rows = _rows(shown.organisations, file)

    # --- single values ----------------------------------------------------------------------------------------------

    def value(self, key: str) -> Any:
        """What counts, or would after saving; the default where what stands in the file is wrong."""
        if key in self._given:
            return self._given[key][1] if not self.wrong(key) else _default(key)
        if key in self._edited:
            return self._edited[key] if self._edited[key] is not None else _default(key)
        return self._file[key] if key in self._file and not check(key, self._file[key]) else _default(key)

    def set(self, key: str, value: Any) -> None:
        """The person has entered a value, as the file would have it; ``None`` removes the key."""
        if not self.given_by(key):
            self._edited[key] = _written(key, value)

    def given_by(self, key: str) -> str:
        """The variable or the option that gives it, so that it cannot be changed here; empty for none.

        Quiet hours count together: half of them from elsewhere makes a whole that cannot be judged here.
        """
        keys = HOURS if key in HOURS else (key,)
        return next((self._given[one][0] for one in keys if one in self._given), "")

    def wrong(self, key: str) -> str:
        """What is wrong with what is in the file, in words; empty where nothing is, or once it was changed here."""
        if key in self._given:
            return check(key, self._given[key][1])
        if key not in self._file or key in self._edited:
            return ""
        if key in HOURS and not (self._edited.keys() & set(HOURS) or self.given_by(key)):
            return faults({one: self._file[one] for one in HOURS if one in self._file}).get(key, "")
        return check(key, self._file[key])

    # --- what notifies ----------------------------------------------------------------------------------------------

    def tells(self, kind: str) -> bool:
        """Whether notifications of this type raise toasts."""
        return kind in self.value(TYPES)

    def tell(self, kind: str, wanted: bool) -> None:
        """Switch a type on or off; the others keep their places."""
        types = [one for one in self.value(TYPES) if one != kind]
        if wanted:
            standing = list(self._file.get(TYPES, ())) if not self.wrong(TYPES) else []
            order = [*standing, *(one for one in KINDS if one not in standing)]
            types = sorted([*types, kind], key=lambda one: order.index(one) if one in order else len(order))
        self.set(TYPES, types)

    @property
    def other_kinds(self) -> list[str]:
        """Types of the file that the window does not know."""
        return [kind for kind in self.value(TYPES) if kind not in KINDS]

    # --- quiet hours ------------------------------------------------------------------------------------------------

    @property
    def has_hours(self) -> bool:
        """Whether there are quiet hours."""
        return any(self._wanted(key) is not None for key in HOURS)

    def switch_hours(self, wanted: bool) -> None:
        """Switch quiet hours on, as they stood or as is usual, or off."""
        for key, usual in zip(HOURS, (*_USUAL_HOURS, None), strict=True):
            self.set(key, self._file.get(key, usual) if wanted else None)

    def hours(self) -> tuple[str, str]:
        """From and to, as they are entered."""
        first, last = (self._wanted(key) for key in (FROM, TO))
        return str(first or ""), str(last or "")

    def days(self) -> tuple[str, ...]:
        """The days on which they begin."""
        found = self._wanted(ON_DAYS)
        return tuple(day for day in DAYS if day in found) if isinstance(found, list) else DAYS

    def set_day(self, day: str, wanted: bool) -> None:
        """Have them begin on that day, or not."""
        days = [one for one in DAYS if (wanted if one == day else one in self.days())]
        self.set(ON_DAYS, None if len(days) == len(DAYS) and ON_DAYS not in self._file else days)

    # --- muted ------------------------------------------------------------------------------------------------------

    @property
    def muted(self) -> list[Muted]:
        """What is muted, but for what the person has unmuted here."""
        return [one for one in self._muted if one not in self._unmuted]

    def unmute(self, muted: Muted) -> None:
        """The person wants to hear of it again."""
        self._unmuted.append(muted)

    @property
    def to_unmute(self) -> list[Muted]:
        """What is to be told the agent on saving."""
        return list(self._unmuted)

    # --- saving -----------------------------------------------------------------------------------------------------

    @property
    def base(self) -> dict[str, Any]:
        """What stood in the file."""
        return dict(self._file)

    def changes(self) -> dict[str, Any]:
        """What is to be written: key -> value, ``None`` where it is to be removed."""
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
        return bool(self.changes() or self._unmuted or self.switches_at_login)

    @property
    def switches_at_login(self) -> bool:
        """Whether starting at log-in is to be switched."""
        return self.at_login is not self._at_login_before

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
        for key in {FROM, TO} & wrong.keys():
            if check(key, self._wanted(key)):
                word = "To" if key == TO else "From"
                wrong[key] = f"{word} is no time of the day; write it like {_USUAL_HOURS[key == TO]}."
            else:
                wrong[key] = "They begin and end at the same minute; for a whole day enter 00:00 and 23:59."
        return wrong

    def written(self, file: Mapping[str, Any]) -> None:
        """The changes were written.

        Args:
            file: What stands in the file now.
        """
        self._edited.clear()
        self._file = dict(file)

    def done(self) -> None:
        """All else was done too: nothing is changed any more."""
        self._muted, self._unmuted = self.muted, []
        self._at_login_before = self.at_login

    def yield_to(self, file: Mapping[str, Any], keys: Sequence[str]) -> None:
        """The file was changed by hand meanwhile.

        Args:
            file: What stands in it now.
            keys: In these the file is right; empty: what was entered here is.
        """
        hours = set(HOURS) if set(HOURS) & set(keys) else set()
        for key in {*keys, *hours}:
            self._edited.pop(key, None)
        self._file = dict(file)

    def _wanted(self, key: str) -> Any:
        """What would stand in the file, right or wrong, or what is given; ``None`` for nothing."""
        if key in self._given:
            return self._given[key][1]
        return self._edited[key] if key in self._edited else self._file.get(key)


class File(Protocol):
    """The configuration file (see :class:`telex_start.config_file.ConfigFile`)."""

    def values(self) -> dict[str, Any]: ...
    def write(self, changes: Mapping[str, Any | None], base: Mapping[str, Any]) -> None: ...


class SaveActions(NamedTuple):
    """What saving does beside writing the file."""

    saved: Callable[[], object]
    """The agent is to read the file anew."""
    unmute: Callable[[tuple[str, str, str]], object]
    """The person is to hear of this again."""
    start_at_login: Callable[[bool], str]
    """Switch that the agent starts at log-in, and give what else the person should know, in sentences or empty; raises
    :class:`TelexStartError` where that cannot be done."""


class Saving(NamedTuple):
    """What has come of it; all but :attr:`told` is empty where all was saved."""

    wrong: Mapping[str, str] = {}
    """Key -> what is wrong with what was entered."""
    changed_meanwhile: tuple[str, ...] = ()
    """Keys that were changed by hand too."""
    failed: str = ""
    """Why it cannot be written, in words."""
    told: str = ""
    """What the person should know though all was saved, in words."""

    @property
    def done(self) -> bool:
        """All was saved."""
        return not (self.wrong or self.changed_meanwhile or self.failed)


class Saver:
    """Saves the values of one window.

    Args:
        model: The values.
        file: Where to.
        actions: What else there is to do.
    """

    def __init__(self, model: Model, file: File, actions: SaveActions) -> None:
        self._model = model
        self._file = file
        self._actions = actions

    def save(self) -> Saving:
        """Save all, if all is right; the file first, as all else can only fail."""
        model, told = self._model, ""
        if wrong := model.faults():
            return Saving(wrong=wrong)
        try:
            changes = model.changes()
            if changes:
                self._file.write(changes, model.base)
                model.written(self._file.values())
                self._actions.saved()
            if model.switches_at_login:
                told = self._actions.start_at_login(bool(model.at_login))
            for muted in model.to_unmute:
                self._actions.unmute(muted.key)
        except ChangedMeanwhile as error:
            return Saving(changed_meanwhile=error.keys)
        except TelexStartError as error:
            return Saving(failed=error.message)
        except Exception as error:
            log.error("unexpected error in saving", exc_info=error)
            return Saving(failed=f"Something unexpected went wrong ({type(error).__name__}): nothing more was saved.")
        model.done()
        return Saving(told=told)

    def resolve(self, *, theirs: bool, keys: tuple[str, ...]) -> Saving:
        """Save after the person has been asked about what was changed by hand meanwhile.

        Args:
            theirs: What was written by hand stays; else it is overwritten.
            keys: Those that were asked about.
        """
        try:
            values = self._file.values()
        except TelexStartError as error:
            return Saving(failed=error.message)
        self._model.yield_to(values, keys if theirs else ())
        return self.save()


def _rows(organisations: Sequence[ShownOrganisation], file: Mapping[str, Any]) -> list[Row]:
    """The organisations that the agent told, and those of the file that are none of them."""
    in_file = {name: key for key in file if (name := organisation_of(key)) is not None}
    folded = {name.casefold(): name for name in in_file}
    names = [one.name.casefold() for one in organisations]
    rows, found = [], set()
    for ident, name, label in organisations:
        # As it stands in the file: by its id, or by its name, whose letters' case does not count. A name that two of
        # them have tells none.
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
