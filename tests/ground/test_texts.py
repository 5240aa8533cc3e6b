"""A message and the change of counts that it causes: two publications in either order, one toast with the text."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.events import How
from tests.ground.desk import Desk, agent, change, message

KEPT = COMPLETED = 10.0
WAIT = 0.2
FLOWING = 600.0
MOST = 256
GREEN = "Ben Okri: the build is green"


def counts(threads: int = 1, mentions: int = 0, thread: str = "t1", channel: str = "a") -> dict[str, Any]:
    return change(channel, threads, mentions, last_thread_id=thread)


def flowing(*types: str) -> Desk:
    """A desk of an organisation whose messages come with their text, as one just has."""
    desk = Desk(1, *types)
    desk.receive(message(thread="t0", channel="elsewhere"))
    return desk


def test_a_text_that_came_before_is_there_at_once() -> None:
    desk = Desk()
    desk.receive(message(), now=1.0)
    desk.receive(counts(), now=1.0 + KEPT)
    assert desk.bodies == [GREEN]
    assert desk.notifier.deadline() is None


def test_a_text_is_kept_ten_seconds_and_given_once() -> None:
    desk = Desk()
    desk.receive(message(), now=0.0)
    desk.receive(counts(1), now=KEPT + 0.1)
    desk.until(KEPT + 1.0)
    desk.receive(message(), now=40.0)
    desk.receive(counts(2), now=40.0)
    desk.receive(counts(3, thread="t2"), now=42.0)
    desk.until(43.0)
    assert desk.bodies == ["about a", f"{GREEN}\n2 unread", "about a\n3 unread"]


def test_a_text_of_another_thread_or_channel_is_another_messages() -> None:
    desk = Desk()
    desk.receive(message(thread="t2"), message(channel="b", thread=""), counts())
    desk.until(1.0)
    assert desk.bodies == ["about a"]


def test_where_no_texts_have_come_a_toast_waits_for_none() -> None:
    desk = Desk()
    desk.receive(counts())
    assert desk.bodies == ["about a"]


def test_where_texts_come_a_toast_waits_200_milliseconds_for_its_own() -> None:
    desk = flowing()
    desk.receive(counts(), now=1.0)
    assert desk.toasts == []
    assert desk.notifier.deadline() == 1.0 + WAIT
    desk.receive(message(), now=1.1)
    assert desk.bodies == [GREEN]
    assert (desk.notifier.deadline(), desk.toasts[0].silent) == (None, False)


def test_a_text_that_does_not_come_is_waited_for_no_longer() -> None:
    desk = flowing()
    desk.receive(counts(), now=1.0)
    desk.until(1.0 + WAIT)
    assert desk.bodies == ["about a"]


def test_ten_minutes_after_the_last_text_nothing_waits_any_more() -> None:
    desk = flowing()
    desk.receive(counts(), now=FLOWING)
    assert desk.toasts == []
    desk.until(FLOWING + 1.0)
    desk.receive(counts(2), now=FLOWING + 1.0)
    assert len(desk.toasts) == 2


@pytest.mark.parametrize("later", [0.3, COMPLETED])
def test_a_text_that_comes_late_replaces_the_toast_silently(later: float) -> None:
    desk = Desk()
    desk.receive(counts())
    desk.receive(message(), now=later)
    first, second = desk.toasts
    assert (first.body, second.body) == ("about a", GREEN)
    assert (first.silent, second.silent) == (False, True)
    assert first.handle == second.handle
    desk.receive(message(), now=later)
    assert len(desk.toasts) == 2, "once"


def test_a_text_that_comes_too_late_is_dropped() -> None:
    desk = Desk()
    desk.receive(counts())
    desk.receive(message(), now=COMPLETED + 0.1)
    assert desk.bodies == ["about a"]


def test_only_the_newest_toast_of_a_conversation_is_completed() -> None:
    desk = Desk()
    desk.receive(counts(1, thread="t1"), now=0.0)
    desk.receive(counts(2, thread="t2"), now=1.0)
    desk.receive(message(thread="t1"), now=2.0)
    assert desk.bodies == ["about a", "about a\n2 unread"]
    desk.receive(message(thread="t2"), now=2.0)
    assert desk.bodies[2:] == [f"{GREEN}\n2 unread"]


def test_what_was_read_is_neither_told_nor_completed() -> None:
    desk = flowing()
    desk.receive(counts(), now=1.0)
    desk.receive(counts(0), now=1.1)
    desk.until(2.0)
    assert desk.toasts == []
    desk = Desk()
    desk.receive(counts(), counts(0), message())
    assert desk.bodies == ["about a"]


def test_what_a_look_up_says_was_read_is_not_told_when_its_wait_is_over() -> None:
    desk = flowing()
    desk.receive(counts(), now=1.0)
    desk.notifier.look_up_began("o0/u")
    desk.rows(now=1.1)
    desk.notifier.look_up_ended("o0/u", 1.1)
    desk.until(2.0)
    assert desk.toasts == []


def test_a_text_that_completes_a_toast_does_not_stand_for_the_next_message() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(counts(), now=1.0)
    desk.receive(message(message_id="m1"), now=2.0)
    desk.receive(message(kind="channel_mention", message_id="m2"), now=3.0)
    assert [toast.silent for toast in desk.toasts] == [False, True, False]


def test_the_message_of_an_earlier_toast_is_not_told_again() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(counts(1, thread="t1"), counts(2, thread="t2"))
    desk.receive(message(kind="channel_mention", thread="t1"), now=1.0)
    assert len(desk.toasts) == 2


def test_nothing_is_known_of_messages_after_signing_out() -> None:
    desk = flowing()
    desk.receive(counts(), now=1.0)
    desk.receive(message(message_id="m1"), now=1.1)
    desk.notifier.clear()
    desk.look_up(1)
    desk.receive(counts(), now=1.2)
    desk.receive(message(message_id="m1"), now=1.3)
    assert [toast.silent for toast in desk.toasts] == [False, False, True]


def test_an_organisation_that_is_joined_again_is_not_waited_for() -> None:
    desk = flowing()
    desk.look_up(0)
    desk.look_up(1)
    desk.receive(counts(), now=1.0)
    assert desk.bodies == ["about a"]


def test_what_the_counts_never_held_goes_with_its_organisation_too() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(message(kind="channel_mention"))
    desk.look_up(0)
    assert desk.read == ["a"]


def test_replacements_do_not_count_in_the_flood_rule() -> None:
    desk = Desk()
    for number in range(2):
        desk.receive(counts(thread=f"t{number}", channel=f"c{number}"))
    for number in range(2):
        desk.receive(message(thread=f"t{number}", channel=f"c{number}"), now=1.0)
    desk.receive(agent(), now=1.0)
    desk.until(1.0 + WAIT)
    assert [toast.silent for toast in desk.toasts] == [False, False, True, True, False]
    desk.receive(agent(1, "a2"), now=1.5)
    assert len(desk.toasts) == 5


def test_what_is_newer_of_a_conversation_is_told_after_what_waits() -> None:
    desk = flowing()
    desk.receive(counts(1, thread="t1"), now=1.0)
    desk.receive(counts(2, thread="t2"), now=1.05)
    desk.receive(message("<p>second</p>", thread="t2"), now=1.1)
    assert desk.bodies == ["about a", "Ben Okri: second\n2 unread"]


def test_what_waits_of_another_conversation_is_told_in_its_time_and_once() -> None:
    desk = flowing()
    desk.receive(counts(channel="a"), counts(channel="b"), now=1.0)
    desk.receive(message(channel="a"), now=1.1)
    desk.receive(counts(2, thread="t2", channel="a"), message(channel="a", thread="t2", message_id="m2"), now=1.1)
    desk.until(2.0)
    assert sorted(toast.title for toast in desk.toasts) == ["a", "a", "b"]


def test_in_a_flood_nothing_waits() -> None:
    desk = flowing()
    desk.receive(*(counts(thread=f"t{n}", channel=f"c{n}") for n in range(4)), now=1.0)
    desk.until(1.0 + WAIT)
    assert len(desk.toasts) == 3
    desk.receive(counts(thread="t9", channel="c9"), now=2.0)
    desk.until(2.0 + WAIT)
    assert len(desk.toasts) == 3
    desk.until(10.0)
    assert desk.bodies[-1] == "2 more in 2 conversations"


def test_what_was_recovered_has_its_text_whatever_came_first() -> None:
    desk = Desk()
    missed = (counts(1, channel="a"), message(channel="a"), message(channel="b", thread="t2"))
    desk.receive(*missed, counts(1, thread="t2", channel="b"), how=How.RECOVERED)
    desk.until(1.0)
    assert sorted(desk.bodies) == [GREEN, GREEN]


def test_ones_own_messages_are_no_text() -> None:
    desk = Desk()
    desk.sign_in()
    desk.receive(message("<p>mine</p>", by=("u-ada", "Ada Lovelace")), counts())
    assert desk.bodies == ["about a"]


# --- messages that are news themselves --------------------------------------------------------------------------------

BY_CHOICE = ("new_message", "channel_mention", "thread_reply")


@pytest.mark.parametrize("kind", BY_CHOICE)
@pytest.mark.parametrize("order", [1, -1], ids=["message first", "count first"])
def test_a_message_and_its_count_are_one_toast(kind: str, order: int) -> None:
    desk = Desk(1, kind)
    both = [message(kind=kind, message_id="m1"), counts(1, 1)][::order]
    desk.receive(both[0], now=0.0)
    desk.receive(both[1], now=1.0)
    desk.until(2.0)
    assert len([toast for toast in desk.toasts if not toast.silent]) == 1
    assert "the build is green" in desk.bodies[-1]


def test_a_message_of_several_types_is_one_toast() -> None:
    desk = Desk(1, *BY_CHOICE)
    desk.receive(*(message(kind=kind, message_id="m1") for kind in BY_CHOICE), counts(1, 1))
    assert desk.bodies == [GREEN]
    desk = Desk()
    desk.receive(*(message(kind=kind, message_id="m1") for kind in BY_CHOICE), counts(1, 1))
    desk.receive(counts(2, 1), now=1.0)
    desk.until(2.0)
    assert len(desk.toasts) == 2
    assert desk.bodies[-1] == "about a\n2 unread, 1 mention", "the text was used already"


def test_two_messages_in_one_thread_are_two_toasts() -> None:
    desk = Desk(1, "thread_reply")
    for number in (1, 2):
        desk.receive(message(kind="thread_reply", message_id=f"m{number}", reply=True), now=float(number))
        desk.receive(counts(number, thread="t1"), now=number + 0.5)
    assert len(desk.toasts) == 2


def test_a_mention_in_a_reply_and_its_count_are_one_toast() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(counts(1, 0, "t9"), now=0.0)
    mention = message(kind="channel_mention", thread="t1", reply=True)
    desk.receive(mention, now=20.0)
    desk.receive(counts(1, 1, "t9"), now=21.0)
    assert len(desk.toasts) == 2


def test_without_the_counts_type_messages_are_told_alone() -> None:
    desk = Desk()
    desk.tells("channel_mention")
    desk.receive(counts(1, 1), message(kind="channel_mention"))
    assert desk.bodies == ["Ben Okri mentioned you: the build is green"]
    desk.receive(counts(0), now=1.0)
    assert desk.read == ["a"]


def test_a_mention_read_elsewhere_is_withdrawn_though_its_count_never_came() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(message(kind="channel_mention"))
    desk.receive(counts(0), now=1.0)
    assert desk.read == ["a"]


# --- bounds, and every order ------------------------------------------------------------------------------------------


def test_so_many_texts_wait_for_their_counts_the_latest() -> None:
    desk = Desk()
    desk.receive(*(message(f"<p>{number}</p>", thread=f"t{number}") for number in range(MOST + 1)))
    desk.receive(counts(1, thread="t1"), counts(2, thread="t0"))
    assert desk.bodies == ["Ben Okri: 1"]
    desk.until(1.0)
    assert desk.bodies[1:] == ["about a\n2 unread"]


def test_so_many_counts_wait_for_their_text_and_the_oldest_no_longer() -> None:
    desk = flowing()
    desk.receive(*(counts(thread=f"x{number}", channel=f"x{number}") for number in range(MOST + 1)), now=1.0)
    desk.notifier.tick(1.0)
    assert desk.titles == ["x0"]
    desk.until(20.0)
    assert desk.titles == ["x0", "x1", "x2", "Telex"]


def test_what_is_remembered_of_messages_does_not_grow() -> None:
    desk = Desk(1, "thread_reply")

    def go_on(first: int) -> int:
        for number in range(first, first + 600):
            now, ident = number * 1e-4, f"{number}" * 25
            desk.receive(message(ident * 40, thread=f"t{ident}", channel="a", message_id=f"o{ident}"), now=now)
            desk.receive(message(kind="thread_reply", thread=f"r{ident}", channel="a", message_id=ident), now=now)
            desk.receive(counts(number, thread=f"x{ident}"), now=now)
        desk.counts.clear()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = go_on(1000)
        assert go_on(1600) - before < 400_000, "bytes"
    finally:
        tracemalloc.stop()


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 0.4), st.floats(0, 0.4)), min_size=1, max_size=3),
    st.booleans(),
)
def test_in_whatever_order_both_come_each_message_is_told_once_and_with_its_text(
    messages: list[tuple[str, float, float]], flows: bool
) -> None:
    """Three at most, so that the flood rule holds nothing."""
    desk = flowing() if flows else Desk()
    threads = {"a": 0, "b": 0}
    events: list[tuple[float, int, str, str]] = []
    for number, (channel, text_after, count_after) in enumerate(messages):
        start = number * 1.0
        events += [(start + text_after, 0, channel, f"t{number}+"), (start + count_after, 1, channel, f"t{number}+")]
    for now, is_count, channel, thread in sorted(events):
        desk.until(now)
        if is_count:
            threads[channel] += 1
            desk.receive(counts(threads[channel], thread=thread, channel=channel), now=now)
        else:
            desk.receive(message(f"<p>{thread}</p>", thread=thread, channel=channel), now=now)
    desk.until(100.0)
    loud = [toast for toast in desk.toasts if not toast.silent]
    assert len(loud) == len(messages)
    last = {toast.channel: toast.text for toast in desk.toasts}
    for number, (channel, _, _) in enumerate(messages):
        if channel not in [later for later, _, _ in messages[number + 1 :]]:
            assert last[channel] == f"t{number}+"
