"""No toasts while the Telex client is in front, if configured: news wait briefly until a look tells whether it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telex_start import events
from telex_start.app.news_controller import LOOK_HOLDS_FOR, LOOK_WITHIN
from telex_start.config import Config
from tests.conftest import Threads
from tests.ground.app_scene import CHANNEL, ONE_ORGANISATION, ONLINE, SIGNED_OUT, Scene, received
from tests.ground.desk import change

QUIET = Config(while_client_runs="quiet")
NEWS, MORE = received(change("a", 1)), received(change("b", 1))


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene(config=QUIET)
    made.turn(ONLINE, ONE_ORGANISATION)
    made.main_app.may_go_on.clear()
    yield made
    looked(made)


def looked(scene: Scene, in_front: bool | Exception = False) -> None:
    """Let every look that is under way end, with this answer."""
    scene.main_app.is_in_front = in_front
    scene.main_app.may_go_on.set()
    scene.threads_end()
    scene.main_app.may_go_on.clear()


def told(scene: Scene) -> list[str]:
    return [toast.title for toast in scene.toasts.shown]


def unread(scene: Scene) -> int:
    return scene.surface.counts[-1].unread if scene.surface.counts else 0


@pytest.mark.parametrize("in_front", [False, True, OSError("no display")], ids=["no", "yes", "failed"])
def test_news_wait_for_the_look_and_in_front_of_it_they_count_alone(scene: Scene, in_front: bool | Exception) -> None:
    scene.turn(NEWS, MORE)
    assert (told(scene), unread(scene), scene.main_app.looks) == ([], 0, 1)
    looked(scene, in_front)
    assert unread(scene) == 2
    scene.wait(60)
    assert told(scene) == ([] if in_front is True else ["a", "b"]), "not later either"


@pytest.mark.parametrize(
    "event",
    [events.ChannelAnswered(CHANNEL), events.CountsUnknown(CHANNEL), ONE_ORGANISATION, events.PollBegan(CHANNEL)],
)
def test_what_comes_after_them_keeps_its_order_and_is_no_reason_to_look(scene: Scene, event: events.Event) -> None:
    scene.turn(event)
    assert scene.main_app.looks == 0
    scene.turn(NEWS, event, MORE)
    assert unread(scene) == 0
    looked(scene)
    assert unread(scene) == 2


@pytest.mark.parametrize(
    ("event", "looks"),
    [
        (events.UnreadSection(CHANNEL, "channels_section", (), whole=True), 1),
        (events.UnreadPolled(CHANNEL), 1),
        (events.SlugFetched(CHANNEL, "s"), 0),
        (events.MenuOpened(), 0),
    ],
)
def test_a_poll_may_bring_news_and_nothing_else_does(scene: Scene, event: events.Event, looks: int) -> None:
    scene.turn(event)
    assert scene.main_app.looks == looks


def test_what_was_seen_a_moment_ago_is_not_looked_at_again_and_later_it_is(scene: Scene) -> None:
    scene.turn(NEWS)
    looked(scene, True)
    scene.wait(LOOK_HOLDS_FOR / 2)
    scene.turn(MORE)
    assert (scene.main_app.looks, unread(scene), told(scene)) == (1, 2, [])
    scene.wait(LOOK_HOLDS_FOR / 2)
    scene.turn(received(change("c", 1)))
    assert (scene.main_app.looks, unread(scene)) == (2, 2)
    looked(scene)
    assert told(scene) == ["c"]


def test_a_display_that_hangs_holds_up_no_news_for_longer_than_a_second_and_none_that_come_later(scene: Scene) -> None:
    scene.turn(NEWS)
    due = scene.app.turn()
    assert due is not None and due == pytest.approx(LOOK_WITHIN)
    scene.wait(LOOK_WITHIN / 2)
    assert unread(scene) == 0
    scene.wait(LOOK_WITHIN / 2)
    assert (unread(scene), told(scene)) == (1, ["a"])
    scene.wait(4)
    scene.turn(MORE)
    assert (unread(scene), scene.main_app.looks) == (2, 1)
    looked(scene, True)
    scene.wait(1)
    scene.turn(received(change("c", 1)))
    assert scene.main_app.looks == 2, "it answers again"


def test_what_waits_at_the_sign_out_is_no_news(scene: Scene) -> None:
    scene.turn(NEWS, SIGNED_OUT, ONLINE, ONE_ORGANISATION, MORE)
    assert scene.main_app.looks == 1, "the look goes on, and is waited for"
    looked(scene)
    assert told(scene) == ["b"]


def test_it_is_looked_only_where_the_person_wants_quiet_and_that_may_change() -> None:
    scene = Scene(config=Config())
    scene.main_app.is_in_front = True
    scene.turn(ONLINE, ONE_ORGANISATION, NEWS)
    assert (scene.main_app.looks, told(scene)) == (0, ["a"])
    scene.source.content = QUIET
    scene.turn(events.MenuOpened(), MORE)
    scene.threads_end()
    assert (scene.main_app.looks, told(scene)) == (1, ["a"])
    scene.source.content = Config()
    scene.turn(events.MenuOpened(), received(change("c", 1)))
    assert (scene.main_app.looks, told(scene)) == (1, ["a", "c"]), "what was seen counts no more"


def test_without_a_thread_news_are_told_and_the_next_time_it_is_looked_again(scene: Scene, threads: Threads) -> None:
    """After one failed start of a thread there was never another look: news popped up over the client for good."""
    threads.none = True
    scene.turn(NEWS)
    assert told(scene) == ["a"]
    threads.none = False
    scene.turn(MORE)
    looked(scene, True)
    scene.wait(60)
    assert (scene.main_app.looks, told(scene)) == (1, ["a"])
