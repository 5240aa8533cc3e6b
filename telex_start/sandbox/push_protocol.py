"""Centrifugo's client protocol on the server's side: the commands of clients, and the codes that answer them.

Commands are read as strictly as Centrifugo reads them; their shape is that of centrifuge's ``definitions/client.proto``
in JSON. The codes of errors, closes and unsubscribes are in ``errors.go``, ``disconnect.go``, ``unsubscribe.go``. Pure:
text in, commands out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

METHODS = ("connect", "subscribe", "unsubscribe", "refresh", "sub_refresh")
"""The commands of a client that only listens. If one JSON object holds several, the first in this order counts.
Centrifugo knows more commands, and by default permits those to nobody."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ID_LIMIT = 2**32
_OFFSET_LIMIT = 2**64
_TYPES: dict[str, type] = {
    **dict.fromkeys(("channel", "token", "epoch"), str),
    **{"recover": bool, "offset": int, "subs": dict},
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
"""The reason to send with a code if an order gives none."""


class _WithCode(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.reason)
        self.code = code


class ReplyWithError(_WithCode):
    """The command is answered with an error."""


class CloseConnection(_WithCode):
    """The command makes the server close the connection."""


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

    def text(self, key: str) -> str:
        """A string field of the request, empty when absent."""
        return str(self.request.get(key) or "")

    @property
    def offset(self) -> int:
        """The offset of the publication after which to recover; 0 when absent."""
        return int(str(self.request.get("offset") or 0))


def compact(value: object) -> str:
    """JSON as Centrifugo writes it: without spaces, non-ASCII unescaped, except lone surrogates, which UTF-8 cannot
    carry."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def split_frame(text: str) -> list[str]:
    """The lines of a frame; a newline at the very end adds none.

    Raises:
        CloseConnection: the frame is empty.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise CloseConnection(CLOSE_BAD_REQUEST)
    return lines


def parse_command(line: str) -> ClientCommand:
    """Read one line.

    Anything after the first JSON value is ignored, as Centrifugo does.

    Raises:
        CloseConnection: it is no JSON object, or a known field has the wrong type.
    """
    try:
        raw, _ = json.JSONDecoder().raw_decode(line.lstrip(" \t\r"))
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        raise CloseConnection(CLOSE_BAD_REQUEST)
    number = raw.get("id") or 0
    _check(type(number) is int and 0 <= number < _ID_LIMIT)
    requests = {name: raw[name] for name in METHODS if raw.get(name) is not None}
    for request in requests.values():
        check_request(request)
    method, request = next(iter(requests.items()), ("", {}))
    return ClientCommand(number, method, request, raw)


def check_request(request: object) -> None:
    """Check the types of the known fields of a request, and of the entries of ``subs``.

    Raises:
        CloseConnection: it is no object, or a field is of the wrong type.
    """
    if not isinstance(request, dict):
        raise CloseConnection(CLOSE_BAD_REQUEST)
    for key, kind in _TYPES.items():
        value = request.get(key)
        _check(value is None or type(value) is kind)
        _check(kind is not int or 0 <= (value or 0) < _OFFSET_LIMIT)
    for entry in (request.get("subs") or {}).values():
        check_request({} if entry is None else entry)


def _check(good: bool) -> None:
    if not good:
        raise CloseConnection(CLOSE_BAD_REQUEST)
