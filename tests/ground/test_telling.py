"""Who wrote what, and where: what a person reads in each kind of conversation, from what Telex sends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.toast import Action, Place, Toast
from tests.ground.desk import ME, Desk, agent, change, direct, group, message


def shown(*publications: dict[str, Any], types: tuple[str, ...] = (), **options: Any) -> Toast:
    """The toast that these raise for Ada."""
    desk = Desk(1, *types, **options)
    desk.sign_in()
    desk.receive(*publications)
    desk.until(0.5)
    return desk.toasts[-1]


def told(toast: Toast) -> tuple[str, str]:
    return toast.title, toast.body


# --- direct messages --------------------------------------------------------------------------------------------------


def test_a_direct_message_is_the_senders() -> None:
    """It was titled with the recipient's own name, and its text was raw HTML."""
    toast = shown(direct())
    assert told(toast) == ("Ben Okri", "are you there?")
    assert (toast.sender, toast.text, toast.channel) == ("Ben Okri", "are you there?", "Ben Okri")
    assert toast.place == Place("o0/u", ("dms", "d1"), "t1")
    assert toast.actions == (Action.MARK_AS_READ, Action.MUTE_HOUR)
    assert not toast.group


def test_its_sender_may_be_known_by_the_message_alone() -> None:
    bare = direct(preview_thread=None, preview_message="")
    toast = shown(message("<p>hi</p>", channel="d1", channel_type="DM", channel_name="Ben Okri"), bare)
    assert told(toast) == ("Ben Okri", "hi")


def test_its_sender_may_be_known_by_a_look_up_alone() -> None:
    desk = Desk()
    desk.sign_in()
    row = {"channel_id": "d1", "channel_type": "dm", "username": "Ben Okri", "thread_count": 0}
    desk.rows(row, section="dm_channels_section")
    desk.receive(direct(preview_thread=None))
    assert told(desk.toasts[-1]) == ("Ben Okri", "are you there?")


def test_an_older_backend_names_the_other_one() -> None:
    assert told(shown(direct(preview_thread=None, username="ben"))) == ("ben", "are you there?")


@pytest.mark.parametrize("own", [ME["username"], ME["full_name"], ME["email"], "  ADA  lovelace "])
def test_oneself_is_never_the_other_one(own: str) -> None:
    assert shown(direct(preview_thread=None, username=own)).title == "Direct message"


def test_what_one_wrote_oneself_is_not_what_the_other_wrote() -> None:
    own = {"user_id": ME["id"], "full_name": ME["full_name"], "message": "<p>my own</p>"}
    toast = shown(direct(preview_thread=[own], preview_message="<p>my own</p>"))
    assert told(toast) == ("Direct message", "New unread message")


def test_a_namesake_is_somebody_else() -> None:
    other = {"user_id": "u-2", "full_name": ME["full_name"], "message": "<p>hi</p>"}
    assert told(shown(direct(preview_thread=[other]))) == (ME["full_name"], "hi")


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
        ([{"id": "u-ben"}], "ben, cy"),  # ids alone: the names are elsewhere
        (["u-ben", {"full_name": "ADA lovelace"}, {"full_name": "Cy"}, {"id": "x", "username": "ada"}], "Cy, ada"),
    ],
)
def test_of_a_group_three_are_named_and_never_oneself(members: list[Any], title: str) -> None:
    assert shown(group(username="ben, Ada, cy", participants=members)).title == title


def test_a_group_without_names_is_called_as_a_look_up_called_it() -> None:
    nameless = group(username=None, preview_thread=[], preview_message="")
    assert told(shown(nameless)) == ("Group message", "New unread message")
    desk = Desk()
    desk.sign_in()
    desk.rows(group(thread_count=0)["data"], section="dm_channels_section")
    desk.receive(nameless)
    assert desk.titles == ["Ben Okri, Cy Young"]
    desk.receive(direct(channel_id="g1", channel_type="dm", thread_count=2, preview_thread=[]), now=20.0)
    assert desk.toasts[-1].group, "it was one"
    desk.look_up(0)
    desk.look_up(1)
    desk.receive(nameless, now=40.0)
    assert desk.titles[-1] == "Group message", "names go with their organisation"


# --- channels ---------------------------------------------------------------------------------------------------------


def test_a_channel_says_who_wrote_what() -> None:
    toast = shown(message(), change("a", 1, last_thread_id="t1"))
    assert told(toast) == ("a", "Ben Okri: the build is green")
    assert (toast.sender, toast.text) == ("Ben Okri", "the build is green")
    assert toast.place == Place("o0/u", ("home", "channels", "a"), "t1")


def test_without_a_text_it_is_the_channels_description() -> None:
    toast = shown(change("a", 1, last_thread_id="t1"))
    assert told(toast) == ("a", "about a")
    assert (toast.sender, toast.text) == (None, None)


def test_a_mention_says_so() -> None:
    toast = shown(message("<p>look, @Ada</p>"), change("a", 1, 1, last_thread_id="t1"))
    assert toast.body == "Ben Okri mentioned you: look, @Ada\n1 unread, 1 mention"


def test_a_mention_in_a_reply_leads_to_its_thread() -> None:
    """The counts name the channel's last thread, which the reply need not be in."""
    toast = shown(
        change("a", 1, 0, last_thread_id="t9"),
        message("<p>Ada?</p>", thread="t1", reply=True),
        change("a", 1, 1, last_thread_id="t9"),
    )
    assert toast.body == "Ben Okri mentioned you: Ada?\n1 unread, 1 mention"
    assert toast.place == Place("o0/u", ("home", "channels", "a"), "t1")


def test_names_and_descriptions_are_plain_text_already() -> None:
    toast = shown(change("R&amp;D <b>", 1, description="1 < 2 &amp; <i>"))
    assert told(toast) == ("R&amp;D <b>", "1 < 2 &amp; <i>")


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


# --- agents, and what is by choice ------------------------------------------------------------------------------------


def test_an_agents_text_is_matched_by_its_thread() -> None:
    """Its counts go by the agent's id, its messages by the channel's."""
    toast = shown(
        message("<p>build 7 failed</p>", channel="room", thread="t7", by=("a1", "Robo")), agent(last_thread_id="t7")
    )
    assert told(toast) == ("Robo", "build 7 failed")
    assert toast.place == Place("o0/u")
    assert toast.actions == (Action.MUTE_HOUR,), "its thread cannot be marked as read, and it can be muted"


def test_an_agent_without_a_text_is_described() -> None:
    assert told(shown(agent())) == ("Robo", "watches the build")


def test_a_mention_of_its_own() -> None:
    toast = shown(message("<p>Ada!</p>", kind="channel_mention"), types=("channel_mention",))
    assert told(toast) == ("a", "Ben Okri mentioned you: Ada!")
    assert toast.conversation is not None


def test_a_reply_of_its_own_and_never_ones_own() -> None:
    reply = message("<p>agreed</p>", kind="thread_reply", reply=True)
    assert told(shown(reply, types=("thread_reply",))) == ("a", "Ben Okri replied: agreed")
    desk = Desk(1, "thread_reply")
    desk.sign_in()
    desk.receive(message(kind="thread_reply", by=(ME["id"], "Ada Lovelace")))
    assert desk.toasts == []


def test_a_reminder_of_a_saved_message() -> None:
    data = {"user_id": ME["id"], "org_id": "o0", "thread_id": "t1", "message_id": "m1"}
    kind = "saved_message_remainder"
    saved = {"notification_type": kind, "section": "channels_section", "data": data}
    toast = shown(saved, types=(kind,))
    assert told(toast) == ("Reminder", "You wanted to be reminded of a message that you saved.")
    assert Action.MUTE_HOUR not in toast.actions, "the person asked for it"
    assert toast.place == Place("o0/u")


# --- privacy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "publications",
    [[direct(2)], [message("secret"), change("a", 3, 1, last_thread_id="t1")], [agent()], [change("a", 1)]],
)
def test_where_no_text_is_to_be_shown_there_is_none(publications: list[dict[str, Any]]) -> None:
    toast = shown(*publications, show_text=False)
    assert toast.body == "New message"
    assert toast.text is None


# --- whatever comes ---------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 5), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
WORDS = st.sampled_from(["a", "d1", "t1", "u-ben", ME["id"], "ada", "Ben, ada", "<p>x</p>", "dm", "group_dm", "public"])
MESSAGE_KEYS = ("user_id", "username", "full_name", "message", "media", "type")


def without_namesakes(fields: dict[str, Any]) -> dict[str, Any]:
    """Whoever has another id than the person may be called like them, and is named then."""
    if isinstance(fields.get("user_id"), str) and fields["user_id"] not in ("", ME["id"]):
        return {key: "Ben" if key in ("username", "full_name") else value for key, value in fields.items()}
    return fields


MESSAGES = st.fixed_dictionaries({}, optional={key: st.one_of(WORDS, JSON) for key in MESSAGE_KEYS}).map(
    without_namesakes
)
KEYS = (
    *("channels_id", "channel_id", "id", "name", "username", "description", "channel_type", "participants"),
    *("thread_count", "mention_count", "last_thread_id", "preview_message", "thread_id", "message_id", "buzz_id"),
    *("caller_id", "caller_name", "user_joined", "user_rejected", "user_timeout", "channel_name", *MESSAGE_KEYS),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={key: st.one_of(WORDS, st.integers(0, 3), JSON) for key in KEYS}
    | {"preview_thread": st.one_of(st.lists(st.one_of(MESSAGES, JSON), max_size=2), JSON)},
).map(without_namesakes)
KINDS = st.sampled_from(
    [
        *("unread_thread_change", "new_message", "channel_mention", "thread_reply", "saved_message_remainder"),
        *("direct_call_initiated", "direct_call_response", "direct_call_canceled", "reaction_event"),
    ]
)
SECTIONS = st.sampled_from(["channels_section", "dm_channels_section", "agent_channels_section", "reply_message", ""])
PUBLICATIONS = st.fixed_dictionaries(
    {"notification_type": KINDS, "section": st.one_of(SECTIONS, JSON), "data": st.one_of(FIELDS, JSON)}
)


@given(st.lists(st.one_of(PUBLICATIONS, st.tuples(SECTIONS, st.lists(FIELDS, max_size=3))), max_size=12))
def test_whatever_comes_is_told_or_not_and_names_never_the_person(items: list[Any]) -> None:
    kinds = ("channel_mention", "thread_reply", "saved_message_remainder", "direct_call_initiated")
    desk = Desk(2, *kinds)
    desk.sign_in()
    now = 0.0
    for item in items:
        now += 3.0
        if isinstance(item, dict):
            desk.receive(item, now=now)
        else:
            desk.notifier.look_up_began("o0/u")
            desk.rows(*item[1], section=item[0], now=now)
            desk.notifier.look_up_ended("o0/u", now)
        desk.until(now)
    for toast in desk.toasts:
        assert 0 < len(toast.title) <= 200
        assert toast.body
        if toast.conversation is not None and toast.conversation.section == "dm_channels_section" and not toast.group:
            assert toast.title.partition(" · ")[0].casefold() not in ("ada", "ada lovelace")
    counts = desk.notifier.counts
    assert counts.unread >= counts.conversations >= 0
