"""The tray's view is renewed neither too late nor too often."""

from __future__ import annotations

from itertools import pairwise

from telex_start.app.renewal import SELDOM, SETTLE
from telex_start.events import StateChanged
from telex_start.states import State
from tests.ground.app_scene import CONNECTING, ONE_ORGANISATION, ONLINE, Scene, news


def online(subscribed: int, organisations: int) -> StateChanged:
    return StateChanged(State.ONLINE, organisations=organisations, subscribed=subscribed)


def reconnecting(state: State) -> StateChanged:
    return StateChanged(state, "no connection to Telex", 2)


def shown(scene: Scene) -> list[str]:
    return [view.status for view in scene.surface.views]


def test_numbers_settle_and_then_are_shown_together() -> None:
    """Three organisations come online within a moment: one renewal, not three."""
    scene = Scene()
    scene.turn(CONNECTING, online(0, 3))
    for subscribed in (1, 2, 3):
        scene.now += 0.01
        scene.turn(online(subscribed, 3))
    assert shown(scene) == ["Connecting", "Online: 0 of 3 organisations"]
    due = scene.app.turn()
    assert due is not None and abs(due - (SETTLE - 0.02)) < 1e-6
    scene.wait(due)
    assert shown(scene)[2:] == ["Online: 3 organisations"]
    scene.turn(online(3, 3))
    assert scene.app.turn() is None


def test_numbers_alone_renew_at_most_once_in_five_seconds() -> None:
    scene = Scene()
    scene.turn(ONLINE, ONE_ORGANISATION, news(1))
    scene.wait(SELDOM)
    times: list[float] = []
    for unread in range(2, 26):
        scene.turn(news(unread))
        before = len(scene.surface.views)
        scene.wait(0.5)
        times += [scene.now] * (len(scene.surface.views) - before)
    assert len(times) >= 2 and min(later - earlier for earlier, later in pairwise(times)) >= SELDOM
    scene.wait(SELDOM)
    assert scene.surface.views[-1].unread == 25


def test_retries_look_like_one_reconnecting() -> None:
    """A retry is not shown as "Connecting", as the menu would blink at each one."""
    scene = Scene()
    scene.turn(ONLINE, reconnecting(State.RECONNECTING), reconnecting(State.CONNECTING))
    assert shown(scene) == ["Online: 1 organisation", "Reconnecting: no connection to Telex"]
    assert scene.app.turn() is None
