"""The preferences window's model: what it shows and writes, and what if the file was changed or cannot be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from telex_start.config import DAYS, given
from telex_start.config_file import ConfigFile
from telex_start.desktop.tk.preferences_model import (
    FROM,
    KINDS,
    ON_DAYS,
    TO,
    TYPES,
    Model,
    PreferencesData,
    SaveActions,
    Saving,
)
from telex_start.errors import TelexStartError
from telex_start.menu import Muted

TOLD = "A unit of yours was there: it has been set aside."
GENERAL = Muted(("org/user", "channels_section", "General"), "# General · Northwind Ops", "until 14:30")


class File:
    """The configuration file's settings."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def values(self) -> dict[str, Any]:
        return dict(self._values)


def model(file: dict[str, Any] | None = None, **shown: Any) -> Model:
    actions = SaveActions(bool, bool, lambda wanted: "")
    return Model(cast("Any", File(**(file or {}))), PreferencesData(**{"given": {}, **shown}), actions)


def test_without_a_file_the_defaults_are_shown_and_nothing_is_written() -> None:
    made = model()

    assert made.value("show_text") is True
    assert made.value("sound") == "desktop"
    assert made.value("main_app.click") is None
    assert made.value(TYPES) == ["unread_thread_change"]
    assert not made.has_hours
    assert not made.is_changed
    assert made.changes() == {}


def test_only_what_is_changed_is_written_and_what_is_changed_back_is_not() -> None:
    made = model({"sound": "off", "email": "ada@example.org"})
    made.set("sound", "on")
    made.set("show_text", False)
    made.set("remember_email", False)
    made.set("remember_email", True)

    assert made.changes() == {"sound": "on", "show_text": False}
    made.set("sound", "off")
    made.set("show_text", True)
    assert not made.is_changed


@pytest.mark.parametrize(
    ("key", "stood", "chosen"),
    [
        ("sound", "off", "desktop"),  # the default is written out, so that the line stays, and the comment beside it
        ("main_app.click", "client", None),  # a choice left to the program takes the key out
        ("sound", "loud", "desktop"),  # a wrong value is shown as the default until another is chosen
    ],
)
def test_a_default_over_what_stands_in_the_file_is_a_change(key: str, stood: str, chosen: str | None) -> None:
    made = model({key: stood})
    made.set(key, chosen)
    assert (made.value(key), made.changes(), made.wrong(key)) == (chosen, {key: chosen}, "")


def test_what_is_given_elsewhere_is_shown_and_cannot_be_changed() -> None:
    """The check box was set although the variable says "false"."""
    environ = {"TELEX_START_SOUND": "on", "TELEX_START_SHOW_TEXT": "false", "TELEX_START_REMEMBER_EMAIL": "nein"}
    over = given(environ, {})
    made = model({"sound": "off"}, given={key: (one.source, one.value) for key, one in over.items()})
    made.set("sound", "desktop")
    assert (made.value("sound"), made.given_by("sound"), made.changes()) == ("on", "TELEX_START_SOUND", {})
    assert made.value("show_text") is False
    assert (made.value("remember_email"), made.wrong("remember_email")) == (True, "Allowed is true or false.")


def test_quiet_hours_of_the_file_that_make_none_are_told_at_once() -> None:
    """The window found nothing wrong with such hours until they were changed and saved."""
    made = model({FROM: "22:00", TO: "22:00"})
    assert "are the same" in made.wrong(TO)
    made.set(FROM, "21:00")
    assert (made.wrong(TO), made.faults()) == ("", {})
    assert "quiet.to" in model({FROM: "22:00"}).wrong(FROM)


def test_one_quiet_hour_given_elsewhere_keeps_all_of_them_from_being_changed() -> None:
    made = model({TO: "07:00"}, given={FROM: ("TELEX_START_QUIET_FROM", "23:00")})
    made.switch_hours(False)

    assert made.given_by(ON_DAYS) == "TELEX_START_QUIET_FROM"
    assert made.has_hours
    assert (made.text(FROM), made.text(TO)) == ("23:00", "07:00")
    assert made.changes() == {}


def test_types_that_the_window_does_not_know_are_kept_in_their_place() -> None:
    made = model({TYPES: ["pinned_message_event", "thread_reply"]})
    made.tell("unread_thread_change", True)
    made.tell("thread_reply", False)
    made.tell("channel_mention", True)

    assert made.changes() == {TYPES: ["pinned_message_event", "unread_thread_change", "channel_mention"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_switched_on_and_off_again_is_no_change(kind: str) -> None:
    for file in ({}, {TYPES: [*reversed(KINDS), "x"]}):
        made = model(dict(file))
        before = kind in made.value(TYPES)
        made.tell(kind, not before)
        assert (kind in made.value(TYPES)) is not before
        made.tell(kind, before)
        assert made.changes() == {}


def test_quiet_hours_are_offered_as_is_usual_and_taken_out_whole() -> None:
    made = model()
    made.switch_hours(True)
    assert made.changes() == {FROM: "22:00", TO: "07:00"}

    made = model({FROM: "20:00", TO: "08:00", ON_DAYS: ["sun"]})
    made.switch_hours(False)
    assert made.changes() == {FROM: None, TO: None, ON_DAYS: None}
    made.switch_hours(True)
    assert made.changes() == {}


def test_a_time_is_written_with_two_digits() -> None:
    made = model()
    made.switch_hours(True)
    made.set(FROM, " 9:30 ")
    made.set(TO, "7:00")

    assert made.faults() == {}
    assert made.changes() == {FROM: "09:30", TO: "07:00"}


def test_days_left_out_mean_all_and_stay_left_out() -> None:
    made = model({FROM: "22:00", TO: "07:00"})
    assert made.days() == DAYS
    made.set_day("sun", False)
    assert made.changes() == {ON_DAYS: ["mon", "tue", "wed", "thu", "fri", "sat"]}
    made.set_day("sun", True)
    assert made.changes() == {}


def test_the_same_days_in_another_order_are_no_change() -> None:
    made = model({FROM: "22:00", TO: "07:00", ON_DAYS: ["sun", "sat"]})
    for wanted in (True, False):
        made.set_day("mon", wanted)
    assert made.changes() == {}


def test_what_is_wrong_is_said_for_its_field() -> None:
    made = model({FROM: "22:00", TO: "07:00"})
    made.set(FROM, "25:00")
    for day in DAYS:
        made.set_day(day, False)

    assert made.faults() == {
        FROM: "From is no time of the day; write it like 22:00.",
        ON_DAYS: "Choose a day at least.",
    }
    made.set(FROM, "07:00")
    made.set_day("mon", True)
    assert made.faults() == {TO: "They begin and end at the same minute; for a whole day enter 00:00 and 23:59."}
    made.set(FROM, "")
    assert FROM in made.faults()
    made.switch_hours(False)
    assert made.faults() == {}


def test_a_wrong_value_in_the_file_is_told_and_the_default_shown() -> None:
    made = model({"sound": "loud"})
    assert (made.value("sound"), made.faults()) == ("desktop", {})
    assert made.wrong("sound") == 'Allowed is "desktop", "on" or "off".'


def test_organisations_of_the_agent_and_of_the_file() -> None:
    made = model(
        {
            "organisations.northwind OPS.notify": "mentions",
            "organisations.0198aa.notify": "none",
            "organisations.Gone.notify": "all",
        },
        organisations=[
            ("0198bb", "Northwind Ops", "Northwind Ops"),
            ("0198aa", "Acme", "Acme"),
            ("0198cc", "Zeta", "Zeta"),
        ],
    )

    assert [(row.name, row.known, made.value(row.key)) for row in made.rows] == [
        ("Acme", True, "none"),
        ("Northwind Ops", True, "mentions"),
        ("Zeta", True, "all"),
        ("Gone", False, "all"),
    ]
    made.set(made.rows[0].key, "all")
    made.set(made.rows[2].key, "none")
    assert made.changes() == {"organisations.0198aa.notify": "all", "organisations.Zeta.notify": "none"}


def test_organisations_of_the_same_name_are_written_by_their_ids() -> None:
    made = model({}, organisations=[("0198aa", "Acme", "Acme"), ("0198bb", "Acme", "Acme")])
    for row in made.rows:
        made.set(row.key, "none")
    assert made.changes() == {"organisations.0198aa.notify": "none", "organisations.0198bb.notify": "none"}


# Saving.


class World:
    """The model of a window, its file, and a list of what saving did besides writing the file."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        file.write_text(text)
        self.done: list[object] = []
        self.login_fails = False
        actions = SaveActions(lambda: self.done.append("saved"), self.done.append, self._start)
        shown = PreferencesData({}, muted=[GENERAL], at_login=False)
        self.model = Model(ConfigFile(str(file)), shown, actions)
        self.save, self.set = self.model.save, self.model.set

    def _start(self, wanted: bool) -> str:
        if self.login_fails:
            raise TelexStartError("The folder autostart cannot be written.")
        self.done.append(wanted)
        return TOLD

    def written(self) -> str:
        return self.file.read_text()


@pytest.fixture
def world(tmp_path: Path) -> Callable[[str], World]:
    return lambda text: World(tmp_path / "config.toml", text)


def test_all_is_saved_the_file_first_and_what_fails_can_be_tried_again(world: Callable[[str], World]) -> None:
    made = world('sound = "off"\n')
    made.login_fails = True
    made.set("sound", "on")
    made.model.at_login = True
    made.model.unmute(GENERAL)
    assert (made.model.muted, made.model.is_changed) == ([], True)

    saving = made.save()
    assert (saving, saving.done) == (Saving(failed="The folder autostart cannot be written."), False)
    assert (made.written(), made.model.is_changed) == ('sound = "on"\n', True)
    made.login_fails = False
    saving = made.save()
    assert (saving, saving.done) == (Saving(told=TOLD), True)
    assert made.done == ["saved", True, GENERAL.key]
    assert (made.model.muted, made.model.is_changed) == ([], False)
    assert (made.save(), made.done) == (Saving(), ["saved", True, GENERAL.key])


def test_what_is_wrong_or_cannot_be_written_keeps_all_from_being_saved(world: Callable[[str], World]) -> None:
    made = world("")
    made.set("sound", "on")
    made.model.unmute(GENERAL)
    made.model.switch_hours(True)
    made.set(FROM, "late")
    saving = made.save()
    assert (saving.done, list(saving.wrong)) == (False, [FROM])
    made.model.switch_hours(False)
    made.file.write_text("sound = \n")
    saving = made.save()
    assert (saving.done, f"{made.file} is no TOML" in saving.failed) == (False, True)
    assert f"{made.file} is no TOML" in made.model.resolve(theirs=True, keys=()).failed
    made.file.write_text("")
    made.set("organisations.\ud83d.notify", "none")
    assert "UnicodeEncodeError" in made.save().failed
    assert (made.written(), made.done, made.model.is_changed) == ("", [], True)


@pytest.mark.parametrize(("theirs", "sound"), [(True, "off"), (False, "on")])
def test_a_file_changed_by_hand_is_asked_about(world: Callable[[str], World], theirs: bool, sound: str) -> None:
    made = world('sound = "desktop"\n')
    made.set("sound", "on")
    made.set("show_text", False)
    made.file.write_text('sound = "off"\nlog_level = "debug"\n')

    saving = made.save()
    assert (saving, saving.done) == (Saving(changed_meanwhile=("sound",)), False)
    assert made.written() == 'sound = "off"\nlog_level = "debug"\n'
    assert made.model.resolve(theirs=theirs, keys=saving.changed_meanwhile).done
    assert made.written() == f'sound = "{sound}"\nlog_level = "debug"\nshow_text = false\n'


def test_quiet_hours_changed_by_hand_are_theirs_as_a_whole(world: Callable[[str], World]) -> None:
    made = world('[quiet]\nfrom = "22:00"\nto = "07:00"\n')
    made.set(FROM, "20:00")
    made.set(TO, "08:00")
    made.file.write_text('[quiet]\nfrom = "21:00"\nto = "07:00"\n')
    assert made.model.resolve(theirs=True, keys=(FROM,)).done
    assert [made.model.text(key) for key in (FROM, TO)] == ["21:00", "07:00"]
    assert "21:00" in made.written()
