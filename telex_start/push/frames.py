"""Decodes and encodes the text frames of Centrifugo's JSON client protocol, version 2. No I/O.

Source: the protocol's ``client.proto``, "Disconnect codes", "Client protocol error codes" and "Unsubscribe codes" of
Centrifugal's documentation (https://centrifugal.dev/docs/server/codes), and the server's behaviour. A frame holds one
or more JSON objects separated by newlines. A server omits zero values, so every field may be absent; unknown fields and
kinds are ignored; a field of a type other than expected counts as absent.

:func:`read_json` reads all JSON that comes over the network, that of Telex's API, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

# NaN and the infinities, which are no JSON, count as null: no code that uses these numbers expects them.
json_decoder = json.JSONDecoder(parse_constant=lambda _: None)


def read_json(text: bytes | str) -> Any:
    """The value of a JSON text, read with tolerance: bytes that are no UTF-8 become U+FFFD.

    So does half an emoji (a lone surrogate: a text or name was cut inside the emoji), which Telex and a real Centrifugo
    pass on. So no other code has to expect one, and everything can be written as UTF-8.

    Raises:
        ValueError: the text is no JSON, or is nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        value = json_decoder.decode(text)
        if "\\ud" in text or "\\uD" in text:
            whole = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
            value = json_decoder.decode(whole.decode("utf-16-le", "replace"))
    except RecursionError as error:
        raise ValueError(str(error)) from None
    return value


UNREADABLE = 1
"""Client-side error code for a reply that is no JSON; below 100, so it is retried like a time-out."""

MOST_LINES = 200_000
"""Lines of a frame that are read: more than the largest frame can hold if each line is a publication."""
MOST_UNREADABLE = 100
"""Lines of a frame that may be unreadable: each costs more time than a readable one."""

_REPLY_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*([1-9]\d{0,9})\s*[,}]')
_PUSH_CHANNEL = re.compile(rb'"channel"\s*:\s*"([^"\\]{1,255})"')

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
"""A message is too large (same section)."""


def terminal(close_code: int) -> bool:
    """Whether a close code asks not to simply reconnect."""
    return 3500 <= close_code <= 3999 or 4500 <= close_code <= 4999


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


class Publication(NamedTuple):
    """One message of a channel."""

    data: Any
    offset: int = 0
    """Its place in the channel's stream; 0 if the channel keeps no history."""


class ReplyError(NamedTuple):
    """Why a command failed."""

    code: int
    message: str = ""
    temporary: bool = False

    @property
    def passes(self) -> bool:
        """Whether the command may succeed later, maybe with a fresh token; codes below 100 are the client's own."""
        return self.code < 100 or self.code in (TOKEN_EXPIRED, EXPIRED) or self.temporary


class Subscribed(NamedTuple):
    """The content of a subscribe reply, a subscribe push, or an entry of a connect reply's ``subs``."""

    expires: bool = False
    ttl: int = 0
    """Whole seconds until the subscription expires, if ``expires``."""
    recoverable: bool = False
    epoch: str = ""
    offset: int = 0
    recovered: bool = False
    was_recovering: bool = False
    publications: tuple[Publication, ...] = ()


class Connected(NamedTuple):
    """What a connect reply says."""

    expires: bool
    ttl: int
    ping: int
    """Seconds between the server's pings; 0: it sends none."""
    pong: bool
    """Whether each ping is to be answered."""
    subs: dict[str, Subscribed]


class Refreshed(NamedTuple):
    """The content of a refresh or sub_refresh reply, or a push: the server has refreshed the connection by itself."""

    expires: bool = False
    ttl: int = 0


class Reply(NamedTuple):
    """The answer to the command with this id; at most one of the other fields is set."""

    id: int
    error: ReplyError | None = None
    connect: Connected | None = None
    subscribe: Subscribed = Subscribed()
    refresh: Refreshed = Refreshed()


@dataclass(frozen=True)
class Ping:
    """The server asks whether we are there."""


class PublicationPush(NamedTuple):
    """A publication, live."""

    channel: str
    publication: Publication


class SubscribePush(NamedTuple):
    """The server subscribed us."""

    channel: str
    subscribed: Subscribed


class UnsubscribePush(NamedTuple):
    """The server unsubscribed us."""

    channel: str
    code: int


class DisconnectPush(NamedTuple):
    """The server is about to close the connection, for this reason."""

    code: int


class Unreadable(NamedTuple):
    """A push that is no JSON."""

    channel: str | None


@dataclass(frozen=True)
class Gibberish:
    """The rest of the frame is not read: whoever sends this is no Centrifugo, and reading it all takes seconds."""


Message = (
    Reply
    | Ping
    | PublicationPush
    | SubscribePush
    | UnsubscribePush
    | Refreshed
    | DisconnectPush
    | Unreadable
    | Gibberish
)


def decode(frame: bytes) -> Iterator[Message]:
    """The messages of a frame, in order. Never raises: for an unreadable line there is a message that says so.

    It takes time in proportion to the frame's size, and never more than a fraction of a second: see :class:`Gibberish`.
    """
    lines = frame.split(b"\n", MOST_LINES)
    unreadable = 0
    for line in lines[:MOST_LINES]:
        if not line or line.isspace():
            continue
        try:
            message = _message_of(read_json(line))
        except ValueError:
            message = _unread(line)
            unreadable += 1
        if message is not None:
            yield message
        if unreadable > MOST_UNREADABLE:
            yield Gibberish()
            return
    if any(lines[MOST_LINES:]):
        yield Gibberish()


def _unread(line: bytes) -> Message:
    if found := _REPLY_ID.match(line):
        return Reply(int(found[1]), error=ReplyError(UNREADABLE, "the reply cannot be read"))
    channel = _PUSH_CHANNEL.search(line)
    return Unreadable(channel[1].decode("utf-8", "replace") if channel else None)


def _message_of(value: Any) -> Message | None:
    if not isinstance(value, dict):
        return None
    if ident := _integer(value, "id"):
        return _reply(ident, value)
    if "push" in value:
        push = value["push"]
        return _push(push) if isinstance(push, dict) else None
    return Ping() if "error" not in value else None


def _reply(ident: int, value: dict[str, Any]) -> Reply:
    if isinstance(error := value.get("error"), dict):
        return Reply(
            ident,
            error=ReplyError(_integer(error, "code"), _text(error, "message"), error.get("temporary") is True),
        )
    if isinstance(body := value.get("connect"), dict):
        return Reply(ident, connect=_connected(body))
    if isinstance(body := value.get("subscribe"), dict):
        return Reply(ident, subscribe=_subscribed(body))
    for kind in ("refresh", "sub_refresh"):
        if isinstance(body := value.get(kind), dict):
            return Reply(ident, refresh=_refreshed(body))
    return Reply(ident)


def _push(push: dict[str, Any]) -> Message | None:
    channel = _text(push, "channel")
    for kind, make in _PUSHES.items():
        if isinstance(body := push.get(kind), dict):
            return make(channel, body)
    return None


def _connected(body: dict[str, Any]) -> Connected:
    subs = body.get("subs")
    return Connected(
        expires=body.get("expires") is True,
        ttl=_integer(body, "ttl"),
        ping=_integer(body, "ping"),
        pong=body.get("pong") is True,
        subs={name: _subscribed(sub) for name, sub in subs.items() if isinstance(sub, dict)}
        if isinstance(subs, dict)
        else {},
    )


def _subscribed(body: dict[str, Any]) -> Subscribed:
    publications = body.get("publications")
    epoch = _text(body, "epoch")
    return Subscribed(
        expires=body.get("expires") is True,
        ttl=_integer(body, "ttl"),
        recoverable=body.get("recoverable") is True,
        epoch=epoch if epoch.isascii() else "",  # we send it back as it came, so it must be plain
        offset=_integer(body, "offset"),
        recovered=body.get("recovered") is True,
        was_recovering=body.get("was_recovering") is True,
        publications=tuple(_publication(item) for item in publications if isinstance(item, dict))
        if isinstance(publications, list)
        else (),
    )


def _refreshed(body: dict[str, Any]) -> Refreshed:
    return Refreshed(expires=body.get("expires") is True, ttl=_integer(body, "ttl"))


def _publication(body: dict[str, Any]) -> Publication:
    return Publication(body.get("data"), _integer(body, "offset"))


_PUSHES: dict[str, Callable[[str, dict[str, Any]], Message]] = {
    "pub": lambda channel, body: PublicationPush(channel, _publication(body)),
    "unsubscribe": lambda channel, body: UnsubscribePush(channel, _integer(body, "code")),
    "subscribe": lambda channel, body: SubscribePush(channel, _subscribed(body)),
    "refresh": lambda _, body: _refreshed(body),
    "disconnect": lambda _, body: DisconnectPush(_integer(body, "code")),
}


def _integer(body: dict[str, Any], key: str) -> int:
    """A field that is an integer from 1 to 2^64 - 1 (offsets are uint64); all else counts as absent: 0."""
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 64 else 0


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def encode(ident: int, kind: str, body: dict[str, Any]) -> str:
    """One command as JSON text, without a newline. ``ident`` must be above 0: without an id it would be a pong."""
    assert ident > 0
    return json.dumps({"id": ident, kind: body}, separators=(",", ":"))


PONG = "{}"


def batches(commands: list[str], limit: int = 32 * 1024) -> Iterator[str]:
    """Join commands by newlines into frames of at most ``limit`` bytes (a larger command goes alone).

    A server closes the connection over a frame of more than 64 KiB (``message_size_limit``).
    """
    batch: list[str] = []
    size = 0
    for command in commands:
        length = len(command.encode()) + 1
        if batch and size + length > limit:
            yield "\n".join(batch)
            batch, size = [], 0
        batch.append(command)
        size += length
    if batch:
        yield "\n".join(batch)
