"""Which poll is due when, in virtual time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from telex_start.news.publications import AGENTS, CHANNELS, DIRECT
from telex_start.session.pace import USUAL
from telex_start.session.poll_calls import SECTIONS
from telex_start.session.poll_schedule import LARGE, MUTED, PREFERENCE, PROFILE, SETTINGS, SLUG, Poll, Schedule

A, B = "a/u", "b/u"
HOUR = 3600.0
UNREAD = frozenset(SECTIONS)

Outcome = Callable[[Schedule, Poll, float], None]


def answered(schedule: Schedule, poll: Poll, now: float) -> None:
    schedule.answered(poll, now, 1000)


def not_there(schedule: Schedule, poll: Poll, now: float) -> None:
    schedule.answered(poll, now, None)


def unanswered(schedule: Schedule, poll: Poll, now: float) -> None:
    schedule.heard(now, answered=False)
    schedule.failed(poll, now)


class Scene:
    """A schedule whose polls are made as soon as they are due, in virtual time."""

    def __init__(self, chance: float = 0.5, settings: bool = True) -> None:
        self.now = 1000.0
        self.chance = chance
        self.schedule = Schedule(USUAL, lambda: self.chance, settings)
        self.outcome: dict[str, Outcome] = {}
        self.done: list[tuple[float, str, tuple[str, ...]]] = []
        """The polls made: the time, the organisation's channel, and the calls."""

    def connected(self, *live: str, whole: bool = False, at_once: bool = False) -> None:
        self.schedule.connected(self.now, at_once)
        for channel in live:
            self.schedule.live(channel, whole, self.now)

    def run(self, seconds: float) -> list[tuple[float, str, tuple[str, ...]]]:
        """Let time pass and make the polls that come due; gives each with its time, in seconds from the beginning."""
        began, end, before = self.now, self.now + seconds, len(self.done)
        while (due := self.schedule.due_at()) <= end:
            self.now = max(self.now, due)
            polls = self.schedule.next(self.now)
            assert polls, "something is due that is not given"
            self.done.append((self.now - began, polls[0].channel, tuple(poll.call for poll in polls)))
            for poll in polls:
                self.outcome.get(poll.call, answered)(self.schedule, poll, self.now)
        assert not self.schedule.next(self.now)
        self.now = end
        return self.done[before:]

    def unread(self, seconds: float) -> list[tuple[float, str]]:
        """As :meth:`run`, but gives only the polls for unread: when, and of which organisation."""
        return [(when, channel) for when, channel, calls in self.run(seconds) if UNREAD & {*calls}]


@pytest.fixture
def scene() -> Scene:
    return Scene()


# Signing in


def test_settings_that_are_of_interest_later_are_polled_then() -> None:
    scene = Scene(settings=False)
    scene.connected(A)
    assert {call for _, _, calls in scene.run(3 * HOUR) for call in calls} == UNREAD
    scene.schedule.watch_settings(scene.now)
    done = scene.run(1)
    assert {call for _, _, calls in done for call in calls} == {PROFILE, *SETTINGS}
    scene.schedule.watch_settings(scene.now)
    assert scene.run(1) == [], "it is known already"
    assert PREFERENCE in {call for _, _, calls in scene.run(HOUR) for call in calls}


# Reconnects


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_a_reconnect_that_the_server_caused_brings_a_round_within_15_seconds(scene: Scene, chance: float) -> None:
    scene.connected(A, B)
    scene.run(60.0)
    scene.chance = chance
    scene.connected(A, B)
    assert [(round(when, 6), channel) for when, channel in scene.unread(60.0)] == [
        (15.0 * chance, A),
        (15.0 * chance, B),
    ]


def test_what_was_recovered_whole_is_not_polled(scene: Scene) -> None:
    scene.connected(A, B)
    scene.run(60.0)
    scene.connected(A, whole=True)
    scene.schedule.live(B, False, scene.now)
    assert [channel for _, channel in scene.unread(60.0)] == [B]


@pytest.mark.parametrize("whole", [True, False])
def test_after_waking_all_is_polled_at_once(scene: Scene, whole: bool) -> None:
    scene.connected(A, B)
    scene.run(60.0)
    scene.connected(A, B, whole=whole, at_once=True)
    assert scene.unread(60.0) == [(0.0, A), (0.0, B)]


def test_never_sooner_than_15_seconds_after_the_last_one_began(scene: Scene) -> None:
    scene.connected(A)
    scene.run(5.0)
    for _ in range(8):
        scene.connected(A, at_once=True)
        scene.run(1.0)
    assert scene.unread(60.0) == [(2.0, A)]


# As time goes by


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_every_60_minutes_about_and_together(chance: float) -> None:
    scene = Scene(chance)
    scene.connected(A, B)
    scene.run(1.0)
    times = scene.unread(10 * HOUR)
    assert [channel for _, channel in times] == [A, B] * (len(times) // 2)
    assert 9 <= len(times) / 2 <= 11
    assert times[0][0] + 1.0 == pytest.approx(HOUR * (0.9 + 0.2 * chance))


def test_settings_every_15_minutes_and_the_profile_every_5(scene: Scene) -> None:
    scene.connected(A)
    scene.run(1.0)
    done = scene.run(HOUR - 2.0)
    assert sum(calls == (PROFILE,) for _, _, calls in done) == 11
    assert sum(calls == SETTINGS for _, _, calls in done) == 3


def test_agents_every_10_minutes_while_one_counts_as_unread(scene: Scene) -> None:
    scene.connected(A, B)
    scene.run(300.0)
    scene.schedule.watch_agents(frozenset({A}))
    agents = [(when, channel) for when, channel, calls in scene.run(HOUR - 400.0) if AGENTS in calls]
    assert agents == [(300.0 + 600.0 * number, A) for number in range(len(agents))]
    assert len(agents) == 5
    scene.schedule.watch_agents(frozenset())
    later = [channel for _, channel, calls in scene.run(2 * HOUR) if AGENTS in calls]
    assert later.count(A) <= 3


# What goes wrong


@pytest.mark.parametrize("call", [DIRECT, MUTED, PROFILE])
def test_what_this_deployment_has_not_is_asked_for_again_after_an_hour(scene: Scene, call: str) -> None:
    scene.outcome[call] = not_there
    scene.connected(A)
    scene.run(0.0)
    for _ in range(30):  # reconnects do not matter
        scene.run(100.0)
        scene.connected(A, at_once=True)
    assert sum(call in calls for _, _, calls in scene.done) == 1
    scene.run(HOUR)
    assert sum(call in calls for _, _, calls in scene.done) == 2


def test_a_section_that_fails_is_tried_again_alone_less_and_less_often(scene: Scene) -> None:
    scene.outcome[DIRECT] = Schedule.failed
    scene.connected(A)
    scene.run(0.0)
    times = [when for when, _, calls in scene.run(3500.0) if DIRECT in calls]
    assert times == [60.0, 180.0, 420.0, 900.0, 1860.0]
    scene.outcome.clear()
    scene.run(HOUR)
    assert sum(DIRECT in calls for _, _, calls in scene.run(3 * HOUR)) == 3


@pytest.mark.parametrize(("outcome", "asked"), [(Schedule.failed, SECTIONS), (not_there, (CHANNELS, AGENTS))])
def test_a_reconnect_tries_again_what_failed_alone(scene: Scene, outcome: Outcome, asked: tuple[str, ...]) -> None:
    scene.outcome[DIRECT] = outcome
    scene.connected(A)
    scene.run(30.0)
    scene.connected(A, at_once=True)
    assert scene.run(0.0) == [(0.0, A, asked)]


def test_a_telex_that_does_not_answer_is_left_alone(scene: Scene) -> None:
    scene.outcome = dict.fromkeys((*SECTIONS, *SETTINGS, PROFILE, SLUG), unanswered)
    scene.connected(*(f"{number}/u" for number in range(40)))
    assert len(scene.run(HOUR)) < 12
    scene.outcome.clear()
    scene.connected(A, at_once=True)
    assert scene.run(0.0) != [], "who has just woken is not kept waiting for that"


def test_a_fresh_access_token_tries_what_was_refused(scene: Scene) -> None:
    scene.outcome = dict.fromkeys(SECTIONS, not_there)
    scene.connected(A)
    scene.run(60.0)
    scene.outcome.clear()
    scene.schedule.signed_in_anew(scene.now)
    assert scene.unread(0.0) == [(0.0, A)]


# Slugs


def test_a_slug_is_polled_once_behind_everything_else(scene: Scene) -> None:
    scene.schedule.want_slug(B, scene.now)
    scene.connected(A)
    assert [calls for _, _, calls in scene.run(0.0)][-1] == (SLUG,)
    assert (SLUG,) not in [calls for _, _, calls in scene.run(3 * HOUR)]


def test_a_slug_that_was_not_to_be_had_is_tried_when_it_is_wanted(scene: Scene) -> None:
    scene.outcome[SLUG] = not_there
    for _ in range(2):
        scene.schedule.want_slug(A, scene.now)
        assert scene.run(3 * HOUR) == [(0.0, A, (SLUG,))]


def test_an_organisation_that_was_left_is_asked_for_nothing(scene: Scene) -> None:
    scene.connected(A, B)
    scene.run(0.0)
    scene.now += 20.0
    scene.connected(A, at_once=True)
    under_way = scene.schedule.next(scene.now)
    scene.schedule.want_slug(A, scene.now)
    scene.schedule.keep([B])
    for poll in under_way:
        scene.schedule.failed(poll, scene.now)
    assert {channel for _, channel, _ in scene.run(3 * HOUR)} == {"", B}


@pytest.mark.parametrize(("outage", "polled"), [(50.0, []), (70.0, [(0.0, A)])])
def test_a_large_answer_outlives_a_short_outage(scene: Scene, outage: float, polled: list[tuple[float, str]]) -> None:
    scene.outcome = dict.fromkeys(SECTIONS, lambda schedule, poll, now: schedule.answered(poll, now, LARGE + 1))
    scene.connected(A)
    scene.run(60.0)
    scene.schedule.disconnected(scene.now)
    scene.now += outage
    scene.connected(A, at_once=True)
    assert scene.unread(60.0) == polled
