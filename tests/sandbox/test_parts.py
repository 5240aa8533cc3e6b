"""Parts that need no server: the token bucket, what is kept of a channel, tokens, and the reading of commands."""

from __future__ import annotations

import contextlib
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.sandbox.deployment import RateLimiter
from telex_start.sandbox.push_protocol import METHODS, CloseConnection, parse_command, split_frame
from telex_start.sandbox.push_streams import RECOVERY_LIMIT, StreamPosition, Streams
from telex_start.sandbox.signing import ExpiredToken, InvalidToken, ServerClock, TokenSigner


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_calls_than_the_limits_allow(pauses: list[float]) -> None:
    now = 100.0
    limiter = RateLimiter(2, 4, lambda: now)
    assert [limiter.allow("b") for _ in range(5)] == [True] * 4 + [False]
    allowed = 0
    for pause in pauses:
        now += pause
        allowed += limiter.allow("a")
    assert allowed <= 4 + 2 * (now - 100) + 1e-6


# --- history and recovery ---------------------------------------------------------------------------------------------


def test_history_is_dropped_a_while_after_the_last_publication() -> None:
    now = 0.0
    streams = Streams(10, ttl=5, monotonic=lambda: now)
    streams.add("c", "1")
    epoch = streams.top("c").epoch
    now = 4
    streams.add("c", "2")
    now = 8
    assert len(streams.recover("c", StreamPosition(0, epoch)) or ()) == 2
    now = 9
    assert streams.recover("c", StreamPosition(0, epoch)) is None
    assert streams.top("c") == StreamPosition(2, epoch)
    assert streams.recover("c", StreamPosition(2, epoch)) == []


@given(st.integers(1, 400), st.integers(0, 420), st.integers(0, 430))
def test_a_recovery_is_whole_or_nothing(size: int, publications: int, since: int) -> None:
    streams = Streams(size)
    for number in range(publications):
        streams.add("c", str(number))
    recovered = streams.recover("c", StreamPosition(since, streams.top("c").epoch))
    missed = publications - since
    assert (recovered is not None) == (0 <= missed <= min(size, RECOVERY_LIMIT))
    if recovered is not None:
        assert [json.loads(each)["offset"] for each in recovered] == list(range(since + 1, publications + 1))


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [-86400.0, 0.0, 86400.0])
def test_tokens_by_a_clock_that_may_be_wrong(offset: float) -> None:
    signer = TokenSigner(ServerClock(offset), 120, 300)
    old = signer.connection_token("u")
    assert signer.check_connection(old).user_id == "u"
    token = signer.check_subscription(signer.subscription_token("u", "c"))
    assert (token.user_id, token.channel) == ("u", "c")
    assert abs(token.expires_at - ServerClock(offset).unix() - 300) <= 1
    signer.expire_all()
    with pytest.raises(ExpiredToken):
        signer.check_connection(old)
    for none in (jwt.encode({"sub": "u"}, "", algorithm="none"), signer.access_token("u", 2**31)):
        with pytest.raises(InvalidToken):
            signer.check_connection(none)


# --- commands ---------------------------------------------------------------------------------------------------------

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**65) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_REQUESTS = st.dictionaries(
    st.sampled_from(["channel", "token", "offset", "epoch", "recover", "subs", "data"]), _VALUES, max_size=4
)


@given(st.dictionaries(st.sampled_from(["id", *METHODS]), _REQUESTS | _VALUES, max_size=3).map(json.dumps) | st.text())
def test_any_text(text: str) -> None:
    with contextlib.suppress(CloseConnection):
        for line in split_frame(text):
            command = parse_command(line)
            assert command.method in ("", *METHODS)
            assert 0 <= command.offset < 2**64


def test_deep_nesting_is_no_command() -> None:
    with pytest.raises(CloseConnection):
        parse_command("[" * 100_000)
