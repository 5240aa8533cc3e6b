"""Tokens for the push server: which are fetched before a connection, which are fit, and when Telex is left alone. And
the organisations: fetched soon after a reconnect, but not by all agents at once, nor again and again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from telex_start.errors import (
    NoNetwork,
    RateLimited,
    Refused,
    SessionOver,
    TelexFailure,
    TelexStartError,
)
from telex_start.events import ChannelAnswered, Event, Organisation, SignOut
from telex_start.net.pacing import Pacer
from telex_start.push.channel import REFUSED_FOR, Channel
from telex_start.push.protocol import PushClient
from telex_start.session.organisations import Organisations
from telex_start.session.pace import USUAL, SharedPacer
from telex_start.session.state import LeaveAsked
from telex_start.session.tokens import Token, TokenStore
from telex_start.session.upkeep import Parts, TokenFetcher, Upkeep
from tests.ground.test_tokens import token

Reply = Token | Exception

CONNECTION = Token(token({"sub": "u"}))


class NoPolls:
    """Nothing is ever to be polled."""

    def go_on(self) -> float:
        return float("inf")

    def keep(self, channels: list[str]) -> None: ...


class Scene:
    """A user, an API that answers from a script, and a clock that moves when somebody waits."""

    def __init__(self, *organisations: str, chance: float = 0.5) -> None:
        self.now = 1000.0
        self.memberships: tuple[str, ...] | Exception = organisations
        self.connection_answers: list[Reply] = []
        self.answer: Callable[[str], Reply] = self.good
        self.asked: list[tuple[str, float]] = []
        self.events: list[Event] = []
        self.changes = 0
        self.store = TokenStore()
        self.known = Organisations("u", lambda: chance, self.events.append)
        if organisations:
            self.known.fetch(self, self.now)  # type: ignore[arg-type]
        self.events.clear()
        api: Any = self
        polls: Any = NoPolls()
        self.parts = Parts(
            api=api,
            store=self.store,
            pacer=SharedPacer(Pacer(), lambda: self.now),
            organisations=self.known,
            poller=polls,
            timings=USUAL,
            now=lambda: self.now,
            chance=lambda: chance,
            hurrying=contextlib.nullcontext,
            wait_interruptibly=self.wait,
            wait_for_pacer=lambda: self.wait(self.parts.pacer.wait(self.now)),
            dispatch=self.events.append,
            figures_changed=self.changed,
        )
        self.fetcher = TokenFetcher(self.parts)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def changed(self) -> None:
        self.changes += 1

    def channel(self, number: int = 0) -> Channel:
        return [*self.known.channels.values()][number]

    def good(self, channel: str, life: float = 300.0) -> Token:
        return Token(token({"sub": "u", "channel": channel}), self.now + life, life)

    def connected(self, *, just_fetched: bool = False) -> Upkeep:
        client = PushClient(self.known.channels, self.parts.chance, "1")
        return Upkeep(self.parts, client, TokenFetcher(self.parts), just_fetched=just_fetched)

    def fetches(self, upkeep: Upkeep) -> float:
        """Wait until the organisations are due and fetch them; how long the wait was."""
        began = self.now
        while True:
            call, due = upkeep.due(self.now)
            if call is not None:
                call()
                return self.now - began
            self.now = due

    # The API

    def organisations(self, user_id: str) -> tuple[Organisation, ...]:
        if isinstance(self.memberships, Exception):
            raise self.memberships
        return tuple(Organisation(name, name, f"{name}/{user_id}") for name in self.memberships)

    def connection_token(self) -> Token:
        answer = self.connection_answers.pop(0) if self.connection_answers else CONNECTION
        if isinstance(answer, Exception):
            raise answer
        return answer

    def subscription_token(self, channel: str, seconds: float) -> Token:
        self.asked.append((channel, seconds))
        answer = self.answer(channel)
        if isinstance(answer, NoNetwork):
            self.now += seconds
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def scene() -> Scene:
    return Scene("a", "b", "c")


# Before the connection


def test_one_token_of_each_kind_is_enough_to_start_and_good_ones_are_not_fetched_again(scene: Scene) -> None:
    for _ in range(2):
        scene.fetcher.prepare()
        assert scene.store.connection is CONNECTION
        assert [channel for channel, _ in scene.asked] == ["a/u"]


def test_tokens_that_have_run_out_are_fetched_anew(scene: Scene) -> None:
    scene.store.connection = Token("old", scene.now - 1, 120.0)
    scene.store.subscriptions["a/u"] = Token("old", scene.now - 1, 300.0)
    scene.fetcher.prepare()
    assert scene.store.connection is CONNECTION
    assert scene.fetcher.usable(scene.channel(), scene.now) not in (None, "old")


def test_the_next_organisation_is_tried_where_one_fails(scene: Scene) -> None:
    scene.store.subscriptions["a/u"] = Token("old", scene.now - 1, 300.0)
    scene.answer = lambda channel: NoNetwork("x") if channel == "a/u" else scene.good(channel)
    started = scene.now
    scene.fetcher.prepare()
    assert list(scene.store.subscriptions) == ["b/u"], "an old one is no success, either"
    assert scene.asked[0] == ("a/u", USUAL.first_token_within)
    assert scene.now - started < USUAL.first_token_within + 1.0
    assert scene.channel(0).slow


def test_where_all_fail_it_says_so(scene: Scene) -> None:
    scene.answer = lambda _: TelexFailure("down")
    with pytest.raises(TelexFailure, match="down"):
        scene.fetcher.prepare()


def test_where_all_are_refused_it_starts_all_the_same(scene: Scene) -> None:
    scene.answer = lambda _: Refused("no", 403)
    scene.fetcher.prepare()
    assert scene.changes == 3
    assert all(channel.refused for channel in scene.known.channels.values())
    scene.asked.clear()
    scene.fetcher.prepare()
    assert scene.asked == [], "not again before their time"


def test_a_rate_limit_on_the_connection_token_is_waited_out_a_few_times(scene: Scene) -> None:
    scene.connection_answers = [RateLimited("x"), RateLimited("x")]
    scene.fetcher.prepare()
    assert scene.store.connection is CONNECTION
    scene.store.clear()
    scene.connection_answers = [RateLimited("x")] * 9
    with pytest.raises(RateLimited):
        scene.fetcher.prepare()
    assert len(scene.connection_answers) == 5


def test_the_end_of_the_session_goes_through(scene: Scene) -> None:
    scene.connection_answers = [SessionOver("x")]
    with pytest.raises(SessionOver):
        scene.fetcher.prepare()


def test_a_command_is_no_failure_of_a_fetch(scene: Scene) -> None:
    def leave(seconds: float) -> None:
        raise LeaveAsked(SignOut())

    fetcher = TokenFetcher(scene.parts._replace(wait_interruptibly=leave))
    with pytest.raises(LeaveAsked) as raised:
        fetcher.prepare()
    assert not isinstance(raised.value, Exception), "an `except Exception` would take it for a failure"
    assert scene.asked == [], "it looked for a command after the first call"


# Subscription tokens


def test_a_token_that_would_do_harm_is_refused_and_nothing_of_that_past_is_waited_for(scene: Scene) -> None:
    scene.store.connection = CONNECTION
    scene.answer = lambda _: scene.good("other/u")
    assert scene.fetcher.fetch_for_subscribe(scene.channel()) is None
    assert scene.store.subscriptions == {}
    assert scene.channel().refused
    assert scene.channel().try_at == scene.now + REFUSED_FOR
    assert scene.events == [ChannelAnswered("a/u")]
    assert scene.changes == 1


def test_a_rate_limit_puts_an_organisation_behind_those_that_were_not_tried(scene: Scene) -> None:
    scene.answer = lambda _: RateLimited("x")
    scene.fetcher.fetch_for_subscribe(scene.channel())
    assert scene.channel(1).try_at < scene.channel(0).try_at == scene.now


def test_a_slow_organisation_gets_more_time_at_its_next_try(scene: Scene) -> None:
    scene.answer = lambda _: NoNetwork("x")
    for _ in range(2):
        scene.fetcher.fetch_for_subscribe(scene.channel())
    assert [seconds for _, seconds in scene.asked] == [USUAL.first_token_within, USUAL.call_within]


def test_a_fresh_token_for_a_live_channel_takes_the_place_of_the_old_one_only_if_it_is_fit(scene: Scene) -> None:
    scene.store.connection = CONNECTION
    old = scene.store.subscriptions["a/u"] = scene.good("a/u")
    for answer in (NoNetwork("x"), Refused("no", 403), scene.good("other/u")):
        scene.answer = lambda _, answer=answer: answer  # type: ignore[misc]
        assert scene.fetcher.renew(scene.channel()) is None
        assert scene.store.subscriptions["a/u"] is old
    scene.answer = scene.good
    assert scene.fetcher.renew(scene.channel()) is scene.store.subscriptions["a/u"] is not old
    assert not scene.channel().refused


def test_a_connection_token_is_renewed_by_what_telex_gives(scene: Scene) -> None:
    scene.connection_answers = [TelexFailure("x"), CONNECTION]
    assert [scene.fetcher.renew_connection() for _ in range(2)] == [None, CONNECTION]
    assert scene.store.connection is CONNECTION


@pytest.mark.parametrize("answer", [None, TelexFailure("x"), Refused("no", 403)])
def test_a_telex_that_does_not_answer_is_left_alone_for_longer_until_it_does(
    scene: Scene, answer: Exception | None
) -> None:
    scene.answer = lambda _: NoNetwork("x")
    waits = []
    for number in (0, 1, 2, 0, 1):
        scene.fetcher.fetch_for_subscribe(scene.channel(number))
        waits.append(scene.fetcher.wait(scene.now))
        scene.now += waits[-1]
    assert waits[0] < 0.5, "one may be one organisation's alone"
    assert waits[1] >= 1.0
    assert waits[-1] > waits[1]
    scene.answer = lambda channel: answer or scene.good(channel)
    scene.fetcher.fetch_for_subscribe(scene.channel())
    assert scene.fetcher.wait(scene.now) < 0.5


# The organisations


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
@pytest.mark.parametrize(
    ("answer", "every"),
    [
        (None, USUAL.organisations_every),
        (NoNetwork("x"), USUAL.organisations_again),
        (Refused("no", 401), USUAL.organisations_every),
    ],
)
def test_fetches_that_began_together_do_not_stay_together(
    chance: float, answer: TelexStartError | None, every: float
) -> None:
    scene = Scene(chance=chance)
    upkeep = scene.connected(just_fetched=True)
    assert scene.fetches(upkeep) == pytest.approx(USUAL.organisations_every * (0.5 + chance))
    scene.memberships = answer or ()
    scene.fetches(upkeep)
    assert scene.fetches(upkeep) == pytest.approx(every * (0.5 + chance))


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
def test_after_a_reconnect_they_are_fetched_within_ten_seconds(chance: float) -> None:
    scene = Scene(chance=chance)
    assert scene.fetches(scene.connected()) == pytest.approx(10.0 * chance)


def test_in_ten_seconds_they_are_fetched_once_however_often_it_reconnects() -> None:
    scene = Scene(chance=0.0)
    fetched = []
    for _ in range(4):
        scene.fetches(scene.connected())
        fetched.append(scene.now)
    assert [after - before for before, after in pairwise(fetched)] == [10.0] * 3


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 10.0), (0.5, 15.0)])
def test_a_fetch_that_meets_a_rate_limit_is_none_of_a_storm(chance: float, seconds: float) -> None:
    scene = Scene(chance=chance)
    upkeep = scene.connected()
    scene.memberships = RateLimited("429")
    scene.fetches(upkeep)
    assert scene.fetches(upkeep) == pytest.approx(seconds)
