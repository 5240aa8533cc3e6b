"""A message and the change of counts that it causes are two publications, in either order: they make one toast."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start.events import How
from tests.ground.desk import Desk, change, message

KEPT = COMPLETED = 10.0
WAIT = 0.2
FLOWING = 600.0
MOST = 256
GREEN = "Ben Okri: the build is green"


def counts(threads: int = 1, mentions: int = 0, thread: str = "t1", channel: str = "a") -> dict[str, Any]:
    return change(channel, threads, mentions, last_thread_id=thread)


@pytest.fixture
def flowing() -> Desk:
    """A desk that has just received a message's text, so it expects texts."""
    desk = Desk()
    desk.receive(message(thread="t0", channel="elsewhere"))
    return desk


def told(desk: Desk, steps: list[tuple[float, dict[str, Any]]]) -> list[str]:
    """The bodies of all toasts; a tilde marks one that silently replaces another."""
    for now, publication in steps:
        desk.until(now)
        desk.receive(publication, now=now)
    desk.until(100.0)
    return ["~" * toast.silent + toast.body for toast in desk.toasts]


MENTION = message(kind="channel_mention", message_id="m2")
FIRST_T1 = (0.0, counts(1, thread="t1"))
ALL_KINDS = [(0.0, message(kind=kind, message_id="m1")) for kind in ("new_message", "channel_mention", "thread_reply")]


@pytest.mark.parametrize(
    ("steps", "bodies"),
    [
        pytest.param([(0.0, message()), (KEPT, counts())], [GREEN], id="a text that came before"),
        pytest.param([(0.0, message()), (KEPT + 0.1, counts())], ["about a"], id="a text is kept ten seconds"),
        pytest.param(
            [(0.0, message()), (0.0, counts(2)), (2.0, counts(3, thread="t2"))],
            [f"{GREEN}\n2 unread", "about a\n3 unread"],
            id="a text is given once",
        ),
        pytest.param(
            [(0.0, message(thread="t2")), (0.0, message(channel="b", thread="")), (0.0, counts())],
            ["about a"],
            id="a text of another thread or channel",
        ),
        pytest.param(
            [(0.0, counts()), (COMPLETED, message()), (COMPLETED, message())],
            ["about a", f"~{GREEN}"],
            id="a text that comes late replaces the toast silently, once",
        ),
        pytest.param([(0.0, counts()), (COMPLETED + 0.1, message())], ["about a"], id="a text that comes too late"),
        pytest.param(
            [FIRST_T1, (1.0, counts(2, thread="t2")), (2.0, message(thread="t1")), (2.0, message(thread="t2"))],
            ["about a", "about a\n2 unread", f"~{GREEN}\n2 unread"],
            id="only the newest toast of a conversation is completed",
        ),
        pytest.param([(0.0, counts()), (0.0, counts(0)), (0.0, message())], ["about a"], id="what was read"),
        pytest.param(
            [(0.0, message("<p>mine</p>", by=("u-ada", "Ada Lovelace"))), (0.0, counts())], ["about a"], id="one's own"
        ),
        pytest.param(
            [*ALL_KINDS, (0.0, counts(1, 1)), (1.0, counts(2, 1))],
            ["Ben Okri mentioned you: the build is green\n1 unread, 1 mention", "about a\n2 unread, 1 mention"],
            id="a text under several types is used once",
        ),
    ],
)
def test_a_text_belongs_to_its_change(steps: list[tuple[float, dict[str, Any]]], bodies: list[str]) -> None:
    desk = Desk()
    desk.sign_in()
    assert told(desk, steps) == bodies


@pytest.mark.parametrize(
    ("steps", "bodies"),
    [
        pytest.param(
            [FIRST_T1, (1.0, message(message_id="m1")), (2.0, MENTION)],
            ["about a", f"~{GREEN}", "Ben Okri mentioned you: the build is green"],
            id="a text that completes a toast does not stand for the next message",
        ),
        pytest.param(
            [FIRST_T1, (0.0, counts(2, thread="t2")), (1.0, MENTION)],
            ["about a", "about a\n2 unread"],
            id="the message of an earlier toast",
        ),
        pytest.param([*ALL_KINDS, (0.0, counts(1, 1))], [GREEN], id="a message of several types"),
        pytest.param(
            [(float(at), message(kind="thread_reply", message_id=f"m{at}", reply=True)) for at in (1, 2)],
            ["Ben Okri replied: the build is green"] * 2,
            id="two messages in one thread",
        ),
        pytest.param(
            [
                (0.0, counts(1, 0, "t9")),
                (20.0, message(kind="channel_mention", reply=True)),
                (21.0, counts(1, 1, "t9")),
            ],
            ["about a", "Ben Okri mentioned you: the build is green"],
            id="a mention in a reply",
        ),
    ],
)
def test_messages_that_are_news_themselves(steps: list[tuple[float, dict[str, Any]]], bodies: list[str]) -> None:
    assert told(Desk(1, "new_message", "channel_mention", "thread_reply"), steps) == bodies


# A toast that waits for its text.


def test_where_texts_come_a_toast_waits_200_milliseconds_for_its_own(desk: Desk, flowing: Desk) -> None:
    desk.receive(counts(channel="b"))
    assert desk.bodies == ["about b"], "none has come here: it waits for none"
    flowing.receive(counts(), counts(channel="b"), now=1.0)
    assert (flowing.toasts, flowing.notifier.deadline()) == ([], 1.0 + WAIT)
    flowing.receive(message(), now=1.1)
    assert (flowing.bodies, flowing.toasts[0].silent) == ([GREEN], False)
    flowing.until(1.0 + WAIT)
    assert flowing.bodies == [GREEN, "about b"]
    assert flowing.notifier.deadline() is None


def test_ten_minutes_after_the_last_text_nothing_waits_any_more(flowing: Desk) -> None:
    flowing.receive(counts(), now=FLOWING)
    assert flowing.toasts == []
    flowing.until(FLOWING + 1.0)
    flowing.receive(counts(2), now=FLOWING + 1.0)
    assert len(flowing.toasts) == 2


@pytest.mark.parametrize("looked_up", [False, True])
def test_what_was_read_while_it_waits_is_not_told(flowing: Desk, looked_up: bool) -> None:
    flowing.receive(counts(), now=1.0)
    if looked_up:
        flowing.asks(now=1.1)
    else:
        flowing.receive(counts(0), counts(1, thread="t2"), now=1.1)
    flowing.until(2.0)
    assert flowing.bodies == ([] if looked_up else ["about a"])


def test_what_is_newer_of_a_conversation_is_told_after_what_waits_and_another_in_its_time(flowing: Desk) -> None:
    flowing.receive(counts(1, thread="t1"), counts(1, thread="t3", channel="b"), now=1.0)
    flowing.receive(counts(2, thread="t2"), now=1.05)
    flowing.receive(message("<p>second</p>", thread="t2"), now=1.1)
    assert flowing.bodies == ["about a", "Ben Okri: second\n2 unread"]
    flowing.until(2.0)
    assert flowing.bodies[2:] == ["about b"]


def test_in_a_flood_nothing_waits_and_replacements_do_not_count(flowing: Desk) -> None:
    flowing.receive(*(counts(thread=f"x{n}", channel=f"c{n}") for n in range(2)), now=1.0)
    flowing.until(1.0 + WAIT)
    flowing.receive(*(message(thread=f"x{n}", channel=f"c{n}") for n in range(2)), now=2.0)
    flowing.receive(counts(thread="t2", channel="c2"), counts(thread="t3", channel="c3"), now=2.0)
    flowing.until(2.0 + WAIT)
    assert [toast.silent for toast in flowing.toasts] == [False, False, True, True, False]
    flowing.receive(counts(thread="t9", channel="c9"), now=2.5)
    flowing.until(10.0)
    assert flowing.bodies[5:] == ["2 more in 2 conversations"]


# The past, and what is over.


def test_what_was_recovered_has_its_text_whatever_came_first(desk: Desk) -> None:
    missed = (counts(1, channel="a"), message(channel="a"), message(channel="b", thread="t2"))
    desk.receive(*missed, counts(1, thread="t2", channel="b"), how=How.RECOVERED)
    desk.until(1.0)
    assert sorted(desk.bodies) == [GREEN, GREEN]


def test_a_message_of_the_past_is_told_by_its_count_alone() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(MENTION, how=How.CAUGHT_UP)
    assert desk.toasts == []
    desk.tells("channel_mention")
    desk.receive(MENTION | {"notification_id": "n"}, how=How.CAUGHT_UP, now=20.0)
    desk.notifier.answered("o0/u", 20.0)
    assert desk.bodies == ["1 unread in 1 conversation"]


def test_nothing_is_known_of_messages_after_signing_out(flowing: Desk) -> None:
    flowing.receive(counts(), now=1.0)
    flowing.receive(message(message_id="m1"), now=1.1)
    flowing.notifier.clear()
    flowing.know(1)
    flowing.receive(counts(), now=1.2)
    flowing.receive(message(message_id="m1"), now=1.3)
    assert [toast.silent for toast in flowing.toasts] == [False, False, True]


def test_an_organisation_that_is_left_takes_its_texts_and_toasts_along() -> None:
    desk = Desk(1, "channel_mention")
    desk.receive(message(thread="t0", channel="elsewhere"), MENTION, message(thread="t3"), now=1.0)
    desk.know(0)
    assert desk.read == ["a"], "though the counts never held it"
    desk.know(1)
    desk.receive(counts(1, thread="t3"), now=2.0)
    assert desk.bodies[1:] == ["about a"], "and it is not waited for"


def test_without_the_counts_type_messages_are_told_alone_and_withdrawn_when_read(desk: Desk) -> None:
    desk.tells("channel_mention")
    desk.receive(counts(1, 1), message(kind="channel_mention"), message(kind="channel_mention", channel="b"))
    assert desk.bodies == ["Ben Okri mentioned you: the build is green"] * 2
    desk.receive(counts(0), counts(0, channel="b"), now=1.0)
    assert desk.read == ["a", "b"], "of one the count never came"


# Bounds, and every order.


def test_so_many_texts_wait_for_their_counts_the_latest(desk: Desk) -> None:
    desk.receive(*(message(f"<p>{number}</p>", thread=f"t{number}") for number in range(MOST + 1)))
    desk.receive(counts(1, thread="t1"), counts(2, thread="t0"))
    assert desk.bodies == ["Ben Okri: 1"]
    desk.until(1.0)
    assert desk.bodies[1:] == ["about a\n2 unread"]


def test_so_many_counts_wait_for_their_text_and_the_oldest_no_longer(flowing: Desk) -> None:
    flowing.receive(*(counts(thread=f"x{number}", channel=f"x{number}") for number in range(MOST + 1)), now=1.0)
    flowing.notifier.tick(1.0)
    assert flowing.titles == ["x0"]
    flowing.until(20.0)
    assert flowing.titles == ["x0", "x1", "x2", "Telex"]
