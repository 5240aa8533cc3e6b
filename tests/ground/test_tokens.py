"""Tokens: what is read from them, and how long they are good for on a machine whose clock is wrong."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.session import tokens
from telex_start.session.tokens import Token, TokenStore

CHANNEL = "o1/u1"
SERVER_TIME = 1_800_000_000.0
NOW = 50.0
"""Seconds on the clock of deadlines, which has nothing to do with the time of day."""


def token(payload: Any, head: Any = None) -> str:
    parts = [json.dumps({"alg": "HS256"} if head is None else head), json.dumps(payload)]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + ".c2ln"


def test_the_claims_of_a_token() -> None:
    assert tokens.claims(token({"sub": "u1", "exp": 7})) == {"sub": "u1", "exp": 7}


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "a.!.c", "a..c", "a.W10.c", "x" * 10_000, "a.ÿ.c", "a.\ud83d.c"]
)
def test_what_is_no_token_has_no_claims(text: str) -> None:
    assert tokens.claims(text) is None


@given(st.text() | st.builds(lambda a: f"h.{urlsafe_b64encode(a).decode()}.s", st.binary()))
def test_no_text_makes_reading_it_raise(text: str) -> None:
    tokens.claims(text)
    tokens.received(text, NOW, SERVER_TIME)
    tokens.why_unusable(text, CHANNEL, text)


@given(st.integers() | st.floats() | st.text() | st.none() | st.booleans() | st.just(10**400))
def test_no_expiry_makes_reading_it_raise(expiry: Any) -> None:
    made = tokens.received(token({"exp": expiry}), NOW, SERVER_TIME)
    assert isinstance(made.usable(NOW), bool)
    assert made.expires_at is None or made.expires_at > NOW


@pytest.mark.parametrize("wrong_by", [0.0, 3600.0, -3600.0])
def test_the_life_of_a_token_counts_from_its_arrival_by_the_servers_time(wrong_by: float) -> None:
    server = SERVER_TIME + wrong_by
    made = tokens.received(token({"exp": server + 120}), NOW, server)
    assert made.expires_at == NOW + 120
    assert made.life == 120
    assert made.usable(NOW)
    assert made.usable(NOW + 118)
    assert not made.usable(NOW + 120)


@pytest.mark.parametrize(
    ("payload", "served_at"),
    [
        ({"exp": SERVER_TIME + 120}, None),
        ({}, SERVER_TIME),
        ({"exp": "soon"}, SERVER_TIME),
        ({"exp": True}, SERVER_TIME),
        # Whoever signs may have another clock than whoever answers: 6 minutes, and nobody got online.
        *(({"exp": SERVER_TIME - ago}, SERVER_TIME) for ago in (0, 60, 360, 1e9)),
    ],
)
def test_a_token_is_sent_where_nobody_knows_how_long_it_is_good_for(payload: Any, served_at: float | None) -> None:
    made = tokens.received(token(payload), NOW, served_at)
    assert made.expires_at is None
    assert made.usable(NOW + 1e9)


def test_a_token_of_four_seconds_is_worth_sending() -> None:
    assert tokens.received(token({"exp": SERVER_TIME + 4}), NOW, SERVER_TIME).usable(NOW + 3)


CONNECTION = token({"sub": "u1", "exp": 1})


def test_a_token_for_the_wanted_channel_and_user_fits() -> None:
    assert tokens.why_unusable(token({"sub": "u1", "channel": CHANNEL}), CHANNEL, CONNECTION) is None


@pytest.mark.parametrize(
    "payload",
    [
        {"sub": "u1", "channel": "o2/u1"},
        {"sub": "u1"},
        {"sub": "u2", "channel": CHANNEL},
        {"channel": CHANNEL},
        {"sub": 1, "channel": CHANNEL},
        {"sub": "u1", "channel": [CHANNEL]},
    ],
)
def test_a_token_that_would_close_the_whole_connection_does_not_fit(payload: Any) -> None:
    assert tokens.why_unusable(token(payload), CHANNEL, CONNECTION) is not None


def test_what_cannot_be_read_is_sent_as_it_is() -> None:
    assert tokens.why_unusable("opaque", CHANNEL, CONNECTION) is None
    assert tokens.why_unusable(token({"sub": "u2", "channel": CHANNEL}), CHANNEL, "opaque") is None


def test_no_token_is_in_a_repr() -> None:
    store = TokenStore()
    store.access = store.notification = "SECRET"
    store.connection = Token("SECRET")
    store.subscriptions[CHANNEL] = Token("SECRET")
    assert "SECRET" not in repr(store) + repr(store.connection) + str(store.connection)


def test_dropping_the_push_tokens_leaves_the_sessions_own() -> None:
    store = TokenStore()
    store.access, store.notification, store.connection = "a", "n", Token("c")
    store.subscriptions[CHANNEL] = Token("s")
    store.drop_push_tokens()
    assert [store.access, store.notification, store.connection, store.subscriptions] == ["a", "n", None, {}]
    store.clear()
    assert [store.access, store.notification] == [None, None]
