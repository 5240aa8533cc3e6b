"""Parts that need no server: the token bucket, what is kept of a channel, tokens, and the reading of commands."""

from __future__ import annotations

import contextlib
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.sandbox.deployment import RateLimiter
from telex_start.sandbox.push_protocol import METHODS, BadCommand, ClientCommand, parse_command, split_frame
from telex_start.sandbox.push_streams import RECOVERY_LIMIT, StreamPosition, Streams
from telex_start.sandbox.signing import ExpiredToken, InvalidToken, ServerClock, TokenSigner

# --- the token bucket -------------------------------------------------------------------------------------------------


class Watch:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_burst_then_rate() -> None:
    watch = Watch()
    limiter = RateLimiter(2, 3, watch)
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]
    watch.now += 0.5
    assert [limiter.allow("a") for _ in range(2)] == [True, False]
    watch.now += 60
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]


def test_clients_have_buckets_of_their_own() -> None:
    limiter = RateLimiter(1, 1, Watch())
    assert [limiter.allow("a"), limiter.allow("b"), limiter.allow("a")] == [True, True, False]


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_the_limits_allow(pauses: list[float]) -> None:
    watch = Watch()
    limiter = RateLimiter(2, 4, watch)
    allowed = 0
    for pause in pauses:
        watch.now += pause
        allowed += limiter.allow("a")
    assert allowed <= 4 + 2 * (watch.now - 100) + 1e-6


# --- history and recovery ---------------------------------------------------------------------------------------------


def filled(size: int, publications: int) -> Streams:
    streams = Streams(size)
    for number in range(publications):
        streams.add("c", str(number))
    return streams


def test_history_is_dropped_a_while_after_the_last_publication() -> None:
    now = 0.0
    streams = Streams(10, ttl=5, monotonic=lambda: now)
    streams.add("c", "1")
    epoch = streams.top("c").epoch
    now = 4
    streams.add("c", "2")
    now = 8
    assert len(streams.recover("c", StreamPosition(0, epoch)).publications) == 2
    now = 9
    assert not streams.recover("c", StreamPosition(0, epoch)).recovered
    assert streams.top("c") == StreamPosition(2, epoch)
    assert streams.recover("c", StreamPosition(2, epoch)).recovered


def test_a_restart_makes_new_epochs() -> None:
    streams = filled(10, 3)
    epoch = streams.top("c").epoch
    streams.restart()
    assert streams.top("c").offset == 0
    assert streams.top("c").epoch != epoch
    assert not streams.recover("c", StreamPosition(3, epoch)).recovered


def test_no_history() -> None:
    streams = filled(0, 3)
    assert not streams.enabled
    assert streams.top("c") == StreamPosition(0, "")


@given(st.integers(1, 400), st.integers(0, 420), st.integers(0, 430))
def test_a_recovery_is_whole_or_nothing(size: int, publications: int, since: int) -> None:
    streams = filled(size, publications)
    top = streams.top("c")
    recovery = streams.recover("c", StreamPosition(since, top.epoch))
    missed = publications - since
    assert recovery.recovered == (0 <= missed <= min(size, RECOVERY_LIMIT))
    expected = range(since + 1, publications + 1) if recovery.recovered else ()
    assert [publication.offset for publication in recovery.publications] == list(expected)
    assert recovery.top == top


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [-86400.0, 0.0, 86400.0])
def test_a_wrong_clock_does_not_matter_to_the_server_itself(offset: float) -> None:
    signer = TokenSigner(ServerClock(offset), 120, 300)
    assert signer.check_connection(signer.connection_token("u")).user_id == "u"
    token = signer.check_subscription(signer.subscription_token("u", "c"))
    assert (token.user_id, token.channel) == ("u", "c")
    assert abs(token.expires_at - ServerClock(offset).unix() - 300) <= 1


def test_expired_at_once() -> None:
    signer = TokenSigner(ServerClock(), 120, 300)
    old = signer.connection_token("u")
    signer.expire_all()
    with pytest.raises(ExpiredToken):
        signer.check_connection(old)
    signer.check_connection(signer.connection_token("u"))


def test_an_unsigned_token_is_invalid() -> None:
    signer = TokenSigner(ServerClock(), 120, 300)
    with pytest.raises(InvalidToken):
        signer.check_connection(jwt.encode({"sub": "u"}, "", algorithm="none"))


def test_an_access_token_is_no_push_token() -> None:
    signer = TokenSigner(ServerClock(), 120, 300)
    with pytest.raises(InvalidToken):
        signer.check_connection(signer.access_token("u", 2**31))


# --- commands ---------------------------------------------------------------------------------------------------------


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**65) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_REQUESTS = st.dictionaries(
    st.sampled_from(["channel", "token", "offset", "epoch", "recover", "subs", "data"]), _VALUES, max_size=4
)


@given(st.dictionaries(st.sampled_from(["id", *METHODS]), _REQUESTS | _VALUES, max_size=3))
def test_any_object(raw: dict[str, object]) -> None:
    try:
        command = parse_command(json.dumps(raw))
    except BadCommand:
        return
    assert isinstance(command, ClientCommand)
    assert command.method in ("", *METHODS)
    assert 0 <= command.number("offset") < 2**64


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        lines = split_frame(text)
    except BadCommand:
        assert text.strip("\n") == ""
        return
    for line in lines:
        with contextlib.suppress(BadCommand):
            parse_command(line)


def test_deep_nesting_is_no_command() -> None:
    with pytest.raises(BadCommand):
        parse_command("[" * 100_000)
