"""Tokens for the push server: which are fetched before a connection, which are fit, and when Telex is left alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from telex_start.errors import NoNetwork, RateLimited, Refused, SessionOver, TelexFailure
from telex_start.events import ChannelAnswered, Event, Organisation, SignOut
from telex_start.net.pacing import Pacer
from telex_start.push.channel import REFUSED_FOR, Channel
from telex_start.session.collaborators import Collaborators
from telex_start.session.interrupts import LeaveAsked
from telex_start.session.organisations import Organisations
from telex_start.session.shared_pacer import SharedPacer
from telex_start.session.timings import USUAL
from telex_start.session.token_fetcher import TokenFetcher
from telex_start.session.tokens import Token, TokenStore
from tests.ground.look_ups_fakes import NoLookUps
from tests.ground.test_tokens import token

Answer = Token | Exception

CONNECTION = Token(token({"sub": "u"}))


class Memberships:
    """The API, as far as the look-up of organisations goes."""

    def organisations(self, user_id: str) -> tuple[Organisation, ...]:
        return tuple(Organisation(name, name, f"{name}/{user_id}") for name in "abc")


class Scene:
    """A user in three organisations, an API that answers from a script, and a clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.connection_answers: list[Answer] = []
        self.answer: Callable[[str], Answer] = self.good
        self.asked: list[tuple[str, float]] = []
        self.events: list[Event] = []
        self.refusals = 0
        self.store = TokenStore()
        self.organisations = Organisations("u", lambda: 0.5, self.events.append)
        self.organisations.look_up(Memberships(), self.now)  # type: ignore[arg-type]
        self.events.clear()
        self.parts = Collaborators(
            api=self,  # type: ignore[arg-type]
            store=self.store,
            pacer=SharedPacer(Pacer(), lambda: self.now),
            organisations=self.organisations,
            look_ups=NoLookUps(),  # type: ignore[arg-type]
            timings=USUAL,
            now=lambda: self.now,
            chance=lambda: 0.5,
            hurrying=contextlib.nullcontext,
            wait_interruptibly=self.wait,
            dispatch=self.events.append,
            figures_changed=self.refused,
        )
        self.fetcher = TokenFetcher(self.parts)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def refused(self) -> None:
        self.refusals += 1

    def channel(self, number: int = 0) -> Channel:
        return [*self.organisations.channels.values()][number]

    def good(self, channel: str, life: float = 300.0) -> Token:
        return Token(token({"sub": "u", "channel": channel}), self.now + life, life)

    # -- the API -----------------------------------------------------------------------------------------------------

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
    return Scene()


# --- before the connection ------------------------------------------------------------------------------------------


def test_one_token_of_each_kind_is_enough_to_start(scene: Scene) -> None:
    scene.fetcher.prepare()
    assert scene.store.connection is CONNECTION
    assert [channel for channel, _ in scene.asked] == ["a/u"]


def test_tokens_that_are_still_good_are_not_fetched_again(scene: Scene) -> None:
    scene.store.connection = CONNECTION
    scene.store.subscriptions["b/u"] = scene.good("b/u")
    scene.fetcher.prepare()
    assert scene.asked == []


def test_tokens_that_have_run_out_are_fetched_anew(scene: Scene) -> None:
    scene.store.connection = Token("old", scene.now - 1, 120.0)
    scene.store.subscriptions["a/u"] = Token("old", scene.now - 1, 300.0)
    scene.fetcher.prepare()
    assert scene.store.connection is CONNECTION
    assert scene.fetcher.usable(scene.channel(), scene.now) not in (None, "old")


def test_an_old_token_is_no_success_of_a_fetch_that_failed(scene: Scene) -> None:
    scene.store.subscriptions["a/u"] = Token("old", scene.now - 1, 300.0)
    scene.answer = lambda channel: TelexFailure("x") if channel == "a/u" else scene.good(channel)
    scene.fetcher.prepare()
    assert list(scene.store.subscriptions) == ["b/u"]


def test_the_next_organisation_is_tried_where_one_fails(scene: Scene) -> None:
    scene.answer = lambda channel: NoNetwork("x") if channel == "a/u" else scene.good(channel)
    started = scene.now
    scene.fetcher.prepare()
    assert list(scene.store.subscriptions) == ["b/u"]
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
    assert scene.refusals == 3
    assert all(channel.refused for channel in scene.organisations.channels.values())
    scene.asked.clear()
    scene.fetcher.prepare()
    assert scene.asked == [], "not again before their time"


def test_a_rate_limit_on_the_connection_token_is_waited_out(scene: Scene) -> None:
    scene.connection_answers = [RateLimited("x"), RateLimited("x")]
    scene.fetcher.prepare()
    assert scene.store.connection is CONNECTION


def test_a_rate_limit_that_stays_is_told(scene: Scene) -> None:
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


# --- subscription tokens --------------------------------------------------------------------------------------------


def test_a_token_that_would_do_harm_is_refused_and_nothing_of_that_past_is_waited_for(scene: Scene) -> None:
    scene.store.connection = CONNECTION
    scene.answer = lambda _: scene.good("other/u")
    assert scene.fetcher.fetch_for_subscribe(scene.channel()) is None
    assert scene.store.subscriptions == {}
    assert scene.channel().refused
    assert scene.channel().try_at == scene.now + REFUSED_FOR
    assert scene.events == [ChannelAnswered("a/u")]
    assert scene.refusals == 1


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


# --- Telex as a whole -----------------------------------------------------------------------------------------------


def test_a_telex_that_does_not_answer_is_left_alone_for_longer_and_longer(scene: Scene) -> None:
    scene.answer = lambda _: NoNetwork("x")
    waits = []
    for number in (0, 1, 2, 0, 1):
        scene.fetcher.fetch_for_subscribe(scene.channel(number))
        waits.append(scene.fetcher.wait(scene.now))
        scene.now += waits[-1]
    assert waits[0] < 0.5, "one may be one organisation's alone"
    assert waits[1] >= 1.0
    assert waits[-1] > waits[1]


@pytest.mark.parametrize("answer", [None, TelexFailure("x"), Refused("no", 403)])
def test_any_answer_ends_that(scene: Scene, answer: Exception | None) -> None:
    for number in (0, 1, 2):
        scene.answer = lambda _: NoNetwork("x")
        scene.fetcher.fetch_for_subscribe(scene.channel(number))
    assert scene.fetcher.wait(scene.now) > 1.0
    scene.answer = lambda channel: answer or scene.good(channel)
    scene.fetcher.fetch_for_subscribe(scene.channel())
    assert scene.fetcher.wait(scene.now) < 0.5
