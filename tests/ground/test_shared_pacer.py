"""One pace for the session thread and the look-ups, which give way to tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from telex_start.net.pacing import Pacer
from telex_start.session.pace import SharedPacer

LIMIT = 10.0


class Taking(threading.Thread):
    """A look-up that waits for its turn."""

    def __init__(self, pacer: SharedPacer) -> None:
        super().__init__(name="look-up")
        self._pacer = pacer
        self.given_up = False
        self.looked = threading.Semaphore(0)
        """Released each time it has looked whether it is given up."""
        self.got: bool | None = None

    def run(self) -> None:
        self.got = self._pacer.take(self._given_up)

    def _given_up(self) -> bool:
        self.looked.release()
        return self.given_up

    def give_up(self) -> None:
        self.given_up = True
        self._pacer.wake()


class Scene:
    """A pacer on a clock that stands still but where the test moves it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pacer = SharedPacer(Pacer(free=1), lambda: self.now, lambda: 0.5)
        self.pacer.tokens_first(False)

    @contextmanager
    def taking(self) -> Iterator[Taking]:
        """A look-up that has begun to wait; at the end it is given up."""
        taking = Taking(self.pacer)
        taking.start()
        try:
            assert taking.looked.acquire(timeout=LIMIT)
            yield taking
        finally:
            taking.give_up()
            taking.join(LIMIT)
            assert not taking.is_alive()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_look_up_takes_from_the_same_pace(scene: Scene) -> None:
    assert scene.pacer.wait(scene.now) == 0
    assert scene.pacer.take(lambda: False)
    assert scene.pacer.wait(scene.now) > 0


def test_while_a_token_is_due_no_look_up_goes(scene: Scene) -> None:
    scene.pacer.tokens_first(True)
    with scene.taking() as taking:
        scene.now += 60.0
        scene.pacer.wake()
        assert taking.looked.acquire(timeout=LIMIT)  # it looks again, and goes on waiting
        assert scene.pacer.wait(scene.now) == 0, "the token's turn is free"
    assert taking.got is False


def test_it_goes_as_soon_as_none_is_due_any_more(scene: Scene) -> None:
    scene.pacer.tokens_first(True)
    with scene.taking() as taking:
        scene.pacer.tokens_first(False)
        taking.join(LIMIT)
        assert taking.got is True


def test_what_a_person_waits_for_keeps_the_pace_and_gives_way_to_nothing(scene: Scene) -> None:
    scene.pacer.tokens_first(True)
    assert scene.pacer.take(lambda: False, before_tokens=True)
    assert scene.pacer.wait(scene.now) > 0


def test_before_the_first_connection_tokens_go_first(scene: Scene) -> None:
    scene.pacer = SharedPacer(Pacer(), lambda: scene.now)
    with scene.taking() as taking:
        assert scene.pacer.wait(scene.now) == 0
    assert taking.got is False


def test_a_rate_limit_that_one_meets_slows_both(scene: Scene) -> None:
    scene.pacer.refused(scene.now)
    assert scene.pacer.wait(scene.now) > 0.3
    with scene.taking() as taking:
        assert taking.is_alive()
    assert taking.got is False


def test_after_a_rate_limit_polls_rest_longer_and_longer_and_tokens_keep_the_pace(scene: Scene) -> None:
    # Each rest is 1 s, and half of a span that doubles, and 300 s at the longest.
    for rest in (1.5, 2.0, 3.0, 5.0, 9.0, 17.0, 33.0, 65.0, 129.0, 151.0):
        assert scene.pacer.take(lambda: False)
        scene.pacer.taken(accepted=False)
        if rest > 3.0:
            scene.now += rest - 0.01
            assert scene.pacer.wait(scene.now) == 0, "a token may go"
            with scene.taking() as taking:
                assert taking.got is None
            assert taking.got is False
        scene.now += rest + 3.0
    scene.pacer.taken(accepted=True)
    assert scene.pacer.take(lambda: False)
    scene.pacer.taken(accepted=False)
    scene.now += 3.0
    assert scene.pacer.take(lambda: False), "after one that was answered they rest but shortly"


def test_what_a_person_waits_for_does_not_rest(scene: Scene) -> None:
    for _ in range(6):
        assert scene.pacer.take(lambda: False, before_tokens=True)
        scene.pacer.taken(accepted=False)
        scene.now += 5.0
    assert scene.pacer.take(lambda: False, before_tokens=True)


def test_an_answer_to_the_session_quickens_the_pace_of_both(scene: Scene) -> None:
    def wait_after_one() -> float:
        scene.now += 60.0
        scene.pacer.sent(scene.now)
        return scene.pacer.wait(scene.now)

    before = wait_after_one()
    scene.pacer.accepted(scene.now)
    assert wait_after_one() < before


def test_a_look_up_that_is_refused_slows_the_session_too(scene: Scene) -> None:
    assert scene.pacer.take(lambda: False)
    scene.pacer.taken(accepted=False)
    scene.now += 0.3
    assert scene.pacer.wait(scene.now) > 0, "the pace of 5 a second is halved"
