"""Centrifugo's error, close and unsubscribe codes (centrifuge ``errors.go``, ``disconnect.go``, ``unsubscribe.go``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A code, and the reason that the server sends with it."""

    number: int
    reason: str


UNKNOWN_CHANNEL = Code(102, "unknown channel")
PERMISSION_DENIED = Code(103, "permission denied")
ALREADY_SUBSCRIBED = Code(105, "already subscribed")
LIMIT_EXCEEDED = Code(106, "limit exceeded")
BAD_REQUEST = Code(107, "bad request")
NOT_AVAILABLE = Code(108, "not available")
TOKEN_EXPIRED = Code(109, "token expired")
EXPIRED = Code(110, "expired")

CLOSE_WITHOUT_FRAME = Code(3000, "connection closed")
CLOSE_SHUTDOWN = Code(3001, "shutdown")
CLOSE_EXPIRED = Code(3005, "connection expired")
CLOSE_SLOW = Code(3008, "slow")
CLOSE_NO_PONG = Code(3012, "no pong")
CLOSE_INVALID_TOKEN = Code(3500, "invalid token")
CLOSE_BAD_REQUEST = Code(3501, "bad request")
CLOSE_STALE = Code(3502, "stale")
CLOSE_NOT_AVAILABLE = Code(3508, "not available")

UNSUBSCRIBED_BY_SERVER = Code(2000, "server unsubscribe")
UNSUBSCRIBED_EXPIRED = Code(2501, "subscription expired")

KNOWN_REASONS = {
    code.number: code.reason
    for code in (
        CLOSE_SHUTDOWN,
        CLOSE_EXPIRED,
        CLOSE_SLOW,
        CLOSE_NO_PONG,
        CLOSE_INVALID_TOKEN,
        CLOSE_BAD_REQUEST,
        CLOSE_STALE,
        Code(3506, "inappropriate protocol"),
        UNSUBSCRIBED_BY_SERVER,
        Code(2500, "insufficient state"),
        UNSUBSCRIBED_EXPIRED,
        Code(3004, "internal server error"),
        Code(3006, "subscription expired"),
        Code(3009, "write error"),
        Code(3010, "insufficient state"),
        Code(3011, "force reconnect"),
        Code(3013, "too many requests"),
        Code(3014, "state invalidated"),
        Code(3503, "force disconnect"),
        Code(3504, "connection limit"),
        Code(3505, "channel limit"),
        Code(3507, "permission denied"),
        CLOSE_NOT_AVAILABLE,
        Code(3509, "too many errors"),
        Code(2502, "state invalidated"),
    )
}
"""The reason to send with a code, where an order gives none."""


class ReplyWithError(Exception):
    """The command is answered with an error."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.reason)
        self.code = code


class CloseConnection(Exception):
    """The command makes the server close the connection."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.reason)
        self.code = code
