"""The commands of clients, read as strictly as Centrifugo reads them.

Their shape is that of centrifuge's ``definitions/client.proto`` in JSON. Pure: text in, commands out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

METHODS = (
    "connect",
    "subscribe",
    "unsubscribe",
    "publish",
    "presence",
    "presence_stats",
    "history",
    "rpc",
    "send",
    "refresh",
    "sub_refresh",
)
"""The commands there are, in the order in which a command that holds several is taken."""

_ID_LIMIT = 2**32
_OFFSET_LIMIT = 2**64
_STRINGS = ("channel", "token", "epoch", "name", "version")
_FLAGS = ("recover", "positioned", "recoverable", "join_leave")


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
    for key in _STRINGS:
        if request.get(key) is not None and not isinstance(request[key], str):
            raise BadCommand(f"{key} is a string")
    for key in _FLAGS:
        if request.get(key) is not None and not isinstance(request[key], bool):
            raise BadCommand(f"{key} is a boolean")
    offset = request.get("offset")
    if offset is not None and (
        not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < _OFFSET_LIMIT
    ):
        raise BadCommand("offset is a uint64")
    subs = request.get("subs")
    if subs is None:
        return
    if not isinstance(subs, dict):
        raise BadCommand("subs is an object")
    for entry in subs.values():
        if entry is not None:
            if not isinstance(entry, dict):
                raise BadCommand("an entry of subs is an object")
            check_request(entry)
