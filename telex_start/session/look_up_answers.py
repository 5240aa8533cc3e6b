"""What is read of the answers that say what is unread, and how the person set it. Without I/O.

Such an answer may hold many megabytes, nearly all of it messages that nobody needs here: it is read while it comes, one
row at a time, and of a row what the types below name. Any field may be missing, ``null`` or of another type; a row that
makes no sense costs no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct

from ..errors import RateLimited, TelexFailure
from ..events import MESSAGE_FIELDS, ROW_FIELDS
from ..net.json_elements import Elements, TooLarge
from ..net.json_text import REFUSALS, mend
from .telex_api import one_line, stricter

_MOST_TEXT = 8000
"""Characters of a text that are passed on: the news looks at no more."""
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


class Rows(Struct, frozen=True):
    """The conversations in an answer."""

    rows: tuple[dict[str, Any], ...]
    """As :class:`~telex_start.events.UnreadSection` has them."""
    there: int
    """How many rows the answer had, of any kind."""
    whole: bool = True
    """None was left out for its size, or because there are so many."""
    pages: int | None = None
    """How many pages there are, where the answer says so."""


# --- the envelope ---------------------------------------------------------------------------------------------------

_ABSENT = Raw()
_NULL = Raw(b"null")


class Envelope(Struct):
    """Every answer's outside. ``pagination`` is not looked into yet, nor is ``data``, which has lost its rows."""

    status: Any = None
    status_code: Any = None
    message: Any = None
    data: Raw = _ABSENT
    pagination: Raw = _ABSENT


class Reader:
    """Takes an answer while it comes. Of its rows, the elements of a list ``data``, it keeps what is made of each."""

    def __init__(self, make: Callable[[bytes], Any | None] = lambda row: None) -> None:
        """``make``: what is kept of a row; ``None``: nothing."""
        self.rows: list[Any] = []
        """What was made of them."""
        self.whole = True
        """None was left out for its size, or because there are so many."""
        self.found = Envelope()
        """The rest of the answer, after :meth:`end`."""
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
        self.found = _envelope(bytes(self._elements.rest), status, secrets)


def _envelope(text: bytes, http_status: int, secrets: list[str]) -> Envelope:
    found = _read(text, Envelope)
    status = stricter(http_status, found.status_code if found else None)
    if status == 429:
        raise RateLimited("Telex is answering too many requests; it is tried again in a moment.")
    if 300 <= status < 400:
        raise TelexFailure("A redirect came instead of Telex's answer: does this network ask you to log in first?")
    words = (one_line(found.message, secrets) if found else "") or f"HTTP {status}"
    if status >= 500:
        raise TelexFailure(f"Telex's server says: {words.rstrip('.')}.")
    if status >= 400 or found is None:
        raise NotThere(words)
    if found.status == "error":
        raise TelexFailure(f"Telex's server says: {words.rstrip('.')}.")
    if not found.data:
        if found.status != "success" and found.status_code is None:
            raise NotThere("no envelope")
        found.data = _NULL
    return found


# --- JSON with holes ------------------------------------------------------------------------------------------------

T = TypeVar("T")


def _read(text: bytes | Raw, kind: type[T]) -> T | None:
    """A JSON text as that type; ``None`` where it is nothing of the kind."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        return None
    except REFUSALS:
        pass
    mended = bytearray(text)
    mend(mended)
    try:
        return msgspec.json.decode(mended, type=kind)
    except msgspec.ValidationError:
        return None
    except REFUSALS:
        pass
    try:
        return msgspec.json.decode(bytes(mended).decode("utf-8", "replace"), type=kind)
    except REFUSALS:
        return None


def _list(raw: Raw) -> list[Raw] | None:
    """The elements of a list, not looked into; ``null`` and what is absent have none. ``None`` where it is no list."""
    return [] if not raw or raw == _NULL else _read(raw, list[Raw])


def _objects(raw: Raw, kind: type[T]) -> Iterator[T]:
    """The elements of a list that are objects, one at a time."""
    for element in _list(raw) or ():
        if (found := _read(element, kind)) is not None:
            yield found


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

_Row = msgspec.defstruct(
    "_Row",
    [(name, Raw if name == _MESSAGES else Any, UNSET) for name in (*ROW_FIELDS, "is_suggested")],
)
"""A conversation of any section; which of the fields it has depends on that."""
_Message = msgspec.defstruct("_Message", [(name, Any, UNSET) for name in MESSAGE_FIELDS])


class _Page(Struct):
    total_pages: Any = None


def conversations(reader: Reader) -> Rows:
    """The conversations of a section, which :func:`conversation` was made of.

    Raises:
        NotThere: ``data`` is no list.
    """
    _check_list(reader)
    return Rows(tuple(reader.rows), reader.there, reader.whole, _pages(reader.found.pagination))


def _check_list(reader: Reader) -> None:
    if _list(reader.found.data) is None:
        raise NotThere("no list")


def conversation(row: bytes) -> dict[str, Any] | None:
    """A row's conversation. What is no object, or only suggested, is none."""
    read = _read(row, _Row)
    if read is None:
        return None
    told = _fields(read)
    if told.pop("is_suggested", None) is True:
        return None
    messages = told.pop(_MESSAGES, _ABSENT)
    if told.get("thread_count") == 0 and not told.get("mention_count"):
        told.pop("preview_message", None)  # nobody will be told, and there may be thousands of such rows
    elif (newest := next(iter(_list(messages) or ()), None)) is not None:
        message = _read(newest, _Message)
        told[_MESSAGES] = [_fields(message)] if message is not None else []
    return told


def _fields(read: Struct) -> dict[str, Any]:
    """The fields that were there, long texts cut."""
    told = msgspec.structs.asdict(read)
    return {
        name: value[:_MOST_TEXT] if isinstance(value, str) else value
        for name, value in told.items()
        if value is not UNSET
    }


def _pages(pagination: Raw) -> int | None:
    page = next(_objects(pagination, _Page), None) or _read(pagination, _Page) if pagination else None
    total = page.total_pages if page is not None else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None


# --- settings -------------------------------------------------------------------------------------------------------


class _Muted(Struct):
    channels_id: Any = None
    muted: Any = None


class _Preference(Struct):
    notify_about: Any = None
    time_range: Any = None


class _Profile(Struct):
    pause_notification: Any = None
    timezone: Any = None
    organisation_id: Any = None


class _Slugs(Struct):
    organisation_slug: Any = None
    current_organisation_slug: Any = None


def muted_channel(row: bytes) -> str | None:
    """The id of a row's channel, where the person has muted it."""
    read = _read(row, _Muted)
    return _ident(read.channels_id) if read is not None and read.muted is True else None


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
    told = _object(reader, _Preference)
    return _text(told.notify_about, _MOST_NAME), _text(told.time_range, _MOST_NAME) or ""


def profile(reader: Reader) -> tuple[bool, str, str]:
    """Whether the person wants no notifications just now, their time zone (empty: not known), and the id of the
    organisation that this holds for (empty: for all).

    Raises:
        NotThere: ``data`` is no object.
    """
    told = _object(reader, _Profile)
    zone, organisation = _text(told.timezone, _MOST_NAME) or "", _ident(told.organisation_id) or ""
    return told.pause_notification is True, zone, organisation


def slug(reader: Reader) -> str:
    """The organisation's name in the web app's addresses.

    Raises:
        NotThere: it has none.
    """
    told = _object(reader, _Slugs)
    text = _text(told.organisation_slug, _MOST_NAME) or _text(told.current_organisation_slug, _MOST_NAME)
    if text is None:
        raise NotThere("no slug")
    return text


def _object(reader: Reader, kind: type[T]) -> T:
    told = _read(reader.found.data, kind)
    if told is None:
        raise NotThere("no object")
    return told
