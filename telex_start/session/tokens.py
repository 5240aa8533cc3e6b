"""Tokens, and the one place that holds them: in memory, never in a log, a repr or a file."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Any, NamedTuple

from ..net import json_text

_FAR = 1e15
"""Unix seconds of no time that anybody will see: an expiry beyond is none."""


class Token(NamedTuple):
    """A connection or subscription token and how long it may be used."""

    value: str
    expires_at: float | None = None
    """Seconds on :func:`telex_start.clock.now`; ``None`` where it is not known."""
    life: float | None = None
    """Seconds it was good for when it came."""

    def __repr__(self) -> str:
        return "Token(…)"

    def usable(self, now: float) -> bool:
        """Whether it is worth sending: it has a moment left, or nobody knows."""
        return self.expires_at is None or self.expires_at - now > min(1.0, 0.1 * (self.life or 10.0))


def claims(token: str) -> dict[str, Any] | None:
    """The payload of a JSON Web Token (RFC 7519), unverified; ``None`` where it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = json_text.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:  # binascii.Error is a ValueError, too
        return None
    return payload if isinstance(payload, dict) else None


def received(value: str, now: float, served_at: float | None) -> Token:
    """A token as it came in an answer.

    Its life is ``exp`` less the *server's* time, counted from its arrival: the wall clock of this machine may be wrong
    by hours, so ``exp`` is never compared with it. Where that comes out as nothing at all, the two clocks of the server
    disagree (whoever signs tokens may be another machine than the one that answers): Telex has just given the token, so
    it is good, and how long for the push server will say.

    Args:
        value: The token.
        now: When it arrived, seconds on :func:`telex_start.clock.now`.
        served_at: The answer's ``Date``, Unix seconds; ``None`` where it had none.
    """
    payload = claims(value) or {}
    expiry = payload.get("exp")
    if served_at is None or not isinstance(expiry, int | float) or isinstance(expiry, bool) or abs(expiry) > _FAR:
        return Token(value)
    life = float(expiry) - served_at
    if life <= 0:
        return Token(value)
    return Token(value, now + life, life)


def why_unusable(subscription: str, channel: str, connection: str) -> str | None:
    """Why a subscription token must not be sent, or ``None``.

    A token for another channel or user does not fail alone: Centrifugo closes the *whole* connection with 3500. One
    that cannot be decoded is sent as it is.
    """
    payload = claims(subscription)
    if payload is None:
        return None
    if payload.get("channel") != channel:
        return "it is for another channel"
    owner = claims(connection)
    if owner is not None and payload.get("sub") != owner.get("sub"):
        return "it is for another user"
    return None


class TokenStore:
    """Every token of the session.

    Written by the session thread while it lives; the main thread clears it at the end of the program, when that thread
    has ended or is left behind. The look-ups and the log's redaction read it on their threads: each read is one step of
    the interpreter.
    """

    __slots__ = ("access", "connection", "notification", "subscriptions")

    def __init__(self) -> None:
        self.access: str | None = None
        self.notification: str | None = None
        self.connection: Token | None = None
        self.subscriptions: dict[str, Token] = {}

    def drop_push_tokens(self) -> None:
        """Forget the tokens for the push server; the session's own stay."""
        self.connection = None
        self.subscriptions.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.access = self.notification = None
        self.drop_push_tokens()

    def __repr__(self) -> str:
        return "TokenStore(…)"
