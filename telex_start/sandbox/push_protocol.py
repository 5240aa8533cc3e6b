"""Centrifugo's client protocol on the server's side: the commands of clients, and the codes that answer them.

Commands are read as strictly as Centrifugo reads them; their shape is that of centrifuge's ``definitions/client.proto``
in JSON. The codes of errors, closes and unsubscribes are in ``errors.go``, ``disconnect.go``, ``unsubscribe.go``. Pure:
text in, commands out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

METHODS = (
    *("connect", "subscribe", "unsubscribe", "publish", "presence", "presence_stats"),
    *("history", "rpc", "send", "refresh", "sub_refresh"),
)
"""The commands there are, in the order in which a command that holds several is taken."""

_ID_LIMIT = 2**32
_OFFSET_LIMIT = 2**64
_TYPES: dict[str, type] = {
    **dict.fromkeys(("channel", "token", "epoch", "name", "version"), str),
    **dict.fromkeys(("recover", "positioned", "recoverable", "join_leave"), bool),
    **{"offset": int, "subs": dict},
}


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
    UNSUBSCRIBED_BY_SERVER.number: UNSUBSCRIBED_BY_SERVER.reason,
    UNSUBSCRIBED_EXPIRED.number: UNSUBSCRIBED_EXPIRED.reason,
    **{2500: "insufficient state", 2502: "state invalidated"},
    **{3001: "shutdown", 3004: "internal server error", 3005: "connection expired", 3006: "subscription expired"},
    **{3008: "slow", 3009: "write error", 3010: "insufficient state", 3011: "force reconnect", 3012: "no pong"},
    **{3013: "too many requests", 3014: "state invalidated"},
    **{3500: "invalid token", 3501: "bad request", 3502: "stale", 3503: "force disconnect", 3504: "connection limit"},
    **{3505: "channel limit", 3506: "inappropriate protocol", 3507: "permission denied", 3508: "not available"},
    3509: "too many errors",
}
"""The reason to send with a code, where an order gives none."""


class _WithCode(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.reason)
        self.code = code


class ReplyWithError(_WithCode):
    """The command is answered with an error."""


class CloseConnection(_WithCode):
    """The command makes the server close the connection."""


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


class BadCommand(Exception):
    """The text is no command; the server closes with 3501."""


@dataclass(frozen=True)
class ClientCommand:
    """One command."""

    id: int
    """0 when there was none: then it is a pong, whatever else it holds."""
    method: str
    """One of ``METHODS``, or empty."""
    request: Mapping[str, object]
    """The value under the method's name."""
    raw: object
    """The whole command as it was read."""

    @property
    def is_pong(self) -> bool:
        """Whether the server takes this as the answer to a ping (centrifuge isPong)."""
        return self.id == 0 and self.method != "send"

    def text(self, key: str) -> str:
        """A string field of the request, empty when absent."""
        value = self.request.get(key)
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        """A boolean field of the request, False when absent."""
        return self.request.get(key) is True

    def number(self, key: str) -> int:
        """An integer field of the request, 0 when absent."""
        value = self.request.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0


def split_frame(text: str) -> list[str]:
    """The lines of a frame; a newline at the very end adds none.

    Raises:
        BadCommand: the frame is empty.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise BadCommand("empty frame")
    return lines


def parse_command(line: str) -> ClientCommand:
    """Read one line.

    Anything after the first JSON value is ignored, as Centrifugo does.

    Raises:
        BadCommand: no JSON object, or a known field of the wrong type.
    """
    try:
        raw, _ = _decoder.raw_decode(line.lstrip(" \t\r"))
    except (ValueError, RecursionError) as error:
        raise BadCommand("no JSON") from error
    if not isinstance(raw, dict):
        raise BadCommand("no object")
    number = raw.get("id")
    if number is None:
        number = 0
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _ID_LIMIT:
        raise BadCommand("id is a uint32")
    method, request = "", None
    for name in METHODS:
        value = raw.get(name)
        if value is None:
            continue
        if not isinstance(value, dict):
            raise BadCommand(f"{name} is an object")
        check_request(value)
        if not method:
            method, request = name, value
    return ClientCommand(number, method, request or {}, raw)


def check_request(request: Mapping[str, object]) -> None:
    """Check the types of the known fields of a request, and of the entries of ``subs``.

    Raises:
        BadCommand: a field is of the wrong type.
    """
    for key, kind in _TYPES.items():
        value = request.get(key)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise BadCommand(f"{key} is of another type")
    offset, subs = request.get("offset"), request.get("subs")
    if isinstance(offset, int) and not 0 <= offset < _OFFSET_LIMIT:
        raise BadCommand("offset is a uint64")
    for entry in subs.values() if isinstance(subs, dict) else ():
        if entry is not None:
            if not isinstance(entry, dict):
                raise BadCommand("an entry of subs is an object")
            check_request(entry)
