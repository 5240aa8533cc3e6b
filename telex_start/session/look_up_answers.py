"""What is read of the answers that say what is unread, and how the person set it. Without I/O.

Such an answer may hold megabytes, nearly all of it messages that nobody needs here: it is read by the types below, one
row at a time, and what they do not name is skipped. Any field may be missing, ``null`` or of another type; a row that
makes no sense costs no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from ..errors import RateLimited, TelexFailure
from ..events import SpokenMessage, UnreadRow
from ..net.https import Answer
from ..net.json_text import REFUSALS
from .telex_api import one_line, stricter

_MOST_TEXT = 20_000
"""Characters of a text that are passed on."""
_MOST_NAME = 256
_MOST_ID = 128
_MOST_NAMES = 50
"""Members of a group that are passed on by name."""
_MOST_COUNT = 1 << 53


class NotThere(Exception):
    """This deployment has no such call, does not let this person use it, or answers it in no way that is known."""


class Rows(Struct, frozen=True):
    """The conversations in an answer."""

    rows: tuple[UnreadRow, ...]
    whole: bool
    """No conversation was left out because its count made no sense."""
    there: int
    """How many rows the answer had, of any kind."""
    pages: int | None = None
    """How many pages there are, where the answer says so."""


# --- the envelope ---------------------------------------------------------------------------------------------------

_ABSENT = Raw()
_NULL = Raw(b"null")


class Envelope(Struct):
    """Every answer's outside; ``data`` and ``pagination`` are not looked into yet."""

    status: Any = None
    status_code: Any = None
    message: Any = None
    data: Raw = _ABSENT
    pagination: Raw = _ABSENT


def envelope(answer: Answer) -> Envelope:
    """The envelope of an answer that is none of a failure.

    Raises:
        RateLimited, TelexFailure: again later.
        NotThere: it is refused, or no envelope.
    """
    found = _read(answer.body, Envelope)
    status = stricter(answer.status, found.status_code if found else None)
    if status == 429:
        raise RateLimited("Telex is answering too many requests; it is tried again in a moment.")
    if 300 <= status < 400:
        raise TelexFailure("A redirect came instead of Telex's answer: does this network ask you to log in first?")
    words = (one_line(found.message) if found else "") or f"HTTP {status}"
    if status >= 500:
        raise TelexFailure(f"Telex's server says: {words.rstrip('.')}.")
    if status >= 400 or found is None:
        raise NotThere(words)
    if found.status == "error":
        raise TelexFailure(f"Telex's server says: {words.rstrip('.')}.")
    if not bytes(found.data):
        if found.status != "success" and found.status_code is None:
            raise NotThere("no envelope")
        found.data = _NULL
    return found


# --- JSON with holes ------------------------------------------------------------------------------------------------

T = TypeVar("T")

_ESCAPED_SURROGATES = re.compile(rb"(?<!\\)((?:\\\\)*)((?:\\u[dD][89a-fA-F][0-9a-fA-F]{2})+)")
"""Escapes of surrogates in a row, behind an even number of backslashes."""
_REPLACED = rb"\ufffd"


def repaired(text: bytes) -> bytes:
    """JSON text with U+FFFD for each lone surrogate and for what is no UTF-8; msgspec refuses a whole text for one."""
    text = _ESCAPED_SURROGATES.sub(lambda found: found[1] + _paired(found[2]), text)
    return text.decode("utf-8", "replace").encode()


def _paired(run: bytes) -> bytes:
    escapes = [run[place : place + 6] for place in range(0, len(run), 6)]
    result, index = [], 0
    while index < len(escapes):
        high = escapes[index][3:4] in b"89abAB"
        if high and index + 1 < len(escapes) and escapes[index + 1][3:4] in b"cdefCDEF":
            result += escapes[index : index + 2]
            index += 2
        else:
            result.append(_REPLACED)
            index += 1
    return b"".join(result)


def _read(text: bytes | Raw, kind: type[T]) -> T | None:
    """A JSON text as that type; ``None`` where it is nothing of the kind."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        return None
    except (*REFUSALS, UnicodeDecodeError):
        pass
    try:
        return msgspec.json.decode(repaired(bytes(text)), type=kind)
    except (*REFUSALS, UnicodeDecodeError):
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


def _count(value: Any) -> int | None:
    """A count; 0 where there is none, ``None`` where it makes no sense."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return max(0, min(value, _MOST_COUNT))


# --- conversations --------------------------------------------------------------------------------------------------


class _Row(Struct):
    """A conversation of any section; which of the fields it has depends on that."""

    channels_id: Any = None
    channel_id: Any = None
    id: Any = None
    name: Any = None
    username: Any = None
    description: Any = None
    channel_type: Any = None
    participant_id: Any = None
    participants: Raw = _ABSENT
    thread_count: Any = None
    mention_count: Any = None
    last_thread_id: Any = None
    preview_message: Any = None
    preview_thread: Raw = _ABSENT
    is_suggested: Any = None


class _Message(Struct):
    thread_id: Any = None
    user_id: Any = None
    username: Any = None
    full_name: Any = None
    user_type: Any = None
    message: Any = None
    type: Any = None
    media: Raw = _ABSENT


class _Member(Struct):
    username: Any = None
    full_name: Any = None
    name: Any = None


class _Page(Struct):
    total_pages: Any = None


def conversations(found: Envelope) -> Rows:
    """The conversations of a section.

    Raises:
        NotThere: ``data`` is no list.
    """
    elements = _list(found.data)
    if elements is None:
        raise NotThere("no list")
    rows: list[UnreadRow] = []
    whole = True
    for element in elements:
        row = _read(element, _Row)
        if row is None or row.is_suggested is True:
            continue
        ident = _ident(row.channels_id) or _ident(row.channel_id) or _ident(row.id)
        if ident is None:
            continue
        unread, mentions = _count(row.thread_count), _count(row.mention_count)
        if unread is None:
            whole = False
        else:
            rows.append(_conversation(row, ident, unread, mentions))
    return Rows(tuple(rows), whole, len(elements), _pages(found.pagination))


def _conversation(row: _Row, ident: str, unread: int, mentions: int | None) -> UnreadRow:
    group = row.channel_type == "group_dm"
    known = UnreadRow(
        ident,
        unread,
        mentions if row.mention_count is not None else None,
        _text(row.name, _MOST_NAME) or _text(row.username, _MOST_NAME),
        group=group,
        participant=_ident(row.participant_id),
        participants=_names(row.participants) if group else (),
    )
    if not unread and not mentions:
        return known  # nobody will be told more of it
    return msgspec.structs.replace(
        known,
        description=_text(row.description, _MOST_TEXT),
        thread=_ident(row.last_thread_id),
        preview=_text(row.preview_message, _MOST_TEXT),
        message=_latest(row.preview_thread),
    )


def _latest(messages: Raw) -> SpokenMessage | None:
    """The newest message; they come newest first. What the service itself says ("Ada joined") is none."""
    for message in _objects(messages, _Message):
        if message.type != "system":
            return SpokenMessage(
                _ident(message.thread_id),
                _ident(message.user_id),
                _text(message.username, _MOST_NAME),
                _text(message.full_name, _MOST_NAME),
                message.user_type == "bot",
                _text(message.message, _MOST_TEXT),
                len(_list(message.media) or ()),
            )
    return None


def _names(members: Raw) -> tuple[str, ...]:
    names: list[str] = []
    for element in (_list(members) or ())[:_MOST_NAMES]:
        if (member := _read(element, _Member)) is not None:
            name = next((each for each in (member.full_name, member.username, member.name) if _text(each, 1)), None)
        else:
            name = _read(element, str)
        if text := _text(name, _MOST_NAME):
            names.append(text)
    return tuple(names)


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


class _Slugs(Struct):
    organisation_slug: Any = None
    current_organisation_slug: Any = None


def muted(found: Envelope) -> frozenset[str]:
    """The ids of the channels that the person has muted.

    Raises:
        NotThere: ``data`` is no list.
    """
    if _list(found.data) is None:
        raise NotThere("no list")
    return frozenset(
        ident
        for each in _objects(found.data, _Muted)
        if each.muted is True and (ident := _ident(each.channels_id)) is not None
    )


def preference(found: Envelope) -> tuple[str | None, str | None]:
    """What the person wants to be notified about in an organisation, and in which hours of the day.

    Raises:
        NotThere: ``data`` is no object.
    """
    told = _object(found, _Preference)
    return _text(told.notify_about, _MOST_NAME), _text(told.time_range, _MOST_NAME)


def profile(found: Envelope) -> tuple[bool, str | None]:
    """Whether the person wants no notifications just now, and their time zone.

    Raises:
        NotThere: ``data`` is no object.
    """
    told = _object(found, _Profile)
    return told.pause_notification is True, _text(told.timezone, _MOST_NAME)


def slug(found: Envelope) -> str:
    """The organisation's name in the web app's addresses.

    Raises:
        NotThere: it has none.
    """
    told = _object(found, _Slugs)
    text = _text(told.organisation_slug, _MOST_NAME) or _text(told.current_organisation_slug, _MOST_NAME)
    if text is None:
        raise NotThere("no slug")
    return text


def _object(found: Envelope, kind: type[T]) -> T:
    told = _read(found.data, kind)
    if told is None:
        raise NotThere("no object")
    return told
