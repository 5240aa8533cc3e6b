"""Polls of a session: even without Centrifugo's history nothing unread is missed, and polls hold up nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start import events
from telex_start.errors import NO_THREAD
from telex_start.states import State
from telex_start.toast import Conversation
from tests.conftest import Threads
from tests.process import Stopwatch
from tests.session.agent import Agent, quick
from tests.session.conftest import Start, Telex

ONE = ("--organisations", "1")
CHANNELS, DIRECT, AGENTS = "channels_section", "dm_channels_section", "agent_channels_section"
IDENTS = {CHANNELS: "channels_id", DIRECT: "channel_id", AGENTS: "id"}

Known = dict[tuple[str, str], int]


def known(session: Agent, organisation: int = 0) -> Known:
    """The unread counts by section and id that follow from all events of the session, taken in their order."""
    channel, counts = session.channel(organisation), Known()
    fresh: set[tuple[str, str]] = set()
    for _, event in list(session.events):
        match event:
            case events.PublicationsReceived() if event.channel == channel:
                for data in event.publications:
                    if data["notification_type"] == "unread_thread_change":
                        which = data["section"], data["data"][IDENTS[data["section"]]]
                        counts[which] = data["data"]["thread_count"]
                        fresh.add(which)
            case events.PollBegan() if event.channel == channel:
                fresh.clear()
            case events.UnreadSection() if event.channel == channel:
                rows = {(event.section, row[IDENTS[event.section]]): row["thread_count"] for row in event.rows}
                gone = {which for which in counts if which[0] == event.section} if event.whole else set()
                for which in (gone | rows.keys()) - fresh:
                    counts[which] = rows.get(which, 0)
    return {which: count for which, count in counts.items() if count}


def ident(ordered: dict[str, Any]) -> tuple[str, str]:
    """The section and id of the conversation in which an order to the sandbox published something."""
    published = ordered["data"]
    return published["section"], published["data"][IDENTS[published["section"]]]


# What is looked up


def test_at_sign_in_the_unread_of_all_sections_with_who_wrote_what(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    said = [
        sandbox.message(0, "General", "the build is green"),
        sandbox.direct(0, "Ada Lovelace", "are you there?"),
        sandbox.group(0, ["Cy Young", "Ada Lovelace"], "all of us"),
        sandbox.agent(0, "Deploy bot", "deployed"),
    ]
    for _ in range(2):
        sandbox.message(0, "General", "and again")
    session = agent(sandbox).online()
    session.await_polled()
    assert known(session) == {ident(each): 3 if each is said[0] else 1 for each in said}
    sections = session.all(events.UnreadSection)
    rows = {(event.section, row[IDENTS[event.section]]): row for event in sections for row in event.rows}
    assert rows[ident(said[0])]["name"] == "General"
    direct = rows[ident(said[1])]
    (message,) = direct["preview_thread"]
    assert (direct["username"], message["full_name"]) == ("ada.lovelace", "Ada Lovelace")
    assert "are you there?" in message["message"]
    assert all(event.whole for event in sections)
    assert session.troubles == []


def test_who_the_person_is_and_how_they_set_it(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    muted = ident(sandbox.message(0, "Noise"))[1]
    sandbox.mute(0, "Noise")
    sandbox.preference(0, notify_about="mentions", time_range="09:00 AM - 06:00 PM")
    sandbox.pause()
    session = agent(sandbox).online()
    session.await_polled()
    first = session.all(events.SignedIn)[0]
    assert first.user_id == session.channel().partition("/")[2]
    assert sandbox.email in first.names
    assert session.all(events.SettingsPolled) == [
        events.SettingsPolled(session.channel(), frozenset({muted}), "mentions", "09:00 AM - 06:00 PM")
    ]
    organisation = session.channel().partition("/")[0]
    assert session.all(events.ProfilePolled) == [events.ProfilePolled(True, "UTC", organisation)]


# Nothing is missed


def test_what_was_missed_and_what_was_read_meanwhile_is_known_after_a_reconnect(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox, timings=quick(busy=0.3)).online()
    sandbox.message(0, "General")
    read = sandbox.direct(0, "Ada Lovelace")
    session.await_true(lambda: len(known(session)) == 2)
    session.await_polled()
    session.mark()
    sandbox.kick(3013)  # and stays away for a moment
    session.await_state(State.RECONNECTING)
    missed = sandbox.message(0, "General")
    sandbox.read(0, username="Ada Lovelace")
    late = sandbox.group(0, ["Cy Young", "Ben Okri"], "all of us")
    session.await_state(State.ONLINE)
    session.await_true(lambda: known(session) == {ident(missed): 2, ident(late): 1})
    assert ident(read) not in known(session)


# When


@pytest.mark.history
def test_what_was_recovered_whole_is_not_polled_unless_the_person_wants_it_so(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    session.await_polled()
    session.mark()
    sandbox.kick(3001)
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    sandbox.publish(0, {"notification_type": "x"})
    session.await_received(1)
    assert not session.since_mark(events.PollBegan)
    session.send(events.ReconnectNow())
    session.await_polled()


def test_while_an_agents_is_unread_agents_are_polled_also_in_the_next_session(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE, "--ping", "1")
    unread = sandbox.agent(0, "Deploy bot", "deployed")
    session = agent(sandbox, timings=quick(agents_every=0.5)).online()
    session.await_polled()
    assert known(session) == {ident(unread): 1}
    session.send(events.WatchAgents(frozenset({session.channel()})))
    for again in (False, True):
        if again:
            session.send(events.SignOut())
            session.await_state(State.SIGNED_OUT)
            session.mark()
            session.online()
            session.await_polled()
        before, others = len(sandbox.calls("fetch-bots")), len(sandbox.calls("user-channels"))
        sandbox.wait_until(lambda _, before=before: len(sandbox.calls("fetch-bots")) >= before + 2)  # type: ignore[misc]
        assert len(sandbox.calls("user-channels")) == others


# What it costs


def test_a_push_during_a_slow_poll_comes_as_fast_as_ever(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    sandbox.fault("user_channels", times=1, delay=5.0)
    session = agent(sandbox).online()
    session.await_event(events.PollBegan)
    for number in range(5):
        sandbox.publish(0, {"notification_type": "x", "number": number})
        session.await_received(number + 1)
    assert session.all(events.UnreadPolled) == [], "it is still under way"
    session.send(events.ReconnectNow())  # nor does a command wait for it
    session.mark()
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    sandbox.publish(0, {"notification_type": "x", "number": 5})
    session.await_received(6)
    assert session.all(events.UnreadPolled) == []


SLOW, SLOWLY = {"delay": 30.0}, {"drip": True}


@pytest.mark.parametrize(("path", "fault"), [("user_channels", SLOWLY), ("profile", SLOW)])
def test_no_end_waits_for_a_slow_call(own: Telex, agent: Start, path: str, fault: dict[str, Any]) -> None:
    sandbox = own(*ONE)
    sandbox.fault(path, times=1, **fault)
    session = agent(sandbox).online()
    session.mark()
    spent = Stopwatch()
    session.send(events.SignOut())
    session.await_state(State.SIGNED_OUT)
    assert spent.seconds() < 1.0
    sandbox.clear_faults()
    sandbox.fault(path, times=1, **fault)
    session.online()
    # The agent's end comes now: the fixture allows it a second.


# Links, and marking as read


def test_slugs(own: Telex, agent: Start) -> None:
    sandbox = own("--organisations", "2")
    session = agent(sandbox).online(2)
    with_login = session.await_event(events.SlugFetched)
    (other,) = {session.channel(0), session.channel(1)} - {with_login.channel}
    session.send(events.FetchSlug(other))
    told = session.await_event(events.SlugFetched, lambda event: event.channel == other)
    assert told.slug and told.slug != with_login.slug
    assert session.reconnects == 0, "such a command interrupts nothing"


def test_polls_without_a_thread_are_made_once_there_is_one(telex: Telex, agent: Start, threads: Threads) -> None:
    """After one failed start of the thread there were no polls until the next sign-in, and asking for one raised."""
    sandbox = telex(*ONE)
    said = sandbox.message(0, "General")
    session = agent(sandbox, timings=quick(unread_apart=0.2))
    threads.refused = {*range(1, 1000)}  # all threads but the session's own
    session.online()
    session.send(events.MarkAsRead(session.channel(), *ident(said), False, "General"))
    conversation = Conversation(session.channel(), *ident(said))
    failed = events.MarkAsReadFailed("General", NO_THREAD, conversation, temporary=True)
    assert session.await_event(events.MarkAsReadFailed) == failed
    assert session.all(events.UnreadPolled) == []
    threads.refused.clear()
    session.await_polled()
    assert known(session) == {ident(said): 1}
    session.send(events.MarkAsRead(session.channel(), *ident(said), False, "General"))
    assert session.await_event(events.MarkedAsRead).conversation == conversation
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]
