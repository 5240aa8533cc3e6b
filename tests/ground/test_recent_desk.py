"""The unread conversations in the menu: what a click on one does, and Mark All as Read."""

from __future__ import annotations

import pytest

from telex_start.app.recent_desk import AT_A_TIME
from telex_start.app.renewal import SELDOM
from telex_start.events import (
    Event,
    How,
    MarkAsRead,
    MarkAsReadFailed,
    MarkedAsRead,
    MenuClicked,
    PublicationsReceived,
    SlugLookedUp,
    StateChanged,
    UnreadClicked,
)
from telex_start.menu import MenuItem
from telex_start.states import State
from telex_start.toast import Conversation
from tests.ground.desk import agent, change, direct
from tests.ground.test_app import CHANNEL, ONE_ORGANISATION, ONLINE, SIGNED_OUT, Scene
from tests.ground.test_toast_clicks import ROOT, SLUG, after, scene, told

__all__ = ["scene"]

ALL = MenuClicked(MenuItem.MARK_ALL_AS_READ)


def channel(ident: str) -> Conversation:
    return Conversation(CHANNEL, "channels_section", ident)


def test_the_menu_lists_what_is_unread_as_soon_as_the_number_changes(scene: Scene) -> None:
    scene.turn(PublicationsReceived(CHANNEL, (change("General", 3),), How.LIVE))
    scene.now += SELDOM
    scene.turn()
    face = scene.surface.faces[-1]
    assert (face.unread, [one.label for one in face.recent]) == (3, ["# General (3)"])


def test_names_alone_renew_the_menu_as_seldom_as_numbers(scene: Scene) -> None:
    """Where each renewal closes an open menu."""
    count = len(scene.surface.faces)
    scene.turn(PublicationsReceived(CHANNEL, (change("a", 1), change("b", 1)), How.LIVE))
    scene.now += SELDOM
    scene.turn()
    assert len(scene.surface.faces) == count + 1
    for turn in range(20):  # the number stays 2
        read, grown = "ab"[turn % 2], "ba"[turn % 2]
        scene.turn(PublicationsReceived(CHANNEL, (change(read, 0), change(grown, 2)), How.LIVE))
        scene.now += SELDOM / 10
        scene.turn()
    assert len(scene.surface.faces) <= count + 3
    scene.now += SELDOM
    scene.turn()
    assert [one.label for one in scene.surface.faces[-1].recent] == ["# a (2)"]


def test_signing_out_empties_the_list(scene: Scene) -> None:
    told(scene, change("a", 1))
    scene.now += SELDOM
    scene.turn()
    assert scene.surface.faces[-1].recent
    scene.turn(SIGNED_OUT)
    assert scene.surface.faces[-1].recent == ()


def test_a_click_opens_the_conversation_with_its_thread(scene: Scene) -> None:
    told(scene, change("c1", 1, last_thread_id="t1"))
    assert after(scene, SLUG, UnreadClicked(channel("c1"), "token")) == [
        f"open {ROOT}/northwind/home/channels/c1?thread_id=t1"
    ]
    assert scene.main_app.tokens == ["token"]


def test_a_click_waits_for_the_address(scene: Scene) -> None:
    told(scene, direct())
    assert after(scene, UnreadClicked(Conversation(CHANNEL, "dm_channels_section", "d1"))) == []
    assert after(scene, SlugLookedUp(CHANNEL, "northwind")) == [f"open {ROOT}/northwind/dms/d1?thread_id=t1"]


@pytest.mark.parametrize("click", [UnreadClicked(Conversation(CHANNEL, "channels_section", "c1")), ALL])
def test_who_is_not_signed_in_any_more_is_asked_to(scene: Scene, click: Event) -> None:
    """Mark All as Read did nothing, without a word."""
    told(scene, change("c1", 1))
    scene.run(StateChanged(State.SIGN_IN_NEEDED), click)
    assert scene.main_app.calls == []
    assert scene.session.sent == []
    assert scene.surface.opened


def test_all_are_marked_as_read_by_one_call_each(scene: Scene) -> None:
    scene.turn(PublicationsReceived(CHANNEL, (change("a", 1), direct(), change("b", 4)), How.LIVE))
    scene.turn(MenuClicked(MenuItem.MARK_ALL_AS_READ, "token"))
    assert scene.session.sent == [
        MarkAsRead(CHANNEL, "channels_section", "b", False, "b"),
        MarkAsRead(CHANNEL, "dm_channels_section", "d1", False, "Ben Okri"),
        MarkAsRead(CHANNEL, "channels_section", "a", False, "a"),
    ]
    assert scene.surface.ended_startups == ["token"]
    for sent in scene.session.sent:
        assert isinstance(sent, MarkAsRead)
        scene.turn(MarkedAsRead(Conversation(sent.channel, sent.section, sent.ident)))
    assert scene.said == []


def test_a_second_click_asks_for_nothing_that_is_asked_for_already(scene: Scene) -> None:
    told(scene, change("a", 1))
    scene.turn(ALL, ALL)
    assert len(scene.session.sent) == 1


def test_failures_are_told_together_once_all_have_ended(scene: Scene) -> None:
    scene.turn(PublicationsReceived(CHANNEL, (change("a", 1), direct(), change("b", 1), change("c", 1)), How.LIVE))
    scene.turn(ALL)
    scene.turn(MarkAsReadFailed("c", "Telex refused it.", channel("c")))
    scene.turn(MarkAsReadFailed("b", "Telex is busy.", channel("b")))
    scene.turn(MarkAsReadFailed("Ben Okri", "Telex refused it.", Conversation(CHANNEL, "dm_channels_section", "d1")))
    assert scene.said == []
    scene.turn(MarkedAsRead(channel("a")))
    assert scene.said == [("Not marked as read", "c, Ben Okri: Telex refused it.\nb: Telex is busy.")]


def test_many_failures_are_counted(scene: Scene) -> None:
    names = [f"c{n}" for n in range(9)]
    scene.turn(PublicationsReceived(CHANNEL, tuple(change(name, 1) for name in names), How.LIVE))
    scene.turn(ALL)
    scene.turn(*(MarkAsReadFailed(name, "Telex is busy.", channel(name)) for name in reversed(names)))
    assert scene.said == [("Not marked as read", "c8, c7, c6, c5, c4, c3 and 3 more: Telex is busy.")]


def test_hundreds_are_asked_for_a_few_at_a_time(scene: Scene) -> None:
    """The session refuses more than a hundred that wait, and what else the person asks for is not to wait for all."""
    names = [f"c{n}" for n in range(AT_A_TIME + 5)]
    scene.turn(PublicationsReceived(CHANNEL, tuple(change(name, 1) for name in names), How.LIVE))
    scene.turn(ALL)
    assert len(scene.session.sent) == AT_A_TIME
    scene.turn(MarkedAsRead(channel(names[-1])))
    assert len(scene.session.sent) == AT_A_TIME + 1
    scene.turn(*(MarkedAsRead(channel(name)) for name in reversed(names)))
    assert [command.ident for command in scene.session.sent if isinstance(command, MarkAsRead)] == names[::-1]


def test_where_telex_is_not_reached_the_rest_is_not_tried(scene: Scene) -> None:
    names = [f"c{n}" for n in range(AT_A_TIME + 5)]
    scene.turn(PublicationsReceived(CHANNEL, tuple(change(name, 1) for name in names), How.LIVE))
    scene.turn(ALL)
    sent = [command.ident for command in scene.session.sent if isinstance(command, MarkAsRead)]
    assert len(sent) == AT_A_TIME
    why = "Telex did not answer in time."
    scene.turn(*(MarkAsReadFailed(name, why, channel(name), temporary=True) for name in sent))
    assert len(scene.session.sent) == AT_A_TIME
    [(_, said)] = scene.said
    assert said.endswith(f" and {AT_A_TIME + 5 - 6} more: {why}")


def test_of_an_agent_it_is_said_that_there_is_no_way(scene: Scene) -> None:
    told(scene, agent())
    scene.turn(ALL)
    assert scene.session.sent == []
    assert scene.said == [("Not marked as read", "Robo: What an agent wrote can be marked as read in Telex alone.")]


@pytest.mark.parametrize("state", [SIGNED_OUT, StateChanged(State.SIGN_IN_NEEDED)], ids=lambda event: event.state.value)
def test_what_waits_when_the_session_ends_is_forgotten(scene: Scene, state: StateChanged) -> None:
    told(scene, change("a", 1))
    scene.turn(ALL, state)
    scene.turn(StateChanged(State.SIGNING_IN), StateChanged(State.CONNECTING), ONLINE, ONE_ORGANISATION)
    told(scene, change("a", 2))
    scene.session.sent.clear()
    scene.turn(ALL)
    assert len([command for command in scene.session.sent if isinstance(command, MarkAsRead)]) == 1


def test_a_click_while_signed_out_marks_nothing(scene: Scene) -> None:
    told(scene, change("a", 1))
    scene.run(StateChanged(State.SIGN_IN_NEEDED), ALL)
    assert not any(isinstance(command, MarkAsRead) for command in scene.session.sent)
