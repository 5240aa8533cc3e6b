"""News wait until it is known whether the client is in front, and never for long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from telex_start.app.front_desk import HOLDS_FOR, WITHIN, FrontDesk
from telex_start.config import Config
from telex_start.events import (
    ChannelAnswered,
    Event,
    FrontLookedAt,
    How,
    OrganisationsChanged,
    PublicationsReceived,
    SlugLookedUp,
    ToastClicked,
)
from telex_start.toast import Toast
from tests.conftest import Threads
from tests.ground.desk import change
from tests.ground.test_app import ONE_ORGANISATION, ONLINE, Scene

NEWS = PublicationsReceived("org/user", (change("a", 1),), How.LIVE)
MORE = PublicationsReceived("org/user", (change("b", 1),), How.LIVE)
ORGANISATIONS = OrganisationsChanged(())
TIMEOUT = 10.0


class Looks:
    """Looks that are answered when they may be."""

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.count = 0
        self.answer: bool | Exception = True
        self.may_end = threading.Event()
        self.may_end.set()

    def look(self) -> bool:
        self.count += 1
        assert self.may_end.wait(TIMEOUT)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def seen(self) -> FrontLookedAt:
        event = self.events.get(timeout=TIMEOUT)
        assert isinstance(event, FrontLookedAt)
        return event


@pytest.fixture
def looks() -> Iterator[Looks]:
    looks = Looks()
    yield looks
    looks.may_end.set()
    for thread in threading.enumerate():
        if thread.name == "look at the front":
            thread.join(TIMEOUT)


@pytest.fixture
def desk(looks: Looks) -> FrontDesk:
    return FrontDesk(looks.look, looks.events.put)


def test_news_wait_for_the_look_and_what_comes_after_them_keeps_its_order(desk: FrontDesk, looks: Looks) -> None:
    assert [desk.holds(event, 1.0) for event in (NEWS, ORGANISATIONS, MORE)] == [True] * 3
    assert desk.looked(looks.seen(), 1.0) == [NEWS, ORGANISATIONS, MORE]
    assert desk.in_front
    assert looks.count == 1
    assert (desk.deadline(), desk.tick(50.0)) == (None, [])


@pytest.mark.parametrize("event", [ToastClicked(Toast("t", "b")), SlugLookedUp("org/user", "s")])
def test_nothing_else_waits(desk: FrontDesk, looks: Looks, event: Event) -> None:
    assert not desk.holds(event, 1.0)
    assert desk.holds(NEWS, 1.0)
    assert not desk.holds(event, 1.0)


def test_without_news_nobody_looks(desk: FrontDesk, looks: Looks) -> None:
    assert not desk.holds(ChannelAnswered("org/user"), 1.0)
    assert (looks.count, desk.deadline()) == (0, None)


def test_what_was_seen_a_moment_ago_is_not_looked_at_again_and_later_it_is(desk: FrontDesk, looks: Looks) -> None:
    desk.holds(NEWS, 1.0)
    desk.looked(looks.seen(), 1.0)
    assert not desk.holds(MORE, 1.0 + HOLDS_FOR / 2)
    assert desk.in_front
    looks.answer = False
    assert desk.holds(MORE, 1.0 + HOLDS_FOR)
    assert not desk.in_front, "nobody knows"
    desk.looked(looks.seen(), 2.0)
    assert not desk.in_front


def test_what_was_seen_is_forgotten_as_time_goes_by(desk: FrontDesk, looks: Looks) -> None:
    desk.holds(NEWS, 1.0)
    desk.looked(looks.seen(), 1.0)
    desk.tick(1.0 + HOLDS_FOR)
    assert not desk.in_front


def test_a_display_that_hangs_holds_up_no_news_for_longer_than_a_second_and_none_that_come_later(
    desk: FrontDesk, looks: Looks
) -> None:
    looks.may_end.clear()
    assert desk.holds(NEWS, 1.0)
    assert desk.deadline() == 1.0 + WITHIN
    assert desk.tick(1.0 + WITHIN / 2) == []
    assert desk.tick(1.0 + WITHIN) == [NEWS]
    assert not desk.in_front
    assert not desk.holds(MORE, 5.0)
    looks.may_end.set()
    assert desk.looked(looks.seen(), 6.0) == []
    assert looks.count == 1
    assert desk.holds(NEWS, 7.0), "it answers again"


def test_a_look_that_fails_is_a_no(desk: FrontDesk, looks: Looks) -> None:
    looks.answer = OSError("no display")
    desk.holds(NEWS, 1.0)
    assert desk.looked(looks.seen(), 1.0) == [NEWS]
    assert not desk.in_front


def test_what_waits_at_the_sign_out_is_no_news(desk: FrontDesk, looks: Looks) -> None:
    desk.holds(NEWS, 1.0)
    desk.clear()
    assert desk.holds(MORE, 1.0), "the look goes on, and is waited for"
    assert desk.looked(looks.seen(), 1.0) == [MORE]


def test_it_is_looked_only_where_the_person_wants_quiet_and_that_may_change() -> None:
    scene = Scene()
    scene.main_app.is_in_front = True
    scene.turn(NEWS)
    assert (scene.main_app.looks, scene.app._news.client_in_front()) == (0, False)
    scene.app._configure(Config(while_client_runs="quiet"))
    scene.turn(NEWS)
    scene.look_ends()
    assert (scene.main_app.looks, scene.app._news.client_in_front()) == (1, True)
    scene.app._configure(Config())
    assert not scene.app._news.client_in_front()
    scene.now += 10
    scene.turn(NEWS)
    assert scene.main_app.looks == 1


def test_in_front_of_the_client_news_count_and_are_not_told_then_or_later() -> None:
    scene = Scene()
    scene.turn(ONLINE, ONE_ORGANISATION)
    scene.app._configure(Config(while_client_runs="quiet"))
    scene.main_app.is_in_front = True
    scene.turn(NEWS)
    scene.look_ends()
    assert scene.app._news.notifier.counts.unread == 1
    scene.main_app.is_in_front = False
    scene.now += 60
    scene.turn(MORE)
    scene.look_ends()
    scene.now += 60
    scene.turn()
    assert [toast.title for toast in scene.toasts.shown] == ["b"]


def test_where_there_is_no_thread_to_look_on_news_are_told_and_the_next_time_it_is_looked_again(
    threads: Threads,
) -> None:
    """It was never looked again, and news popped up in front of the client for good."""
    scene = Scene(config=Config(while_client_runs="quiet"))
    scene.main_app.is_in_front = True
    scene.turn(ONLINE, ONE_ORGANISATION)
    threads.none = True
    scene.turn(NEWS)
    scene.now += 60
    scene.turn()
    assert [toast.title for toast in scene.toasts.shown] == ["a"]
    threads.none = False
    scene.turn(MORE)
    scene.look_ends()
    scene.now += 60
    scene.turn()
    assert (scene.main_app.looks, len(scene.toasts.shown)) == (1, 1)
