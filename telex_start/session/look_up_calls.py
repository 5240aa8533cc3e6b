"""Telex's calls that say what is unread, how the person set it, and what an organisation is called on the web.

All by the access token, on the thread of the look-ups. What is read of their answers is in :mod:`.look_up_answers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ..errors import RateLimited
from ..net.https import Https
from ..net.sockets import Deadline
from . import look_up_answers as answers
from .look_up_answers import NotThere, Reader, Rows
from .shared_pacer import SharedPacer

CHANNELS = "channels_section"
DIRECT = "dm_channels_section"
AGENTS = "agent_channels_section"
SECTIONS = (CHANNELS, DIRECT, AGENTS)
"""The sections that a look-up of the unread asks for, as publications name them."""

MOST_PAGES = 20
"""Pages of direct messages that are asked for."""
_PAGE = 50
_MOST_AGENTS = 1000


class LookUpCalls:
    """The calls, one at a time and as slow as they are: whoever needs them has a thread for it.

    Raises (every call):
        Temporary: no network, a rate limit or a failure of the service; again later.
        NotThere: this deployment has none of it.
    """

    def __init__(
        self,
        base: str,
        https: Https,
        access: Callable[[], str | None],
        pacer: SharedPacer,
        now: Callable[[], float],
        within: float,
    ) -> None:
        """
        Args:
            base: The API's address, without a slash at its end.
            https: Sends the requests; for this thread alone.
            access: Gives the access token.
            pacer: Told what became of every request; whoever calls has its leave.
            now: A clock, in seconds.
            within: Seconds that a call waits for its answer, and then for more of it: it may last while bytes come.
        """
        self.size = 0
        """Bytes of the answer that came last."""
        self._base = base
        self._https = https
        self._access = access
        self._pacer = pacer
        self._now = now
        self._within = within

    def unread(
        self, section: str, organisation: str, leave: Callable[[], None]
    ) -> tuple[tuple[dict[str, Any], ...], bool]:
        """The conversations of a section of an organisation, and whether these are all.

        Args:
            section: One of :data:`SECTIONS`.
            organisation: Its id.
            leave: Waits until another request may go out, where there is more than one.
        """
        path = f"/organisations/{_segment(organisation)}"
        if section == CHANNELS:
            found = self._conversations(f"{path}/user-channels")
            return found.rows, found.whole
        if section == AGENTS:
            found = self._conversations(f"{path}/fetch-bots?limit={_MOST_AGENTS}")
            return found.rows, found.whole and found.there < _MOST_AGENTS
        return self._direct(f"{path}/dms", leave)

    def _direct(self, path: str, leave: Callable[[], None]) -> tuple[tuple[dict[str, Any], ...], bool]:
        rows: dict[str, dict[str, Any]] = {}
        whole = True
        for page in range(1, MOST_PAGES + 1):
            if page > 1:
                leave()
            found = self._conversations(f"{path}?page={page}&limit={_PAGE}")
            whole = whole and found.whole
            before = len(rows)
            for row in found.rows:
                # One that moves to another page meanwhile comes twice.
                rows.setdefault(repr(row.get("channel_id")), row)
            if found.there < _PAGE if found.pages is None else page >= found.pages:
                return tuple(rows.values()), whole
            if found.pages is None and len(rows) == before:
                break  # who knows no pages gives the same one again and again
        return tuple(rows.values()), False

    def _conversations(self, path: str) -> Rows:
        return answers.conversations(self._get(path, answers.conversation))

    def muted(self, organisation: str) -> frozenset[str]:
        """The ids of the channels that the person has muted in an organisation."""
        path = f"/organisations/{_segment(organisation)}/channels/notification-preference"
        return answers.muted(self._get(path, answers.muted_channel))

    def preference(self, organisation: str) -> tuple[str | None, str]:
        """What the person wants to be notified about in an organisation, and in which hours (empty: in all)."""
        path = f"/organisations/{_segment(organisation)}/notification-preference?device_type=desktop"
        return answers.preference(self._get(path))

    def profile(self) -> tuple[bool, str, str]:
        """Whether the person wants no notifications just now, their time zone (empty: not known), and the id of the
        organisation that this holds for (empty: for all)."""
        return answers.profile(self._get("/profile"))

    def slug(self, organisation: str) -> str:
        """What an organisation is called in the web app's addresses."""
        return answers.slug(self._get(f"/organisations/{_segment(organisation)}"))

    def mark_as_read(self, section: str, ident: str, group: bool) -> None:
        """Mark a conversation as read. The only use of these calls, and only when the person asks for it.

        Args:
            section: Its section; of :data:`AGENTS` none can be marked.
            ident: Its id.
            group: It is a group's, in the section of direct messages.
        """
        paths = {CHANNELS: "/threads/channels/{}", DIRECT: "/dms/channels/{}/threads"}
        path = "/group-dms/channels/{}/threads" if group and section == DIRECT else paths.get(section)
        if path is None:
            raise NotThere("no such call")
        self._get(path.format(_segment(ident)) + "?page=1&limit=1")

    def _get(self, path: str, make: Callable[[bytes], Any | None] = lambda row: None) -> Reader:
        """Make a call; of each row of its answer ``make`` says what is kept."""
        access = self._access() or ""
        reader = Reader(make)
        try:
            answer = self._https.request(
                "GET",
                self._base + path,
                headers={"Authorization": f"Bearer {access}"},
                json=None,
                deadline=Deadline(self._now, self._within),
                take=reader.take,
            )
        finally:
            self.size = reader.size
        try:
            reader.end(answer.status, [access])
        except BaseException as error:
            self._pacer.taken(not isinstance(error, RateLimited))
            raise
        self._pacer.taken(True)
        return reader


def _segment(ident: str) -> str:
    """An id as a segment of a path.

    Raises:
        NotThere: as a segment it would mean another path.
    """
    if ident in ("", ".", "..") or "/" in ident or "\\" in ident:
        raise NotThere("no id")
    return quote(ident, safe="", errors="replace")
