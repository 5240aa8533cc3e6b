"""What Centrifugo's error, close and unsubscribe codes ask of a client.

Source: "Disconnect codes", "Client protocol error codes" and "Unsubscribe codes" of Centrifugal's documentation,
https://centrifugal.dev/docs/server/codes.
"""

from __future__ import annotations

from enum import Enum

TOKEN_EXPIRED = 109
EXPIRED = 110
PERMISSION_DENIED = 103
ALREADY_SUBSCRIBED = 105
LIMIT_EXCEEDED = 106
"""To a subscribe: the connection has as many channels as the server allows (``channel_limit``, usually 128)."""

CONNECTION_EXPIRED = 3005
TOO_MANY_REQUESTS = 3013
STATE_INVALIDATED = 3014
INVALID_TOKEN = 3500

UNSUBSCRIBED_TOKEN_EXPIRED = 2501
UNSUBSCRIBED_STATE_INVALIDATED = 2502

NO_CLOSE_FRAME = 1006
"""The TCP connection ended without a close frame (RFC 6455, section 7.4.1)."""
MESSAGE_TOO_BIG = 1009
"""A message is too large to be taken (likewise)."""


def terminal(close_code: int) -> bool:
    """Whether a close code asks not to reconnect as if nothing had happened."""
    return 3500 <= close_code <= 3999 or 4500 <= close_code <= 4999


class ErrorAction(Enum):
    """What to do after a command was answered with an error."""

    RETRY = "retry"
    """The same again, with backoff."""
    NEW_TOKEN = "new_token"
    """Again with backoff, with a fresh token."""
    GIVE_UP = "give_up"
    """Not again soon: it is refused."""


def action(code: int, temporary: bool) -> ErrorAction:
    """The action for an error code. Codes below 100 are the client's own (a time-out, an unreadable reply)."""
    if code in (TOKEN_EXPIRED, EXPIRED):
        return ErrorAction.NEW_TOKEN
    if code < 100 or temporary:
        return ErrorAction.RETRY
    return ErrorAction.GIVE_UP


_REASONS = {
    1009: "a message was too large",
    3001: "Telex is restarting",
    3004: "Telex had an internal error",
    3005: "the connection's token ran out",
    3008: "this machine reads too slowly",
    3009: "the connection broke",
    3010: "Telex lost the stream's state",
    3011: "Telex asked to reconnect",
    3012: "Telex missed an answer to its ping",
    3013: "Telex is too busy",
    3014: "Telex started afresh",
    3500: "Telex refused a token",
    3501: "Telex did not understand a request",
    3502: "the connection was too slow to start",
    3503: "Telex ended the connection",
    3504: "too many connections",
    3505: "too many organisations",
    3507: "permission denied",
}


def reason(close_code: int) -> str:
    """A close code in a few words, fit for the status line."""
    if close_code in _REASONS:
        return f"{_REASONS[close_code]} ({close_code})"
    if close_code in (1000, 1001, NO_CLOSE_FRAME):
        return "the connection was lost"
    return f"Telex closed the connection ({close_code})"
