"""Tokens, and the one place that holds them: in memory, never in a log, a repr or a file."""

from __future__ import annotations

from typing import NamedTuple


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


class TokenStore:
    """Every token of the session.

    Written by the session thread while it lives; the main thread clears it at the end of the program, when that thread
    has ended or is left behind. The polls and the log's redaction read it on their threads: each read is one step of
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
