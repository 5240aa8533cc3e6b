"""Settings that the person made at Telex are honoured: muted channels, what to notify about, hours, and a pause."""

from __future__ import annotations

import pytest

from telex_start.events import How
from telex_start.news.unread import Counts
from tests.ground.desk import Desk, agent, change, direct

DAYTIME = "09:00 AM - 06:00 PM"


def test_a_muted_channel_has_no_toast_and_no_count_and_loses_what_it_had(two: Desk) -> None:
    two.receive(change("a", 3, 1), change("b", 1))
    two.receive(change("a", 1), organisation=1)
    two.settings(muted=frozenset({"a", "d1"}))
    assert two.read == ["a"]
    two.receive(change("a", 4, 1), direct(), now=60.0)
    assert two.titles[3:] == ["Ben Okri · Org 0"], "only channels can be muted so"
    assert two.notifier.counts == Counts(3, 0, 3)
    two.settings(muted=frozenset())
    assert two.notifier.counts == Counts(7, 1, 4)


def test_mentions_are_direct_messages_and_channels_whose_mentions_grew(desk: Desk) -> None:
    desk.sign_in()
    desk.settings(notify_about="mentions")
    desk.receive(change("a", 1), agent(), direct(), now=0.0)
    desk.receive(change("a", 1, 1), now=10.0)
    desk.receive(change("a", 2, 1), now=20.0)
    assert desk.titles == ["Ben Okri", "a"]
    assert desk.notifier.counts.unread == 4


@pytest.mark.parametrize("about", ["all_new_messages", "", "something of tomorrow"])
def test_all_is_all_and_so_is_what_is_not_known(desk: Desk, about: str) -> None:
    desk.settings(notify_about=about)
    desk.receive(change("a", 1))
    assert desk.titles == ["a"]


def test_what_was_not_to_be_had_stays_as_it_was(desk: Desk) -> None:
    desk.settings(notify_about="nothing", muted=frozenset({"b"}))
    desk.settings()
    desk.receive(change("a", 1), change("b", 1))
    assert (desk.toasts, desk.notifier.counts.unread) == ([], 1)


@pytest.mark.parametrize(
    ("hours", "told", "held"),
    [
        ("09:00 AM - 06:00 PM", (9.0, 18.0, 18 + 59.9 / 3600), (9 - 1 / 3600, 18 + 1 / 60, 0.0, 23.99)),
        ("10:30 PM - 06:00 AM", (22.5, 23.0, 0.0, 6.0), (7.0, 12.0, 22.0)),
        ("12:00 AM - 11:58 PM", (0.0, 12.0, 23.98), (23 + 59 / 60,)),
        ("12:30 pm \u2013 1:05 Pm", (12.5, 13.0, 13 + 5 / 60), (0.5, 12.0, 13.1)),
        *((text, (0.0, 8.0, 12.0, 20.0), ()) for text in ("", "always", "09:00 - 18:00", "13:00 AM - 02:00 PM")),
        *((text, (0.0, 8.0, 12.0, 20.0), ()) for text in ("09:60 AM - 06:00 PM", "9 AM - 6 PM", "٠٩:٠٠ AM - 06:00 PM")),
        *((text, (0.0, 9.5, 23.99), ()) for text in ("09:00 AM - 09:00 AM", "06:00 AM - 05:59 AM")),
        ("12:00 AM - 11:59 PM", (0.0, 9.5, 23.99), ()),
        ("00:10 AM - 01:00 PM", (0.0, 14.0), ()),
    ],
)
def test_hours_as_telex_writes_them(hours: str, told: tuple[float, ...], held: tuple[float, ...]) -> None:
    """The last minute is part of the hours; hours that cannot be read, or span the whole day, hold nothing back."""
    for hour in (*told, *held):
        desk = Desk()
        desk.settings(time_range=hours)
        desk.hour = hour
        desk.receive(change("a", 1))
        assert bool(desk.toasts) == (hour in told), hour


@pytest.mark.parametrize(("hour", "wait"), [(8.5, 1800.0), (7.0, 3600.0), (9 - 0.5 / 3600, 1.0), (20.0, 3600.0)])
def test_what_is_held_is_looked_at_when_the_hours_begin_and_each_hour(desk: Desk, hour: float, wait: float) -> None:
    """Each hour, because clocks are set, and people travel to other time zones."""
    desk.settings(time_range=DAYTIME)
    desk.hour = hour
    desk.receive(change("a", 1), now=100.0)
    assert desk.notifier.deadline() == pytest.approx(100.0 + wait)
    desk.hour = 10.0
    desk.until(100.0 + wait)
    assert desk.titles == ["While paused"]


def test_out_of_hours_is_one_summary_when_they_begin(two: Desk) -> None:
    two.settings(time_range=DAYTIME)
    two.hour = 8.5
    two.receive(change("a", 2), change("b", 1), now=0.0)
    two.receive(change("a", 3), now=60.0)
    two.receive(change("c", 1), now=60.0, organisation=1)
    assert two.titles == ["c · Org 1"], "an organisation of its own hours"
    two.receive(change("b", 0), now=100.0)
    assert two.notifier.deadline() == 60.0 + 1800.0
    two.hour = 9.0
    two.until(1860.0)
    assert two.titles[1:] == ["While paused"]
    assert two.bodies[1:] == ["3 unread in 1 conversation"]
    assert two.notifier.deadline() is None
    two.receive(change("b", 1), now=2000.0)
    assert two.titles[2:] == ["b · Org 0"]


def test_a_pause_is_one_summary_at_its_end(two: Desk) -> None:
    two.pause(True)
    assert two.notifier.paused == "paused at Telex"
    two.receive(change("a", 2), now=0.0)
    two.receive(change("b", 1), now=0.0, organisation=1)
    assert (two.toasts, two.notifier.deadline()) == ([], None)
    assert two.notifier.counts.unread == 3
    two.pause(True, now=300.0)
    two.pause(False, now=600.0)
    assert two.bodies == ["3 unread in 2 conversations"]
    assert not two.notifier.paused
    assert two.toasts[0].place is not None
    assert two.toasts[0].place.channel == "", "of two organisations"


def test_a_pause_of_one_organisation_holds_in_that_one_alone(two: Desk) -> None:
    two.pause(True, organisation_id="another")
    two.receive(change("c", 1), change("c", 0), now=0.0)
    assert len(two.toasts) == 1, "none of theirs"
    two.toasts.clear()
    two.pause(True, organisation_id="o0")
    assert two.notifier.paused == "paused at Telex in Org 0"
    two.receive(change("a", 2), now=0.0)
    two.receive(change("b", 1), now=0.0, organisation=1)
    assert two.titles == ["b · Org 1"]
    two.pause(False, now=600.0, organisation_id="o0")
    assert two.bodies[1:] == ["2 unread in 1 conversation"]
    assert two.toasts[1].place is not None
    assert two.toasts[1].place.channel == "o0/u"


def test_a_pause_that_ends_out_of_hours_waits_for_the_hours(desk: Desk) -> None:
    desk.settings(time_range=DAYTIME)
    desk.pause(True)
    desk.hour = 8.0
    desk.receive(change("a", 2))
    desk.pause(False, now=10.0)
    assert desk.toasts == []
    desk.hour = 9.0
    desk.until(10.0 + 3600.0)
    assert desk.bodies == ["2 unread in 1 conversation"]


def test_the_past_leaves_out_what_is_muted_or_not_wanted(desk: Desk) -> None:
    desk.receive(change("muted", 5), change("a", 1), change("mentioned", 2, 1), how=How.CAUGHT_UP)
    desk.settings(muted=frozenset({"muted"}), notify_about="mentions")
    desk.notifier.answered("o0/u", 0.0)
    assert desk.bodies == ["2 unread in 1 conversation"]


def test_the_settings_of_an_organisation_go_with_it_and_all_with_the_session(two: Desk) -> None:
    two.settings(notify_about="nothing", muted=frozenset({"a"}), organisation=1)
    two.know(1)
    two.know(2)
    two.receive(change("a", 1), organisation=1)
    assert len(two.toasts) == 1
    two.pause(True)
    two.notifier.clear()
    two.know(1)
    two.receive(change("a", 1), now=100.0)
    assert len(two.toasts) == 2
