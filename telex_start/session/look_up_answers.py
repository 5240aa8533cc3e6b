"""What is read of the answers that say what is unread, and how the person set it. Without I/O.

Such an answer may hold many megabytes, nearly all of it messages that nobody needs here: it is read while it comes, one
row at a time, and of a row the fields that are used are kept. Any field may be missing, ``null`` or of another type; a
row that makes no sense costs no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..errors import Refused, TelexFailure
from ..events import MESSAGE_FIELDS, ROW_FIELDS
from ..net import json_text
from ..net.json_text import Elements, TooLarge
from . import telex_api

_MOST_TEXT = 1000
"""Characters of a text that are passed on: as many as a notification shows. Of longer ones, a thousand unread channels
leave 12 MB of memory in pieces (glibc 2.36)."""
_MOST_NAME = 256
_MOST_ID = 128
MOST_ROWS = 10_000
"""Rows of an answer that are kept; no more unread conversations are remembered (:mod:`telex_start.news.unread`)."""
MOST_AT_ONCE = 4 * 1024 * 1024
"""Bytes of a row, and of all that is no row. A larger row is left out."""
MOST_BYTES = 256 * 1024 * 1024
"""An answer larger than this is read no further."""


class NotThere(Exception):
    """This deployment has no such call, does not let this person use it, or answers it in no way that is known."""


class Rows(NamedTuple):
    """The conversations in an answer."""

    rows: tuple[dict[str, Any], ...]
    """As :class:`~telex_start.events.UnreadSection` has them."""
    there: int
    """How many rows the answer had, of any kind."""
    whole: bool = True
    """None was left out for its size, or because there are so many."""
    pages: int | None = None
    """How many pages there are, where the answer says so."""


class Reader:
    """Takes an answer while it comes. Of its rows, the elements of a list ``data``, it keeps what is made of each."""

    def __init__(self, make: Callable[[bytes], Any | None] = lambda row: None) -> None:
        """``make``: what is kept of a row; ``None``: nothing."""
        self.rows: list[Any] = []
        """What was made of them."""
        self.whole = True
        """None was left out for its size, or because there are so many."""
        self.envelope: dict[str, Any] = {}
        """The rest of the answer, after :meth:`end`; its ``data`` has lost its rows."""
        self.size = 0
        """Bytes that came."""
        self._make = make
        self._elements = Elements(MOST_AT_ONCE)

    @property
    def there(self) -> int:
        """How many rows the answer had, of any kind."""
        return self._elements.there

    def take(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            TelexFailure: it is far too large without its rows.
            NotThere: it is far too large.
        """
        self.size += len(piece)
        if self.size > MOST_BYTES:  # asked for again in a minute, it would be no smaller
            raise NotThere("the answer is far too large to be Telex's")
        try:
            rows = self._elements.feed(piece)
        except TooLarge:
            raise TelexFailure("The answer was far too large to be Telex's.") from None
        for row in rows:
            if len(self.rows) >= MOST_ROWS:
                self.whole = False
            elif (made := self._make(row)) is not None:
                self.rows.append(made)

    def end(self, status: int, secrets: list[str]) -> None:
        """All has come: see what the answer is.

        Args:
            status: Its HTTP status.
            secrets: What the request carried: struck out of the words of an error.

        Raises:
            RateLimited, TelexFailure: again later.
            NotThere: it is refused, or no envelope.
        """
        self.whole = self.whole and not self._elements.left_out
        try:
            self.envelope = telex_api.envelope(bytes(self._elements.rest), status, secrets)
        except Refused as refused:
            raise NotThere(refused.message) from None
        except telex_api.NoEnvelope as error:
            if status >= 500:
                raise
            raise NotThere(error.message) from None
        if self.envelope.get("status") != "success" and not self.envelope.keys() & {"status_code", "data"}:
            raise NotThere("no envelope")


# --- JSON with holes ------------------------------------------------------------------------------------------------


def _object(text: bytes) -> dict[str, Any] | None:
    """The object that a JSON text is; ``None`` where it is none."""
    try:
        value = json_text.decode(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _text(value: Any, most: int) -> str | None:
    """A string of so many characters at most; ``None`` where there is none."""
    return value[:most] if isinstance(value, str) and value else None


def _ident(value: Any) -> str | None:
    """An id as publications have it: a string, or a number made one."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
        return str(value)
    return value if isinstance(value, str) and 0 < len(value) <= _MOST_ID else None


# --- conversations --------------------------------------------------------------------------------------------------

_MESSAGES = "preview_thread"


def conversations(reader: Reader) -> Rows:
    """The conversations of a section, which :func:`conversation` was made of.

    Raises:
        NotThere: ``data`` is no list.
    """
    _check_list(reader)
    return Rows(tuple(reader.rows), reader.there, reader.whole, _pages(reader.envelope.get("pagination")))


def _check_list(reader: Reader) -> None:
    if not isinstance(reader.envelope.get("data"), list | None):
        raise NotThere("no list")


def conversation(row: bytes) -> dict[str, Any] | None:
    """A row's conversation. What is no object, or only suggested, is none."""
    found = _object(row)
    if found is None or found.get("is_suggested") is True:
        return None
    told = _fields(found, ROW_FIELDS)
    messages = told.pop(_MESSAGES, None)
    if told.get("thread_count") == 0 and not told.get("mention_count"):
        told.pop("preview_message", None)  # nobody will be told, and there may be thousands of such rows
    elif isinstance(messages, list) and messages:
        told[_MESSAGES] = [_fields(messages[0], MESSAGE_FIELDS)] if isinstance(messages[0], dict) else []
    return told


def _fields(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of these fields that are there, long texts cut."""
    there = ((name, found[name]) for name in names if name in found)
    return {name: value[:_MOST_TEXT] if isinstance(value, str) else value for name, value in there}


def _pages(pagination: Any) -> int | None:
    objects = (one for one in (pagination if isinstance(pagination, list) else [pagination]) if isinstance(one, dict))
    total = next(objects, {}).get("total_pages")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


# --- settings -------------------------------------------------------------------------------------------------------


def muted_channel(row: bytes) -> str | None:
    """The id of a row's channel, where the person has muted it."""
    found = _object(row)
    return _ident(found.get("channels_id")) if found is not None and found.get("muted") is True else None


def muted(reader: Reader) -> frozenset[str]:
    """The ids of the channels that the person has muted, which :func:`muted_channel` was made of.

    Raises:
        NotThere: ``data`` is no list.
    """
    _check_list(reader)
    return frozenset(reader.rows)


def preference(reader: Reader) -> tuple[str | None, str]:
    """What the person wants to be notified about in an organisation, and in which hours of the day (empty: in all).

    Raises:
        NotThere: ``data`` is no object.
    """
    told = _data(reader)
    return _text(told.get("notify_about"), _MOST_NAME), _text(told.get("time_range"), _MOST_NAME) or ""


def profile(reader: Reader) -> tuple[bool, str, str]:
    """Whether the person wants no notifications just now, their time zone (empty: not known), and the id of the
    organisation that this holds for (empty: for all).

    Raises:
        NotThere: ``data`` is no object.
    """
    told = _data(reader)
    zone, organisation = _text(told.get("timezone"), _MOST_NAME) or "", _ident(told.get("organisation_id")) or ""
    return told.get("pause_notification") is True, zone, organisation


def slug(reader: Reader) -> str:
    """The organisation's name in the web app's addresses.

    Raises:
        NotThere: it has none.
    """
    told = _data(reader)
    for name in ("organisation_slug", "current_organisation_slug"):
        if text := _text(told.get(name), _MOST_NAME):
            return text
    raise NotThere("no slug")


def _data(reader: Reader) -> dict[str, Any]:
    data = reader.envelope.get("data")
    if not isinstance(data, dict):
        raise NotThere("no object")
    return data
