"""The unread conversations that the menu lists: which, in which order, and by what names."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start.events import UnreadSection
from telex_start.menu import Unread
from telex_start.toast import Conversation
from tests.ground.desk import Desk, agent, change, direct, group, message, row

CHANNELS, DIRECT, AGENTS = "channels_section", "dm_channels_section", "agent_channels_section"
LISTED = 10
LONGEST = 60
MOST = 1000
CH0 = "o0/u"


def labels(desk: Desk) -> list[str]:
    return [one.label for one in desk.notifier.recent.latest()]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.sign_in()
    return desk


@pytest.fixture
def two(two: Desk) -> Desk:
    two.sign_in()
    return two


def test_each_kind_of_conversation_is_named_as_people_know_it(desk: Desk) -> None:
    desk.receive(change("General", 3), direct(), group(), agent())
    assert labels(desk) == ["@ Robo (1)", "@ Ben Okri, Cy Young (1)", "@ Ben Okri (1)", "# General (3)"]


def test_of_several_organisations_each_is_named(two: Desk) -> None:
    two.receive(change("General", 3), organisation=0)
    two.receive(direct(), organisation=1)
    assert labels(two) == ["@ Ben Okri (1)", "# General · Org 0 (3)"], "a person is known by their name"
    newest = two.notifier.recent.latest()[0]
    assert newest == Unread(
        ("o1/u", DIRECT, "d1"), "@ Ben Okri (1)", "Org 1", mentioned=False, name="@ Ben Okri · Org 1"
    )
    two.receive(direct(), organisation=0)
    assert labels(two) == ["@ Ben Okri · Org 0 (1)", "@ Ben Okri · Org 1 (1)", "# General · Org 0 (3)"], "but not here"


def test_a_mention_is_marked(desk: Desk) -> None:
    desk.receive(change("General", 3, 1))
    [general] = desk.notifier.recent.latest()
    assert (general.label, general.mentioned) == ("# General (3, mentions you)", True)
    desk.receive(change("General", 2, 0))
    assert labels(desk) == ["# General (2)"]


def test_the_latest_come_first_and_what_was_read_goes(desk: Desk) -> None:
    desk.receive(*(change(name, 1) for name in "abc"))
    assert labels(desk) == ["# c (1)", "# b (1)", "# a (1)"]
    desk.receive(change("a", 2))
    assert labels(desk) == ["# a (2)", "# c (1)", "# b (1)"]
    desk.receive(change("c", 0), change("a", 3), change("b", 2), change("a", 1))
    assert labels(desk) == ["# b (2)", "# a (1)"], "reading a part of it is no news"


def test_ten_are_listed_and_others_move_up_as_these_are_read(desk: Desk) -> None:
    desk.receive(*(change(f"c{n}", 1) for n in range(LISTED + 2)))
    assert labels(desk) == [f"# c{n} (1)" for n in range(LISTED + 1, 1, -1)]
    desk.receive(change("c5", 0))
    assert labels(desk)[-1] == "# c1 (1)"


def test_muted_channels_are_left_out(desk: Desk) -> None:
    desk.receive(change("a", 1), change("b", 1))
    desk.settings(muted=frozenset({"a"}))
    assert labels(desk) == ["# b (1)"]
    assert [reading.name for reading in desk.notifier.recent.to_read()] == ["b"]


def test_what_an_hourly_poll_tells_again_does_not_move(desk: Desk) -> None:
    desk.receive(change("a", 1), change("b", 1))
    desk.rows(row("b", 1), row("a", 1))
    assert labels(desk) == ["# b (1)", "# a (1)"]


def uuid7(second: int) -> str:
    at = f"{second * 1000:012x}"
    return f"{at[:8]}-{at[8:]}-7000-8000-000000000000"


def test_what_was_unread_before_the_sign_in_is_in_the_order_of_its_threads(two: Desk) -> None:
    """Organisations answer polls one after the other, so the order of the answers says nothing about the messages."""
    for organisation, rows in ((0, (("a", 40), ("b", 10))), (1, (("c", 30), ("d", 20)))):
        two.notifier.answered(f"o{organisation}/u", 0.0, poll_follows=True)
        found = tuple(
            {"channels_id": name, "name": name, "thread_count": 1, "last_thread_id": uuid7(second)}
            for name, second in rows
        )
        two.notifier.polled(UnreadSection(f"o{organisation}/u", CHANNELS, found, whole=True), 0.0)
    assert [one.key[2] for one in two.notifier.recent.latest()] == ["a", "c", "d", "b"]
    two.receive(change("b", 2, last_thread_id=uuid7(15)))
    assert [one.key[2] for one in two.notifier.recent.latest()] == ["b", "a", "c", "d"]


@pytest.mark.parametrize("thread", ["t1", "", "01890000-zzzz-7000-8000-000000000000", "x" * 36])
def test_threads_without_a_time_are_as_the_poll_lists_them_behind_those_with_one(desk: Desk, thread: str) -> None:
    desk.notifier.answered(CH0, 0.0, poll_follows=True)
    threads = {"a": thread, "b": thread, "c": uuid7(10), "d": uuid7(20)}
    desk.rows(*(row(name, 1, last_thread_id=threads[name]) for name in threads))
    assert labels(desk) == ["# d (1)", "# c (1)", "# a (1)", "# b (1)"]


def test_a_name_that_comes_with_the_text_takes_the_place_of_none(desk: Desk) -> None:
    desk.receive(message(channel="d0", channel_type="dm", thread="t0"))  # so texts are expected
    nameless = direct(preview_thread=[], preview_message="")
    desk.receive(nameless)
    assert labels(desk) == ["Direct message (1)"]
    before = desk.notifier.recent.version
    desk.receive(message(channel="d1", channel_type="dm"), now=0.1)
    assert labels(desk) == ["@ Ben Okri (1)"]
    assert desk.notifier.recent.version != before


def test_no_name_breaks_the_menu(two: Desk) -> None:
    long, blank = change("id", 2, 1), change("blank", 1)
    long["data"]["name"], blank["data"]["name"] = "x" * 10_000 + "\n\u202e", "\u2800 \n"
    two.receive(long, organisation=1)
    two.receive(blank, organisation=0)
    assert labels(two)[0] == "Channel · Org 0 (1)"
    assert len(labels(two)[1]) == LONGEST
    assert labels(two)[1].endswith("… · Org 1 (2, mentions you)")


def test_memory_is_bounded(desk: Desk) -> None:
    desk.receive(*(change(f"c{n}", 1) for n in range(MOST + 5)))
    assert len(desk.notifier.recent.to_read()) == MOST
    desk.receive(*(change(f"c{n}", 0) for n in range(MOST + 5)))
    assert labels(desk) == []


def test_signing_out_and_leaving_an_organisation_empty_it(two: Desk) -> None:
    two.receive(change("a", 1), organisation=0)
    two.receive(change("b", 1), organisation=1)
    two.know(1)
    assert labels(two) == ["# a (1)"]
    two.notifier.clear()
    assert labels(two) == []


@pytest.mark.parametrize(
    ("data", "conversation"),
    [
        (change("c1", 1, last_thread_id="t1"), Conversation(CH0, CHANNELS, "c1")),
        (direct(), Conversation(CH0, DIRECT, "d1")),
        (agent(channel_id="r1"), Conversation(CH0, AGENTS, "a1")),
    ],
    ids=["channel", "direct", "agent"],
)
def test_a_click_leads_where_the_toast_does(desk: Desk, data: dict[str, Any], conversation: Conversation) -> None:
    desk.receive(data)
    assert desk.notifier.recent.place(conversation) == desk.toasts[-1].place


def test_one_that_was_read_while_the_menu_was_open_can_still_be_opened(desk: Desk) -> None:
    places = [desk.notifier.recent.place(Conversation(CH0, section, "x")) for section in (CHANNELS, DIRECT, AGENTS)]
    assert [place.path for place in places] == [("home", "channels", "x"), ("dms", "x"), ()]
