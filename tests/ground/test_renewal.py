"""When the tray's face is renewed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from telex_start.app.renewal import SELDOM, SETTLE
from telex_start.events import StateChanged
from telex_start.states import State
from tests.ground.app_scene import CONNECTING, ONE_ORGANISATION, ONLINE, Scene, news


def online(subscribed: int, organisations: int) -> StateChanged:
    return StateChanged(State.ONLINE, organisations=organisations, subscribed=subscribed)


def reconnecting(state: State) -> StateChanged:
    return StateChanged(state, "no connection to Telex", 2)


def shown(scene: Scene) -> list[str]:
    return [face.status for face in scene.surface.faces]


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


def test_a_number_that_went_back_needs_no_renewal() -> None:
    scene = Scene()
    scene.turn(ONLINE)
    scene.turn(online(0, 1))
    assert scene.app.turn() is not None
    scene.turn(ONLINE)
    assert scene.app.turn() is None


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(0, 100)), max_size=30))
def test_numbers_alone_renew_at_most_once_in_five_seconds(steps: list[tuple[float, int]]) -> None:
    scene = Scene()
    scene.turn(ONLINE, ONE_ORGANISATION)
    scene.wait(SELDOM)
    times: list[float] = []

    def wait(seconds: float) -> None:
        end = scene.now + seconds
        while (due := scene.app.turn()) is not None and scene.now + due <= end:
            before = len(scene.surface.faces)
            scene.wait(due)
            times.extend([scene.now] * (len(scene.surface.faces) - before))
        scene.now = end

    for pause, unread in steps:
        wait(pause)
        before = len(scene.surface.faces)
        scene.turn(news(unread))
        times.extend([scene.now] * (len(scene.surface.faces) - before))
    wait(SELDOM)
    assert all(later - earlier >= SELDOM - 1e-6 for earlier, later in pairwise(times))
    assert scene.surface.faces[-1].unread == (steps[-1][1] if steps else 0)


def test_retries_look_like_one_reconnecting() -> None:
    """connecting after a failure is not shown as a new word: the menu would blink at each retry."""
    scene = Scene()
    scene.turn(ONLINE, reconnecting(State.RECONNECTING), reconnecting(State.CONNECTING))
    assert shown(scene) == ["Online: 1 organisation", "Reconnecting: no connection to Telex"]
    assert scene.app.turn() is None
