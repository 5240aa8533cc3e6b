"""A connection's upkeep: which tokens are fetched when, which are unfit, and when Telex is left alone. Also the list of
organisations: fetched soon after a reconnect, but not by all agents at once, nor again and again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from telex_start.errors import NoNetwork, RateLimited, Refused, TelexFailure, TelexStartError
from telex_start.events import ChannelAnswered, Event, Organisation, OrganisationsChanged, SignOut, StateChanged
from telex_start.push.channel import REFUSED_FOR, Channel, Phase
from telex_start.push.protocol import PushClient
from telex_start.session.pace import USUAL, Pacer, Shared
from telex_start.session.state import LeaveAsked, Organisations
from telex_start.session.tokens import Token, TokenStore
from telex_start.session.upkeep import Parts, Upkeep
from telex_start.states import State
from tests.ground.test_telex_api import token

Reply = Token | Exception

CONNECTION = Token(token({"sub": "u"}))
REFUSED = Refused("no", 403)


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
        self.name: Callable[[str], str] = str.upper
        self.connection_answers: list[Reply] = []
        self.answer: Callable[[str], Reply] = self.good
        self.asked: list[tuple[str, float]] = []
        self.events: list[Event] = []
        self.changes = 0
        self.store = TokenStore()
        pacer = Pacer(lambda: self.now, free=1000)
        shared = Shared(self.store, pacer, self.events.append, lambda: self.now, lambda: chance)
        self.known = Organisations("u", shared)
        if organisations:
            self.known.fetch(self, self.now)  # type: ignore[arg-type]
        self.events.clear()
        none: Any = None
        api: Any = self
        polls: Any = NoPolls()
        self.parts = Parts(
            shared=shared,
            api=api,
            dialler=none,
            organisations=self.known,
            poller=polls,
            wait_interruptibly=self.wait,
            wait_for_pacer=lambda: self.wait(pacer.wait()),
            figures_changed=self.changed,
        )
        self.upkeep = self.connection()

    def connection(self, *, just_fetched: bool = False) -> Upkeep:
        """Make the next connection; gives its upkeep."""
        self.client = PushClient(self.known.channels, self.parts.shared.chance)
        self.client.connect("CONNECTION", {}, self.now)
        self.client.receive(b'{"id":1,"connect":{"client":"c"}}', self.now)
        return Upkeep(self.parts, self.client, just_fetched=just_fetched)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def fetch(self, *now: str) -> tuple[list[str], list[str]]:
        """Fetch the organisations, which are now these; gives the names of the channels added and dropped."""
        self.memberships = now
        added, dropped = self.known.fetch(self, self.now)  # type: ignore[arg-type]
        return [channel.name for channel in added], [channel.name for channel in dropped]

    def changed(self) -> None:
        self.changes += 1

    def channel(self, number: int = 0) -> Channel:
        return [*self.known.channels.values()][number]

    def good(self, channel: str, life: float = 300.0) -> Token:
        return Token(token({"sub": "u", "channel": channel}), self.now + life, life)

    def call(self) -> float:
        """Wait until a call is due and make it; gives how long the wait was."""
        began = self.now
        while True:
            call, due = self.upkeep.due(self.now)
            if call is not None:
                waited = self.now - began
                call()
                return waited
            self.now = due

    def live(self) -> None:
        """Let the first organisation's channel be the only one, live, with a token that must soon be renewed."""
        self.store.connection = CONNECTION
        self.store.subscriptions["a/u"] = self.good("a/u")
        for other in [*self.known.channels][1:]:
            del self.known.channels[other]
        self.upkeep = self.connection(just_fetched=True)
        self.upkeep.due(self.now)
        self.client.receive(b'{"id":2,"subscribe":{"expires":true,"ttl":300}}', self.now)
        [*self.client.outgoing()]

    # The API

    def organisations(self, user_id: str) -> tuple[Organisation, ...]:
        if isinstance(self.memberships, Exception):
            raise self.memberships
        return tuple(Organisation(ident, self.name(ident), f"{ident}/{user_id}") for ident in self.memberships)

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
    scene.store.connection = Token("old", scene.now - 1, 120.0)
    scene.store.subscriptions["a/u"] = Token("old", scene.now - 1, 300.0)
    for _ in range(2):
        scene.upkeep.prepare()
        assert scene.store.connection is CONNECTION
        assert [channel for channel, _ in scene.asked] == ["a/u"]
    assert scene.upkeep.tokens() == {"a/u": scene.good("a/u").value}


def test_the_next_organisation_is_tried_where_one_fails(scene: Scene) -> None:
    scene.store.subscriptions["a/u"] = Token("old", scene.now - 1, 300.0)
    scene.answer = lambda channel: NoNetwork("x") if channel == "a/u" else scene.good(channel)
    started = scene.now
    scene.upkeep.prepare()
    assert list(scene.store.subscriptions) == ["b/u"], "an old one is no success, either"
    assert scene.asked[0] == ("a/u", USUAL.first_token_within)
    assert scene.now - started < USUAL.first_token_within + 1.0
    assert scene.channel(0).token_can_wait


def test_where_all_fail_it_says_so(scene: Scene) -> None:
    scene.answer = lambda _: TelexFailure("down")
    with pytest.raises(TelexFailure, match="down"):
        scene.upkeep.prepare()
    assert len(scene.asked) == 3


def test_where_all_are_refused_it_starts_all_the_same(scene: Scene) -> None:
    scene.answer = lambda _: REFUSED
    scene.upkeep.prepare()
    assert scene.changes == 3
    assert all(channel.refused for channel in scene.known.channels.values())
    scene.asked.clear()
    scene.upkeep.prepare()
    assert scene.asked == [], "not again before their time"
    assert scene.upkeep.tokens() == {}


def test_a_rate_limit_on_the_connection_token_is_waited_out_a_few_times(scene: Scene) -> None:
    scene.connection_answers = [RateLimited("x")] * 3
    scene.upkeep.prepare()
    assert scene.store.connection is CONNECTION
    scene.store.clear()
    scene.connection_answers = [RateLimited("x")] * 9
    with pytest.raises(RateLimited):
        scene.upkeep.prepare()
    assert len(scene.connection_answers) == 5


def test_a_command_is_no_failure_of_a_fetch(scene: Scene) -> None:
    def leave(seconds: float) -> None:
        raise LeaveAsked(SignOut())

    with pytest.raises(LeaveAsked) as raised:
        Upkeep(scene.parts._replace(wait_interruptibly=leave), scene.client, just_fetched=True).prepare()
    assert not isinstance(raised.value, Exception), "an `except Exception` would take it for a failure"
    assert scene.asked == [], "it looked for a command after the first call"


# Subscription tokens


def test_a_token_that_would_do_harm_is_refused_and_nothing_of_that_past_is_waited_for(scene: Scene) -> None:
    scene.store.connection = CONNECTION
    scene.answer = lambda _: scene.good("other/u")
    scene.call()
    assert scene.store.subscriptions == {}
    assert scene.channel().refused
    assert scene.channel().try_at == scene.now + REFUSED_FOR
    assert scene.events == [ChannelAnswered("a/u")]
    assert scene.changes == 1


def test_one_after_the_other_is_subscribed_and_a_rate_limit_puts_one_behind_the_others(scene: Scene) -> None:
    scene.answer = lambda channel: RateLimited("x") if len(scene.asked) == 1 else scene.good(channel)
    for _ in range(4):
        scene.call()
    assert [channel for channel, _ in scene.asked] == ["a/u", "b/u", "c/u", "a/u"]
    scene.upkeep.due(scene.now)
    assert sum("subscribe" in frame for frame in scene.client.outgoing()) == 1  # all in one frame


def test_a_slow_organisation_gets_more_time_at_its_next_try(scene: Scene) -> None:
    scene.answer = lambda channel: NoNetwork("x") if channel == "a/u" else REFUSED
    for _ in range(4):
        scene.call()
    assert [seconds for channel, seconds in scene.asked if channel == "a/u"] == [
        USUAL.first_token_within,
        USUAL.call_within,
    ]


def test_a_fresh_token_for_a_live_channel_takes_the_place_of_the_old_one_only_if_it_is_fit(scene: Scene) -> None:
    scene.live()
    old = scene.store.subscriptions["a/u"]
    answers: list[Reply] = [NoNetwork("x"), REFUSED, scene.good("other/u"), scene.good("a/u")]
    scene.answer = lambda _: answers.pop(0)
    assert scene.call() == pytest.approx(228.0)
    for left in (2, 1, 0):
        assert scene.store.subscriptions["a/u"] is old
        assert scene.call() == pytest.approx(15.0)
        assert len(answers) == left
    assert scene.store.subscriptions["a/u"] is not old
    assert not scene.channel().refused
    assert '"sub_refresh"' in "".join(scene.client.outgoing())


@pytest.mark.parametrize(("suspect", "value"), [(True, token({"channel": "a/u", "sub": "u"})), (False, "unreadable")])
def test_a_token_that_may_close_all_is_brought_by_a_new_subscribe(scene: Scene, suspect: bool, value: str) -> None:
    scene.live()
    scene.channel().suspect = suspect
    scene.answer = lambda _: Token(value)
    scene.call()
    assert '"subscribe"' in "".join(scene.client.outgoing())


def test_a_connection_token_is_renewed_by_what_telex_gives(scene: Scene) -> None:
    scene.client.refresh_at, scene.client.ttl = scene.now, 120
    scene.store.connection = old = Token("old")
    scene.connection_answers = [TelexFailure("x"), CONNECTION]
    scene.call()
    assert scene.store.connection is old
    assert scene.client.refresh_at == scene.now + 7.5
    scene.now = scene.client.refresh_at
    scene.call()
    assert scene.store.connection is CONNECTION
    assert '"refresh"' in "".join(scene.client.outgoing())


@pytest.mark.parametrize("answer", [None, TelexFailure("x"), REFUSED])
def test_a_telex_that_does_not_answer_is_left_alone_until_it_does(scene: Scene, answer: Exception | None) -> None:
    scene.answer = lambda _: NoNetwork("x")
    scene.call()
    assert scene.call() < 0.5, "one may be one organisation's alone"
    waits = [scene.call() for _ in range(2)]
    assert 1.0 <= waits[0] < waits[1]
    scene.answer = lambda channel: answer or scene.good(channel)
    scene.call()
    scene.channel(1).retry(scene.now - 60.0)
    assert scene.call() < 0.5


# The organisations


@pytest.mark.parametrize("chance", [0.0, 0.25])
@pytest.mark.parametrize(
    ("answer", "every"),
    [
        (None, USUAL.organisations_every),
        (NoNetwork("x"), USUAL.organisations_again),
        (REFUSED, USUAL.organisations_every),
    ],
)
def test_fetches_do_not_stay_together(chance: float, answer: TelexStartError | None, every: float) -> None:
    scene = Scene(chance=chance)
    scene.upkeep = scene.connection(just_fetched=True)
    assert scene.call() == pytest.approx(USUAL.organisations_every * (0.5 + chance))
    scene.memberships = answer or ()
    scene.call()
    assert scene.call() == pytest.approx(every * (0.5 + chance))


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_after_a_reconnect_they_are_fetched_within_ten_seconds(chance: float) -> None:
    assert Scene(chance=chance).call() == pytest.approx(10.0 * chance)


def test_in_ten_seconds_they_are_fetched_once_however_often_it_reconnects() -> None:
    scene = Scene(chance=0.0)
    fetched = []
    for _ in range(4):
        scene.upkeep = scene.connection()
        scene.call()
        fetched.append(scene.now)
    assert [after - before for before, after in pairwise(fetched)] == [10.0] * 3


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 10.0), (0.5, 15.0)])
def test_a_fetch_that_meets_a_rate_limit_is_none_of_a_storm(chance: float, seconds: float) -> None:
    scene = Scene(chance=chance)
    scene.memberships = RateLimited("429")
    scene.call()
    assert scene.call() == pytest.approx(seconds)


def test_the_first_are_told_also_where_there_are_none_and_what_stays_the_same_not_again() -> None:
    scene = Scene()
    for _ in range(2):
        assert scene.fetch() == ([], [])
        assert scene.events == [OrganisationsChanged(())]
        assert scene.known.known


def test_joined_left_and_renamed(scene: Scene) -> None:
    kept = scene.channel(1)
    assert scene.fetch("b", "c", "d") == (["d/u"], ["a/u"])
    assert scene.channel(0) is kept
    scene.name = lambda ident: f"{ident} & \n\x1b[2J\ud83d é"
    assert scene.fetch("b", "c", "d") == ([], [])
    assert [len(event.organisations) for event in scene.events] == [3, 3]  # type: ignore[attr-defined]
    replaced = "\N{REPLACEMENT CHARACTER}"
    assert scene.known.name_of("b/u") == f"b & {replaced}{replaced}[2J{replaced} é", "one printable line"
    assert scene.known.name_of("x/u") == "x/u", "one that is not known"


SIGNED_OUT = Refused("Session is invalid!", 401)


def test_fetches_that_were_refused_for_an_hour_want_a_sign_in_and_one_that_works_ends_that(scene: Scene) -> None:
    wanted = []
    answers: list[tuple[tuple[str, ...] | Exception, float]] = [
        (SIGNED_OUT, 900.0),
        (NoNetwork("says nothing of the session"), 900.0),
        (REFUSED, 900.0),
        (SIGNED_OUT, 1799.0),
        (SIGNED_OUT, 1.0),
        (("a",), 1.0),
        (SIGNED_OUT, 1.0),
    ]
    for scene.memberships, seconds in answers:
        with contextlib.suppress(NoNetwork, Refused):
            scene.known.fetch(scene, scene.now)  # type: ignore[arg-type]
        wanted.append(scene.known.sign_in_again)
        scene.now += seconds
    assert wanted == [False, False, False, False, True, False, False]
    assert list(scene.known.channels) == ["a/u"]


@pytest.mark.parametrize(
    ("expires_at", "refused_at", "wanted"),
    [
        (1000.0, (1000.0,), [(True, True)]),
        (1000.0, (999.0, 1000.0, 4599.0), [(False, False), (False, False), (True, False)]),
        (None, (1000.0, 4600.0), [(False, False), (True, False)]),
    ],
    ids=["at its time", "before its time", "not known"],
)
def test_an_access_token_whose_time_is_up_wants_a_sign_in_at_once(
    scene: Scene, expires_at: float | None, refused_at: tuple[float, ...], wanted: list[tuple[bool, bool]]
) -> None:
    scene.known.expires_at, scene.memberships = expires_at, SIGNED_OUT
    told = []
    for at in refused_at:
        with pytest.raises(Refused):
            scene.known.fetch(scene, at)  # type: ignore[arg-type]
        figures = scene.known.figures(State.ONLINE, "")
        told.append((figures.sign_in_again, figures.expired))
    assert told == wanted
    scene.fetch("a")
    assert not scene.known.figures(State.SIGN_IN_NEEDED, "").expired


def test_first_fetches_that_are_refused_are_another_matter() -> None:
    scene = Scene()
    scene.memberships = SIGNED_OUT
    for _ in range(2):
        with pytest.raises(Refused):
            scene.known.fetch(scene, scene.now)  # type: ignore[arg-type]
        scene.now += 1e6
    assert not scene.known.sign_in_again


def test_who_goes_first_matters_only_where_not_all_have_room(scene: Scene) -> None:
    channels = scene.known.channels
    assert scene.known.put_first({"c/u"}) == []
    assert list(channels) == ["a/u", "b/u", "c/u"]
    scene.known.most = 2
    assert scene.known.put_first({"c/u", "b/u"}) == ["a/u"]
    assert list(channels) == ["b/u", "c/u", "a/u"]
    assert channels is scene.known.channels


def test_the_figures(scene: Scene) -> None:
    scene.channel(0).phase = Phase.LIVE
    scene.channel(1).leave_out()
    scene.channel(2).refuse(0.0, 0.5)
    assert scene.known.figures(State.ONLINE, "") == StateChanged(State.ONLINE, "", 3, 1, 2, 1)
