"""What the preferences window shows and what of it is written."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start.config import DAYS, given
from telex_start.desktop.preferences.model import FROM, KINDS, ON_DAYS, TO, TYPES, Model, Shown, ShownOrganisation
from telex_start.menu import Muted

GENERAL = Muted(("org/user", "channels_section", "General"), "# General · Northwind Ops", "until 14:30")


def model(file: dict[str, Any] | None = None, **shown: Any) -> Model:
    return Model(file or {}, Shown(**{"given": {}, **shown}))


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


def test_a_default_over_what_stands_in_the_file_is_written_out() -> None:
    """So that the line, and the comment beside it, stays."""
    made = model({"sound": "off"})
    made.set("sound", "desktop")

    assert made.changes() == {"sound": "desktop"}


def test_a_choice_left_to_the_program_takes_the_key_out() -> None:
    made = model({"main_app.click": "client"})
    made.set("main_app.click", None)

    assert made.value("main_app.click") is None
    assert made.changes() == {"main_app.click": None}


def test_what_is_given_elsewhere_is_shown_and_cannot_be_changed() -> None:
    made = model({"sound": "off"}, given={"sound": ("TELEX_START_SOUND", "on")})
    made.set("sound", "desktop")

    assert made.value("sound") == "on"
    assert made.given_by("sound") == "TELEX_START_SOUND"
    assert made.changes() == {}


def test_a_variable_that_says_false_is_shown_as_false() -> None:
    """A check was set for the word "false"."""
    over = given({"TELEX_START_SHOW_TEXT": "false", "TELEX_START_REMEMBER_EMAIL": "nein"}, {})
    made = model(given={key: (one.source, one.value) for key, one in over.items()})
    assert made.value("show_text") is False
    assert (made.value("remember_email"), made.wrong("remember_email")) == (True, "Allowed is true or false.")


def test_quiet_hours_of_the_file_that_make_none_are_told_at_once() -> None:
    """Until they were changed, and saved, the window found nothing wrong with them."""
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
    assert made.hours() == ("23:00", "07:00")
    assert made.changes() == {}


def test_types_that_the_window_does_not_know_are_kept_in_their_place() -> None:
    made = model({TYPES: ["pinned_message_event", "thread_reply"]})
    assert made.other_kinds == ["pinned_message_event"]
    made.tell("unread_thread_change", True)
    made.tell("thread_reply", False)
    made.tell("channel_mention", True)

    assert made.changes() == {TYPES: ["pinned_message_event", "unread_thread_change", "channel_mention"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_switched_on_and_off_again_is_no_change(kind: str) -> None:
    for file in ({}, {TYPES: [*reversed(KINDS), "x"]}):
        made = model(dict(file))
        before = made.tells(kind)
        made.tell(kind, not before)
        assert made.tells(kind) is not before
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
    made.set_day("mon", True)
    made.set_day("mon", False)

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


def test_a_wrong_value_in_the_file_is_told_and_the_default_shown_until_another_is_chosen() -> None:
    made = model({"sound": "loud"})
    assert made.value("sound") == "desktop"
    assert made.wrong("sound") == 'Allowed is "desktop", "on" or "off".'
    assert made.faults() == {}
    made.set("sound", "desktop")

    assert made.wrong("sound") == ""
    assert made.changes() == {"sound": "desktop"}


def test_organisations_of_the_agent_and_of_the_file() -> None:
    made = model(
        {
            "organisations.northwind OPS.notify": "mentions",
            "organisations.0198aa.notify": "none",
            "organisations.Gone.notify": "all",
        },
        organisations=[
            ShownOrganisation("0198bb", "Northwind Ops", "Northwind Ops"),
            ShownOrganisation("0198aa", "Acme", "Acme"),
            ShownOrganisation("0198cc", "Zeta", "Zeta"),
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
    made = model(
        {}, organisations=[ShownOrganisation("0198aa", "Acme", "Acme"), ShownOrganisation("0198bb", "Acme", "Acme")]
    )
    for row in made.rows:
        made.set(row.key, "none")

    assert made.changes() == {"organisations.0198aa.notify": "none", "organisations.0198bb.notify": "none"}


def test_what_is_unmuted_is_told_on_saving() -> None:
    made = model(muted=[GENERAL])
    made.unmute(GENERAL)

    assert made.muted == []
    assert made.is_changed
    assert made.to_unmute == [GENERAL]
    made.done()
    assert not made.is_changed
    assert made.muted == []


def test_starting_at_login_is_no_key_of_the_file() -> None:
    made = model(at_login=False)
    made.at_login = True

    assert made.is_changed
    assert made.switches_at_login
    assert made.changes() == {}
    made.done()
    assert not made.is_changed


def test_a_file_changed_by_hand_keeps_its_own_or_is_overwritten() -> None:
    mine = {"sound": "on", "show_text": False}
    theirs = {"sound": "off", "log_level": "debug"}
    for keys, expected in ((["sound"], {"show_text": False}), ([], mine)):
        made = model()
        for key, value in mine.items():
            made.set(key, value)
        made.yield_to(theirs, keys)
        assert made.changes() == expected
        assert made.base == theirs


def test_quiet_hours_changed_by_hand_are_theirs_as_a_whole() -> None:
    made = model({FROM: "22:00", TO: "07:00"})
    made.set(FROM, "20:00")
    made.set(TO, "08:00")
    made.yield_to({FROM: "21:00", TO: "07:00"}, [FROM])

    assert made.hours() == ("21:00", "07:00")
    assert made.changes() == {}
