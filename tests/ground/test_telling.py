"""From publications to a toast: who wrote what and where, for each kind of conversation, and the toast's buttons."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start.toast import Action, Place, Toast
from tests.ground.desk import ME, Desk, agent, change, direct, group, message


def shown(*publications: dict[str, Any], types: tuple[str, ...] = (), **options: Any) -> Toast:
    """The last toast that these publications raise for the user, Ada."""
    desk = Desk(1, *types, **options)
    desk.sign_in()
    desk.receive(*publications)
    desk.until(0.5)
    return desk.toasts[-1]


def told(toast: Toast) -> tuple[str, str]:
    return toast.title, toast.body


# Who and what.

NO_PREVIEW: dict[str, Any] = {"preview_thread": None, "preview_message": ""}
MINE = {"user_id": ME["id"], "full_name": ME["full_name"], "message": "<p>my own</p>"}
NAMESAKE = {"user_id": "u-2", "full_name": ME["full_name"], "message": "<p>hi</p>"}
GREEN = change("a", 1, last_thread_id="t1")
MENTIONED = change("a", 1, 1, last_thread_id="t1")


@pytest.mark.parametrize(
    ("publications", "title", "body"),
    [
        # A direct message is titled with its sender. Its toast once had the recipient's name, and raw HTML as text.
        ([direct()], "Ben Okri", "are you there?"),
        ([message("<p>hi</p>", channel="d1", channel_type="DM"), direct(**NO_PREVIEW)], "Ben Okri", "hi"),
        ([direct(preview_thread=None, username="ben")], "ben", "are you there?"),  # an older backend
        # The user is never named as the sender, and the user's own message is never shown as the other's.
        *(
            ([direct(preview_thread=None, username=own)], "Direct message", "are you there?")
            for own in (ME["username"], ME["full_name"], ME["email"], "  ADA  lovelace ")
        ),
        ([direct(preview_thread=[MINE])], "Direct message", "New unread message"),
        ([direct(preview_thread=[NAMESAKE])], ME["full_name"], "hi"),
        # Channels.
        ([message(), GREEN], "a", "Ben Okri: the build is green"),
        ([GREEN], "a", "about a"),
        ([message("<p>look</p>"), MENTIONED], "a", "Ben Okri mentioned you: look\n1 unread, 1 mention"),
        ([change("x", 1, name="R&amp;D <b>", description="1 < 2 &amp; <i>")], "R&amp;D <b>", "1 < 2 &amp; <i>"),
        # Agents: counts name the agent's id and messages the channel's, so the two are paired by thread.
        ([agent()], "Robo", "watches the build"),
        (
            [message("<p>7 failed</p>", channel="r", thread="t7", by=("a1", "Robo")), agent(last_thread_id="t7")],
            "Robo",
            "7 failed",
        ),
    ],
)
def test_who_wrote_what(publications: list[dict[str, Any]], title: str, body: str) -> None:
    assert told(shown(*publications)) == (title, body)


@pytest.mark.parametrize(
    ("publication", "title", "body"),
    [
        (message("<p>Ada!</p>", kind="channel_mention"), "a", "Ben Okri mentioned you: Ada!"),
        (message("<p>agreed</p>", kind="thread_reply"), "a", "Ben Okri replied: agreed"),
        (message("<p>hi</p>", kind="new_message", channel_type="direct", channel="d1"), "Ben Okri", "hi"),
        (
            {"notification_type": "saved_message_remainder", "section": "channels_section", "data": {"name": "x"}},
            "Reminder",
            "You wanted to be reminded of a message that you saved.",
        ),
        (
            {"notification_type": "of_tomorrow", "data": {"name": "Robo", "description": "of tomorrow"}},
            "Robo",
            "of tomorrow",
        ),
    ],
)
def test_what_is_news_by_choice(publication: dict[str, Any], title: str, body: str) -> None:
    toast = shown(publication, types=(publication["notification_type"],))
    assert told(toast) == (title, body)
    if title == "Reminder":
        assert (toast.actions, toast.place) == ((), Place("o0/u")), "not to be muted: the person asked for it"


def test_ones_own_replies_are_no_news() -> None:
    desk = Desk(1, "thread_reply")
    desk.sign_in()
    desk.receive(message(kind="thread_reply", by=(ME["id"], "Ada Lovelace")))
    assert desk.toasts == []


@pytest.mark.parametrize(
    ("publications", "place", "actions"),
    [
        ([direct()], Place("o0/u", ("dms", "d1"), "t1"), (Action.MARK_AS_READ, Action.MUTE_HOUR)),
        ([GREEN], Place("o0/u", ("home", "channels", "a"), "t1"), (Action.MARK_AS_READ, Action.MUTE_HOUR)),
        # An agent's thread cannot be marked as read, and it can be muted.
        ([agent(channel_id="r1")], Place("o0/u", ("home", "agents", "r1", "a1")), (Action.MUTE_HOUR,)),
        ([agent()], Place("o0/u"), (Action.MUTE_HOUR,)),
        # A mention in a reply leads to its thread. The counts name the channel's last thread, which may be another.
        (
            [
                change("a", 1, 0, last_thread_id="t9"),
                message("<p>Ada?</p>", thread="t1", reply=True),
                change("a", 1, 1, last_thread_id="t9"),
            ],
            Place("o0/u", ("home", "channels", "a"), "t1"),
            (Action.MARK_AS_READ, Action.MUTE_HOUR),
        ),
        (
            [change("a", 1, 0, last_thread_id="t9"), change("a", 1, 1, last_thread_id="t9")],
            Place("o0/u", ("home", "channels", "a")),
            (Action.MARK_AS_READ, Action.MUTE_HOUR),
        ),
    ],
)
def test_place_and_actions(publications: list[dict[str, Any]], place: Place, actions: tuple[Action, ...]) -> None:
    toast = shown(*publications)
    assert (toast.place, toast.actions) == (place, actions)
    assert toast.conversation is not None


def test_what_a_script_is_told_of_it() -> None:
    toast = shown(direct())
    assert (toast.sender, toast.text, toast.channel, toast.group) == ("Ben Okri", "are you there?", "Ben Okri", False)
    toast = shown(message(), GREEN)
    assert (toast.sender, toast.text, toast.channel, toast.unread) == ("Ben Okri", "the build is green", "a", 1)
    assert (shown(GREEN).sender, shown(GREEN).text) == (None, None)


def test_its_sender_may_be_known_by_a_poll_alone(desk: Desk) -> None:
    desk.sign_in()
    row = {"channel_id": "d1", "channel_type": "dm", "username": "Ben Okri", "thread_count": 0}
    desk.rows(row, section="dm_channels_section")
    desk.receive(direct(preview_thread=None))
    assert told(desk.toasts[-1]) == ("Ben Okri", "are you there?")


def test_a_group_is_titled_with_the_others_and_says_who_wrote() -> None:
    by = {"user_id": "u-cy", "full_name": "Cy Young", "message": "<p>all of us</p>"}
    toast = shown(group(preview_thread=[by]))
    assert told(toast) == ("Ben Okri, Cy Young", "Cy Young: all of us")
    assert (toast.sender, toast.text, toast.group) == ("Cy Young", "all of us", True)


@pytest.mark.parametrize(
    ("members", "title"),
    [
        ([{"id": f"u{n}", "full_name": f"P{n}"} for n in range(5)] + [{"id": ME["id"]}], "P0, P1, P2 and 2 more"),
        (
            [{"id": "u1", "email": "p1@x"}, {"user_id": "u2", "username": "p2"}, {"id": "u1", "name": "p1@x"}],
            "p1@x, p2",
        ),
        ([{"id": f"u{n}", "full_name": f"P{n}"} for n in range(3)], "P0, P1, P2"),
        ([{"id": "u-ben"}], "ben, cy"),  # ids alone: the names are elsewhere
        (["u-ben", {"full_name": "ADA lovelace"}, {"full_name": "Cy"}, {"id": "x", "username": "ada"}], "Cy, ada"),
    ],
)
def test_of_a_group_three_are_named_and_never_oneself(members: list[Any], title: str) -> None:
    assert shown(group(username="ben, Ada, cy", participants=members)).title == title


def test_a_group_without_names_is_called_as_a_poll_called_it(desk: Desk) -> None:
    nameless = group(username=None, preview_thread=[], preview_message="")
    assert told(shown(nameless)) == ("Group message", "New unread message")
    desk.sign_in()
    desk.rows(group(thread_count=0)["data"], section="dm_channels_section")
    desk.receive(nameless)
    assert desk.titles == ["Ben Okri, Cy Young"]
    desk.receive(direct(channel_id="g1", channel_type="dm", thread_count=2, preview_thread=[]), now=20.0)
    assert desk.toasts[-1].group, "it was one"
    desk.know(0)
    desk.know(1)
    desk.receive(nameless, now=40.0)
    assert desk.titles[-1] == "Group message", "names go with their organisation"


@pytest.mark.parametrize(
    ("media", "words"),
    [
        ([{"mime_type": "image/png"}], "📷 Photo"),
        ([{"type": "video", "url": "x"}], "🎥 Video"),
        (["https://x/Y.OGG"], "🎤 Audio"),
        ([{"name": "report.pdf"}], "📎 File"),
        ([{}, {}, {}], "3 files"),
        ([5], "📎 File"),
        ([], None),
        ("x", None),
        (None, None),
    ],
)
def test_attachments_in_words(media: Any, words: str | None) -> None:
    toast = shown(message("", media=media), change("a", 1, last_thread_id="t1"))
    assert (toast.body, toast.text) == (f"Ben Okri: {words or 'New unread message'}", words)


def test_an_attachment_may_be_known_by_the_preview_alone() -> None:
    assert told(shown(direct(preview_thread=None, preview_message="📷 Photo"))) == ("Direct message", "📷 Photo")
    by = {"user_id": "u-ben", "full_name": "Ben Okri", "message": "", "media": []}
    assert told(shown(direct(preview_thread=[by], preview_message="📷 Photo"))) == ("Ben Okri", "📷 Photo")
    system = {"user_id": "u-ben", "full_name": "Ben Okri", "message": "joined", "type": "system"}
    assert told(shown(direct(preview_thread=[system]))) == ("Direct message", "are you there?")


# Privacy.


@pytest.mark.parametrize(
    "publications",
    [[direct(2)], [message("secret"), change("a", 3, 1, last_thread_id="t1")], [agent()], [change("a", 1)]],
)
def test_where_no_text_is_to_be_shown_there_is_none(publications: list[dict[str, Any]]) -> None:
    toast = shown(*publications, show_text=False)
    assert toast.body == "New message"
    assert toast.text is None
