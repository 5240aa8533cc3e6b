"""Makes Telex's calls for polls (unread, settings, slugs), and those that mark as read or decline a call.

All use the access token, on the thread of the polls. An answer may hold many megabytes, nearly all of them messages
that are not needed here: it is read while it comes, one row at a time, and only the fields in use are kept of a row.
Any field may be missing, ``null`` or of another type; a row that makes no sense does not cost the other rows.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import quote

from ..errors import RateLimited, Refused, TelexFailure
from ..net.https import Https
from ..net.sockets import Deadline
from ..news import publications as read
from ..push.frames import json_decoder, read_json
from . import telex_api
from .pace import Shared

SECTIONS = (read.CHANNELS, read.DIRECT, read.AGENTS)
"""The sections of the unread, as publications name them."""
ROW_FIELDS = (
    *("channels_id", "channel_id", "id", "name", "username", "channel_type", "participant_id", "participants"),
    *("thread_count", "mention_count", "last_thread_id", "preview_message", "preview_thread", "media"),
)
"""The fields of a row that are used; what they mean is the same as in a publication."""
MESSAGE_FIELDS = ("user_id", "username", "full_name", "message", "media", "type", "thread_id")
"""The fields of a message in ``preview_thread`` that are used."""
MOST_PAGES = 20
"""Pages of direct messages that are asked for, at most."""
_PAGE = 50
_MOST_AGENTS = 1000

_MOST_TEXT = 1000
"""Characters of a text that are passed on: as many as a notification shows. With longer ones, a thousand unread
channels leave 12 MB of fragmented memory (glibc 2.36)."""
_MOST_ROWS = 10_000
"""Rows of an answer that are kept: as many as unread conversations are remembered (:mod:`telex_start.news.unread`)."""
_MOST_AT_ONCE = 16 * 1024 * 1024
"""Characters of a row, at most, and of all that is no row."""
_NO_SPACE = re.compile(r"[^ \t\r\n]")
_MOST_BYTES = 256 * 1024 * 1024
"""An answer larger than this is read no further."""


class NotThere(Exception):
    """This deployment has no such call, does not let this person use it, or answers it in no way that is known."""


class PollCalls:
    """Makes the calls, one at a time and however slow they are: whoever needs them has a thread for it.

    Raises (every call):
        Temporary: no network, a rate limit or a failure of the service; again later.
        NotThere: this deployment does not have it.
    """

    def __init__(self, base: str, https: Https, shared: Shared) -> None:
        """
        Args:
            base: The API's address, without a slash at its end.
            https: Sends the requests; for this thread alone.
            shared: Its pacer is told how every request was answered; the caller has waited by :meth:`.Pacer.take`.
        """
        self.https = https
        self.size = 0
        """Bytes of the answer that came last."""
        self._base = base
        self._shared = shared

    def unread(
        self, section: str, organisation: str, leave: Callable[[], None]
    ) -> tuple[tuple[dict[str, Any], ...], bool]:
        """The conversations of a section of an organisation, and whether these are all.

        Args:
            section: One of :data:`SECTIONS`.
            organisation: Its id.
            leave: Waits until another request may go out, if more than one is needed.
        """
        path = f"/organisations/{_segment(organisation)}"
        if section == read.DIRECT:
            return self._direct(f"{path}/dms", leave)
        found = self._list(
            f"{path}/user-channels" if section == read.CHANNELS else f"{path}/fetch-bots?limit={_MOST_AGENTS}",
            _conversation,
        )
        return tuple(found.rows), found.whole and not (section == read.AGENTS and found.there >= _MOST_AGENTS)

    def _direct(self, path: str, leave: Callable[[], None]) -> tuple[tuple[dict[str, Any], ...], bool]:
        rows: dict[str, dict[str, Any]] = {}
        whole = True
        for page in range(1, MOST_PAGES + 1):
            if page > 1:
                leave()
            found = self._list(f"{path}?page={page}&limit={_PAGE}", _conversation)
            pages = _pages(found.envelope.get("pagination"))
            whole = whole and found.whole
            before = len(rows)
            for row in found.rows:
                # A conversation that moves to another page meanwhile comes twice.
                rows.setdefault(repr(row.get("channel_id")), row)
            if found.there < _PAGE if pages is None else page >= pages:
                return tuple(rows.values()), whole
            if pages is None and len(rows) == before:
                break  # a server that knows no pages gives the same one again and again
        return tuple(rows.values()), False

    def muted(self, organisation: str) -> frozenset[str]:
        """The ids of the channels that the person has muted in an organisation."""
        path = f"/organisations/{_segment(organisation)}/channels/notification-preference"
        return frozenset(self._list(path, _muted_channel).rows)

    def preference(self, organisation: str) -> tuple[str | None, str]:
        """What the person wants to be notified about in an organisation, and in which hours (empty: in all)."""
        path = f"/organisations/{_segment(organisation)}/notification-preference?device_type=desktop"
        told = self._object(path)
        return read.name(told.get("notify_about")), read.name(told.get("time_range")) or ""

    def profile(self) -> tuple[bool, str, str]:
        """Whether the person wants no notifications just now, their time zone (empty: not known), and the id of the
        organisation that this holds for (empty: for all)."""
        told = self._object("/profile")
        zone, organisation = read.name(told.get("timezone")) or "", read.word(told.get("organisation_id"))
        return told.get("pause_notification") is True, zone, organisation

    def slug(self, organisation: str) -> str:
        """What an organisation is called in the web app's addresses."""
        told = self._object(f"/organisations/{_segment(organisation)}")
        for name in ("organisation_slug", "current_organisation_slug"):
            if text := read.name(told.get(name)):
                return text
        raise NotThere("no slug")

    def mark_as_read(self, section: str, ident: str, group: bool) -> None:
        """Mark a conversation as read. These calls are made for that alone, and only if the person asks for it.

        Args:
            section: Its section; a conversation in the agents' section cannot be marked.
            ident: Its id.
            group: Whether it is a group's, in the section of direct messages.
        """
        paths = {read.CHANNELS: "/threads/channels/{}", read.DIRECT: "/dms/channels/{}/threads"}
        path = "/group-dms/channels/{}/threads" if group and section == read.DIRECT else paths.get(section)
        if path is None:
            raise NotThere("no such call")
        self._get(path.format(_segment(ident)) + "?page=1&limit=1")

    def decline(self, buzz: str) -> None:
        """Decline a call, because the person asks for it.

        Raises:
            NotThere: the call is over.
        """
        self._get(f"/buzz/{_segment(buzz)}/respond", body={"action": "decline"})

    def _list(self, path: str, make: Callable[[Any], Any | None]) -> _Reader:
        """An answer whose ``data`` is a list; ``make`` returns what to keep of each of its rows (``None``: nothing)."""
        found = self._get(path, make)
        if not isinstance(found.envelope.get("data"), list | None):
            raise NotThere("no list")
        return found

    def _object(self, path: str) -> dict[str, Any]:
        data = self._get(path).envelope.get("data")
        if not isinstance(data, dict):
            raise NotThere("no object")
        return data

    def _get(
        self, path: str, make: Callable[[Any], Any | None] = lambda row: None, body: dict[str, str] | None = None
    ) -> _Reader:
        access = self._shared.store.access or ""
        reader = _Reader(make)
        answer = self.https.request(
            "GET" if body is None else "POST",
            self._base + path,
            headers={"Authorization": f"Bearer {access}"},
            json=body,
            # For the first bytes, and again for each next piece: the call may last while bytes come.
            deadline=Deadline(self._shared.now, self._shared.timings.slow_call_within),
            take=reader.take,
        )
        self.size = reader.size
        limited = False
        try:
            reader.end(answer.status, [access])
        except RateLimited:
            limited = True
            raise
        finally:
            self._shared.pacer.answered(limited=limited, poll=True)
        return reader


class _Reader:
    """Reads an answer while it comes, value by value, and holds no more of its text than one row.

    Of each row (element of the list ``data``) it keeps only what ``make`` returns.
    """

    def __init__(self, make: Callable[[Any], Any | None]) -> None:
        """``make`` returns what to keep of a row; ``None``: nothing."""
        self.rows: list[Any] = []
        self.there = 0
        """How many rows the answer had, of any kind."""
        self.whole = True
        """Whether no row was left out for being one too many."""
        self.envelope: dict[str, Any] = {}
        """The rest of the answer, after :meth:`end`; a list ``data`` is empty here."""
        self.size = 0
        """Bytes that came."""
        self._make = make
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._text = ""
        """The text that is held; read up to :attr:`_at`."""
        self._at = 0
        self._length = 0
        """Characters of the value that was read last."""
        self._outside = 0
        """Characters, so far, of values that were no rows."""
        self._ended = False
        """Whether all of the answer has come."""
        self._read = False
        """Whether the answer was one JSON object, to its end."""
        self._reading = self._object()

    def take(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            TelexFailure: the answer without its rows, or one row, is far too large.
            NotThere: the whole answer is far too large.
        """
        self.size += len(piece)
        if self.size > _MOST_BYTES:  # asked for again in a minute, it would be no smaller
            raise NotThere("the answer is far too large to be Telex's")
        self._go_on(self._utf8.decode(piece))

    def end(self, status: int, secrets: list[str]) -> None:
        """All has come: check what the answer is.

        Args:
            status: Its HTTP status.
            secrets: Secret values of the request, to be struck out of an error's words.

        Raises:
            RateLimited, TelexFailure: again later.
            NotThere: the call is refused, or the answer is no envelope.
        """
        self._ended = True
        self._go_on(self._utf8.decode(b"", final=True))
        try:
            telex_api.envelope(self.envelope if self._read else None, status, secrets)
        except Refused as refused:
            raise NotThere(refused.message) from None
        except telex_api.NoEnvelope as error:
            if status >= 500:
                raise
            raise NotThere(error.message) from None
        if self.envelope.get("status") != "success" and not self.envelope.keys() & {"status_code", "data"}:
            raise NotThere("no envelope")

    def _go_on(self, text: str) -> None:
        self._text += text
        with contextlib.suppress(ValueError, RecursionError):  # the text is no JSON, and nothing more of it is read
            next(self._reading, None)
        if max(len(self._text), self._outside) > _MOST_AT_ONCE:
            raise TelexFailure("The answer was far too large to be Telex's.")

    # Each of these generators waits for more of the text at a `yield`.

    def _object(self) -> Generator[None, None, None]:
        if not (yield from self._found("{")):
            raise ValueError("no object")
        while not (yield from self._found("}")):
            key = yield from self._value()
            if not isinstance(key, str) or not (yield from self._found(":")):
                raise ValueError("no object")
            if key == "data" and (yield from self._found("[")):
                self.envelope[key] = []
                while not (yield from self._found("]")):
                    self._row((yield from self._value()))
                    yield from self._found(",")
            else:
                self.envelope[key] = yield from self._value()
                self._outside += self._length
            yield from self._found(",")
        while not self._ended:
            yield
        self._read = not self._text[self._at :].strip()

    def _found(self, sign: str) -> Generator[None, None, bool]:
        """Whether ``sign`` is next; if so, go past it."""
        yield from self._skip_space()
        found = self._text[self._at] == sign
        self._at += found
        return found

    def _skip_space(self) -> Generator[None, None, None]:
        while True:
            if (sign := _NO_SPACE.search(self._text, self._at)) is not None:
                self._at = sign.start()
                return
            if self._ended:
                raise ValueError("it is cut off")
            yield from self._more()

    def _value(self) -> Generator[None, None, Any]:
        yield from self._skip_space()
        while True:
            try:
                value, end = json_decoder.raw_decode(self._text, self._at)
            except ValueError:
                if self._ended:
                    raise
            else:
                if end < len(self._text) or self._ended:  # else it may be a number that goes on
                    break
            yield from self._more()
        text = self._text[self._at : end]
        self._at, self._length = end, len(text)
        return read_json(text) if "\\ud" in text or "\\uD" in text else value

    def _more(self) -> Generator[None, None, None]:
        """Wait until twice as much is held, so that a long value is not tried again and again."""
        self._text, self._at = self._text[self._at :], 0
        wanted = 2 * len(self._text)
        yield
        while len(self._text) < wanted and not self._ended:
            yield

    def _row(self, row: Any) -> None:
        self.there += 1
        if len(self.rows) >= _MOST_ROWS:
            self.whole = False
        elif (made := self._make(row)) is not None:
            self.rows.append(made)


def _conversation(row: Any) -> dict[str, Any] | None:
    """A row's conversation; ``None`` if the row is no object, or is only a suggestion."""
    if not isinstance(row, dict) or row.get("is_suggested") is True:
        return None
    told = _fields(row, ROW_FIELDS)
    messages = told.pop("preview_thread", None)
    if told.get("thread_count") == 0 and not told.get("mention_count"):
        told.pop("preview_message", None)  # nobody will be told, and there may be thousands of such rows
    elif isinstance(messages, list) and messages:
        told["preview_thread"] = [_fields(messages[0], MESSAGE_FIELDS)] if isinstance(messages[0], dict) else []
    return told


def _muted_channel(row: Any) -> str | None:
    """The id of a row's channel, if the person has muted it."""
    return read.word(row.get("channels_id")) or None if isinstance(row, dict) and row.get("muted") is True else None


def _fields(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of these fields that are there, long texts cut."""
    there = ((name, found[name]) for name in names if name in found)
    return {name: value[:_MOST_TEXT] if isinstance(value, str) else value for name, value in there}


def _pages(pagination: Any) -> int | None:
    """How many pages there are, if the answer says so."""
    objects = (one for one in (pagination if isinstance(pagination, list) else [pagination]) if isinstance(one, dict))
    total = next(objects, {}).get("total_pages")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _segment(ident: str) -> str:
    """An id as a segment of a path.

    Raises:
        NotThere: as a segment it would mean another path.
    """
    if ident in ("", ".", "..") or "/" in ident or "\\" in ident:
        raise NotThere("no id")
    return quote(ident, safe="", errors="replace")
