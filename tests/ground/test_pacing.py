"""The pacer and the backoff: one pace for tokens and polls under a rate limiter that never says its rate, and the
waits between tries.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.push.channel import Backoff
from telex_start.sandbox.deployment import RateLimiter
from telex_start.session.pace import USUAL, Pacer, Waits

LIMIT = 10.0


class Clock:
    """Stands still unless the test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Run:
    """Requests under a pacer, one after the other, each retried until it is accepted."""

    def __init__(self, rate: float, burst: int = 4, latency: float = 0.02) -> None:
        self.limiter = RateLimiter(rate, burst, lambda: self.now)
        self.pacer = Pacer(lambda: self.now)
        self.latency = latency
        self.connecting = 0.06
        """Seconds that the first request takes longer to reach the limiter, as its connection is opened first."""
        self.refused: list[float] = []
        self.accepted: list[float] = []

    now = 0.0

    def request(self) -> None:
        while True:
            while (wait := self.pacer.wait()) > 0:
                self.now += wait
            self.pacer.sent()
            self.now += self.connecting + self.latency / 2
            self.connecting = 0.0
            allowed = self.limiter.allow("agent")
            self.now += self.latency / 2
            self.pacer.answered(limited=not allowed)
            (self.accepted if allowed else self.refused).append(self.now)
            if allowed:
                return

    def requests(self, count: int) -> Run:
        for _ in range(count):
            self.request()
        return self


@pytest.mark.parametrize("latency", [0.005, 0.2])
def test_six_a_second_signing_in_with_40_organisations(latency: float) -> None:
    run = Run(6.0, latency=latency).requests(43)  # login, organisations, a connection token and 40 for the channels
    assert run.accepted[3] < 3.0
    assert run.now < 10.0
    assert len(run.refused) <= 3


def test_one_a_second_stays_polite() -> None:
    run = Run(1.0).requests(43)
    assert run.accepted[3] < 3.0
    assert run.now < 43 * 1.6
    assert len(run.refused) <= 8
    assert len([when for when in run.refused if when > run.now / 2]) <= 2, "it goes on testing a limit that it knows"


def test_a_limiter_that_was_strict_for_a_while_is_not_taken_for_strict_for_ever() -> None:
    run = Run(0.7, burst=2).requests(12)
    run.limiter.set(6.0, 4)
    relaxed, accepted = run.now, len(run.accepted)
    while run.now < relaxed + 120:
        run.request()
    assert len([when for when in run.accepted[accepted:] if when > relaxed + 90]) > 30 * 3


@given(st.lists(st.booleans(), max_size=300), st.randoms(use_true_random=False))
def test_whatever_the_answers_the_pace_stays_within_its_bounds(answers: list[bool], chance: random.Random) -> None:
    clock = Clock()
    pacer = Pacer(clock)
    for limited in answers:
        wait = pacer.wait()
        assert 0.0 <= wait <= 1.0 / Pacer.SLOWEST + 1e-9
        clock.now += wait + chance.random() * 0.01
        assert pacer.wait() == 0.0
        pacer.sent()
        pacer.answered(limited=limited)
        assert not limited or pacer.wait() >= 1.0 / Pacer.FASTEST


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 0.4), (0.5, 0.6)])
def test_those_refused_together_do_not_ask_again_together_whatever_was_saved_up(chance: float, seconds: float) -> None:
    pacer = Pacer(Clock(), lambda: chance)
    pacer.answered(limited=True)
    assert pacer.wait() == pytest.approx(seconds)


def test_after_a_long_pause_a_few_requests_go_at_once_but_no_more() -> None:
    clock = Clock()
    pacer = Pacer(clock, free=3)
    for _ in range(20):
        pacer.sent()
    clock.now += 1e6
    at_once = 0
    while pacer.wait() == 0.0:
        pacer.sent()
        at_once += 1
    assert at_once == 3


# Tokens and polls.


class Taking(threading.Thread):
    """A poll that waits for its turn."""

    def __init__(self, pacer: Pacer) -> None:
        super().__init__(name="poll")
        self._pacer = pacer
        self.given_up = False
        self.looked = threading.Semaphore(0)
        """Released each time that the waiting poll asks whether it is given up."""
        self.got: bool | None = None

    def run(self) -> None:
        self.got = self._pacer.take(self._given_up)

    def _given_up(self) -> bool:
        self.looked.release()
        return self.given_up


class Scene:
    """A pacer that lets one request go at once, and the next ones at its pace."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pacer = Pacer(self.clock, lambda: 0.5, free=1)

    @contextmanager
    def taking(self) -> Iterator[Taking]:
        """A poll that has begun to wait; at the end it is given up."""
        taking = Taking(self.pacer)
        taking.start()
        try:
            assert taking.looked.acquire(timeout=LIMIT)
            yield taking
        finally:
            taking.given_up = True
            self.pacer.wake()
            taking.join(LIMIT)
            assert not taking.is_alive()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_while_a_token_is_due_no_poll_goes_and_then_it_does(scene: Scene) -> None:
    with scene.taking() as taking:  # from the beginning tokens go first
        scene.clock.now += 60.0
        scene.pacer.wake()
        assert taking.looked.acquire(timeout=LIMIT)  # the poll asks again, and goes on waiting
        assert scene.pacer.wait() == 0, "the token's turn is free"
        scene.pacer.tokens_first(False)
        taking.join(LIMIT)
        assert taking.got is True
    assert scene.pacer.wait() > 0, "it takes from the same pace"
    scene.pacer.tokens_first(True)
    with scene.taking() as taking:
        pass
    assert taking.got is False


def test_what_a_person_waits_for_keeps_the_pace_and_gives_way_to_nothing(scene: Scene) -> None:
    for _ in range(6):
        assert scene.pacer.take(lambda: False, before_tokens=True)
        assert scene.pacer.wait() > 0
        scene.pacer.answered(limited=True, poll=True)
        scene.clock.now += 5.0  # shorter than the rest of polls after a rate limit


def test_after_a_rate_limit_polls_rest_longer_and_longer_and_tokens_keep_the_pace(scene: Scene) -> None:
    scene.pacer.tokens_first(False)
    # Each rest is 1 s, and half of a span that doubles, and 300 s at the longest.
    for rest in (1.5, 2.0, 3.0, 5.0, 9.0, 17.0, 33.0, 65.0, 129.0, 151.0):
        assert scene.pacer.take(lambda: False)
        scene.pacer.answered(limited=True, poll=True)
        assert scene.pacer.wait() > 0.3, "the pace of both is halved"
        if rest > 3.0:
            scene.clock.now += rest - 0.01
            assert scene.pacer.wait() == 0, "a token may go"
            with scene.taking() as taking:
                assert taking.got is None
            assert taking.got is False
        scene.clock.now += rest + 3.0
    scene.pacer.answered(limited=False, poll=True)
    assert scene.pacer.take(lambda: False)
    scene.pacer.answered(limited=True, poll=True)
    scene.clock.now += 3.0
    assert scene.pacer.take(lambda: False), "after one that was answered they rest but shortly"


# Backoff, and the waits between two connections.


def test_the_backoff_jitters_over_the_whole_span_and_is_reset() -> None:
    least, most = Backoff(lambda: 0.0), Backoff(lambda: 0.999999)
    assert [least.next() for _ in range(40)] == [0.5] * 40
    assert [round(most.next(), 1) for _ in range(7)] == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5, 20.0]
    most.reset()
    assert round(most.next(), 1) == 1.0


def test_a_server_that_drops_connections_gets_fewer_and_fewer() -> None:
    waits = Waits(lambda: 0.999999)
    assert [round(waits.ended(stood), 1) for stood in (0.1, 0.1, None, 0.1, 0.1, 0.1)] == [
        1.0,
        1.5,
        2.5,
        4.5,
        8.5,
        16.5,
    ]
    assert round(waits.ended(USUAL.stood - 0.1), 1) == 20.0
    assert round(waits.ended(USUAL.stood), 1) == 1.0


def test_what_telex_refuses_is_tried_again_soon_at_first_and_every_few_minutes_later() -> None:
    waits = Waits(lambda: 0.999999)
    assert [round(waits.refused.next(), 1) for _ in range(6)] == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5]
    assert max(waits.refused.next() for _ in range(8)) == Waits.REFUSED
    waits.ended(0.1)
    assert round(waits.refused.next(), 1) == 1.0


def test_a_terminal_close_is_tried_again_after_5_then_every_15_minutes_until_a_connection_stood() -> None:
    waits = Waits(lambda: 0.5)
    assert [waits.ended(1.0, terminal=True) for _ in range(3)] == [300.0, 900.0, 900.0]
    waits.ended(Waits.STEADY + 1)
    assert waits.ended(1.0, terminal=True) == 300.0


def test_asking_for_it_begins_anew() -> None:
    waits = Waits(lambda: 0.999999)
    assert [round(waits.failed.next(), 1) for _ in range(3)] == [1.0, 1.5, 2.5]
    waits.refused.next()
    waits.asked()
    assert round(waits.failed.next(), 1) == round(waits.refused.next(), 1) == 1.0


def test_after_sleep_at_once_and_after_too_many_requests_late() -> None:
    waits = Waits(lambda: 0.5)
    assert waits.ended(100.0, at_once=True) == 0.0
    assert waits.ended(100.0, busy=True) == 30.0
