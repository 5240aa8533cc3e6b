"""When to try again, and how fast: bounds of the backoff, and the pacer against a limiter that never says its rate."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.net.pacing import Backoff, Pacer, Waits, spread

STEADY = Waits.STEADY


class Limiter:
    """A token bucket, as Telex's."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self.level = float(burst)
        self.filled_at = 0.0

    def allows(self, now: float) -> bool:
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Run:
    """Requests under a pacer, one after the other, each retried until it is accepted."""

    def __init__(self, rate: float, burst: int = 4, latency: float = 0.02) -> None:
        self.limiter = Limiter(rate, burst)
        self.pacer = Pacer()
        self.latency = latency
        self.connecting = 0.06
        """Seconds that the first request takes longer: to the limiter it comes later than it went."""
        self.now = 0.0
        self.sent: list[float] = []
        self.refused: list[float] = []
        self.accepted: list[float] = []

    def request(self) -> None:
        while True:
            while (wait := self.pacer.wait(self.now)) > 0:
                self.now += wait
            self.pacer.sent(self.now)
            self.sent.append(self.now)
            self.now += self.connecting + self.latency / 2
            self.connecting = 0.0
            allowed = self.limiter.allows(self.now)
            self.now += self.latency / 2
            if allowed:
                self.pacer.accepted(self.now)
                self.accepted.append(self.now)
                return
            self.pacer.refused(self.now)
            self.refused.append(self.now)

    def requests(self, count: int) -> Run:
        for _ in range(count):
            self.request()
        return self


@pytest.mark.parametrize("latency", [0.005, 0.02, 0.1, 0.2])
def test_six_a_second_signing_in_with_40_organisations(latency: float) -> None:
    run = Run(6.0, latency=latency).requests(43)  # login, organisations, a connection token and 40 for the channels
    assert run.accepted[3] < 3.0
    assert run.now < 10.0
    assert len(run.refused) <= 3


@pytest.mark.parametrize("latency", [0.005, 0.1])
def test_one_a_second_stays_polite(latency: float) -> None:
    run = Run(1.0, latency=latency).requests(43)
    assert run.accepted[3] < 3.0
    assert run.now < 43 * 1.6
    assert len(run.refused) <= 8
    late = [when for when in run.refused if when > run.now / 2]
    assert len(late) <= 2, "it goes on testing a limit that it knows"


def test_a_limiter_that_was_strict_for_a_while_is_not_taken_for_strict_for_ever() -> None:
    run = Run(0.7, burst=2).requests(12)
    run.limiter.rate, run.limiter.burst = 6.0, 4
    relaxed, accepted = run.now, len(run.accepted)
    while run.now < relaxed + 120:
        run.request()
    assert len([when for when in run.accepted[accepted:] if when > relaxed + 90]) > 30 * 3


def test_a_rate_between_is_found_too() -> None:
    run = Run(3.0).requests(100)
    assert run.now < 100 / 3.0 * 1.5
    assert len(run.refused) <= 8


def test_an_unlimited_server_is_asked_no_faster_than_the_fastest() -> None:
    run = Run(1e9, latency=0.0).requests(100)
    assert run.now >= (100 - Pacer.FREE) / Pacer.FASTEST
    assert run.now < 100 / 5.0


@given(st.lists(st.booleans(), max_size=300), st.randoms(use_true_random=False))
def test_whatever_the_answers_the_pace_stays_within_its_bounds(answers: list[bool], chance: random.Random) -> None:
    pacer, now = Pacer(), 0.0
    for accepted in answers:
        wait = pacer.wait(now)
        assert 0.0 <= wait <= 1.0 / Pacer.SLOWEST + 1e-9
        now += wait + chance.random() * 0.01
        assert pacer.wait(now) == 0.0
        pacer.sent(now)
        (pacer.accepted if accepted else pacer.refused)(now)
        if not accepted:
            assert pacer.wait(now) >= 1.0 / Pacer.FASTEST


def test_after_a_refusal_nothing_goes_at_once_whatever_was_saved_up() -> None:
    pacer = Pacer()
    pacer.sent(0.0)
    pacer.refused(1000.0)
    assert pacer.wait(1000.0) > 0.1


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 0.4), (0.5, 0.6)])
def test_those_that_were_refused_together_do_not_ask_again_together(chance: float, seconds: float) -> None:
    pacer = Pacer(chance=lambda: chance)
    pacer.refused(1000.0)
    assert pacer.wait(1000.0) == pytest.approx(seconds)


def test_after_a_long_pause_a_few_requests_go_at_once_but_no_more() -> None:
    pacer = Pacer()
    for _ in range(20):
        pacer.sent(0.0)
    at_once = 0
    while pacer.wait(1e6) == 0.0:
        pacer.sent(1e6)
        at_once += 1
    assert at_once == Pacer.FREE


@given(st.randoms(use_true_random=False), st.integers(1, 60))
def test_the_backoff_keeps_to_its_bounds_and_grows(chance: random.Random, tries: int) -> None:
    backoff = Backoff(chance.random)
    for step in range(tries):
        assert 0.5 <= backoff.next() <= min(20.0, 0.5 + min(20.0, 0.5 * 2.0 ** min(step, 31)))


def test_the_backoff_jitters_over_the_whole_span_and_is_reset() -> None:
    least, most = Backoff(lambda: 0.0), Backoff(lambda: 0.999999)
    assert [least.next() for _ in range(40)] == [0.5] * 40
    assert [round(most.next(), 1) for _ in range(7)] == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5, 20.0]
    most.reset()
    assert round(most.next(), 1) == 1.0


def ended(
    waits: Waits, stood: float | None, *, terminal: bool = False, at_once: bool = False, busy: bool = False
) -> float:
    return waits.ended(stood, terminal=terminal, at_once=at_once, busy=busy)


class Fleet:
    """10,000 agents' waits, each with chances of its own."""

    def __init__(self) -> None:
        chance = random.Random(8)
        self.waits = [Waits(random.Random(chance.random()).random) for _ in range(10_000)]

    def share(self, returns: list[float]) -> float:
        """The largest part of the fleet that is back within a second."""
        returns.sort()
        most = first = 0
        for last, when in enumerate(returns):
            while when - returns[first] >= 1.0:
                first += 1
            most = max(most, last - first + 1)
        return most / len(returns)


def test_agents_that_were_all_sent_away_do_not_all_come_back_in_the_same_second() -> None:
    fleet = Fleet()
    for again in range(2):
        returns = [ended(waits, 1.0, terminal=True) for waits in fleet.waits]
        assert fleet.share(returns) < 0.01, ("first", "second")[again]


def test_after_a_minute_without_a_server_at_most_an_eighth_of_all_agents_is_back_in_any_second() -> None:
    fleet = Fleet()
    returns = []
    for waits in fleet.waits:
        now = 0.0
        while now < 60.0:
            now += waits.failed()
        returns.append(now)
    assert fleet.share(returns) <= 1 / 8


def test_a_server_that_drops_connections_gets_fewer_and_fewer() -> None:
    waits = Waits(lambda: 0.999999)
    assert [round(ended(waits, 0.1), 1) for _ in range(6)] == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5]
    assert round(ended(waits, Waits.STOOD - 0.1), 1) == 20.0
    assert round(ended(waits, Waits.STOOD), 1) == 1.0


def test_what_telex_refuses_is_tried_again_soon_at_first_and_every_few_minutes_later() -> None:
    waits = Waits(lambda: 0.999999)
    assert [round(waits.refused(), 1) for _ in range(6)] == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5]
    assert max(waits.refused() for _ in range(8)) == Waits.REFUSED
    ended(waits, 0.1)
    assert round(waits.refused(), 1) == 1.0


def test_a_long_wait_is_half_to_one_and_a_half_of_itself() -> None:
    assert [spread(300.0, chance) for chance in (0.0, 0.5, 1.0)] == [150.0, 300.0, 450.0]


def test_a_terminal_close_is_tried_again_after_5_then_every_15_minutes() -> None:
    waits = Waits(lambda: 0.5)
    assert [ended(waits, 1.0, terminal=True) for _ in range(3)] == [300.0, 900.0, 900.0]


def test_a_connection_that_stood_makes_the_next_terminal_close_a_first_one() -> None:
    waits = Waits(lambda: 0.5)
    ended(waits, 1.0, terminal=True)
    ended(waits, STEADY + 1)
    assert ended(waits, 1.0, terminal=True) == 300.0


def test_failures_back_off_and_asking_for_it_begins_anew() -> None:
    waits = Waits(lambda: 0.999999)
    assert [round(waits.failed(), 1) for _ in range(3)] == [1.0, 1.5, 2.5]
    assert round(ended(waits, None), 1) == 4.5  # closed before the connect reply
    waits.asked()
    assert round(waits.failed(), 1) == 1.0


def test_after_sleep_at_once_and_after_too_many_requests_late() -> None:
    waits = Waits(lambda: 0.5)
    assert ended(waits, 100.0, at_once=True) == 0.0
    assert ended(waits, 100.0, busy=True) == 30.0
