"""The unread conversations in the menu: opening one, and marking all as read. For the main thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..events import Command, MarkAsRead, MarkAsReadFailed, MarkedAsRead, UnreadClicked
from ..news import wording
from ..news.recent import Reading, Recent
from ..toast import Conversation, Toast
from .toast_clicks import ToastClicks

AT_A_TIME = 20
"""So many calls wait at the session: what the person asks for meanwhile does not wait for hundreds."""


class RecentDesk:
    """Asks the session for one reading call for each conversation, and says in one toast which of them failed."""

    def __init__(self, recent: Recent, clicks: ToastClicks, send: Callable[[Command], None]) -> None:
        """
        Args:
            recent: What is unread.
            clicks: Opens places.
            send: Sends a command to the session.
        """
        self._recent = recent
        self._clicks = clicks
        self._send = send
        self._backlog: deque[Reading] = deque()
        self._sent: dict[Conversation, str] = {}
        self._failed: dict[str, list[str]] = {}
        """Names, by why."""

    def clicked(self, event: UnreadClicked, now: float) -> None:
        """The person chose a conversation in the menu: it is opened as by a click on its toast."""
        self._clicks.open(self._recent.place(event.conversation), event.token, now)

    def mark_all_as_read(self) -> Toast | None:
        """The person wants all that is unread marked as read.

        Returns:
            What is to be said at once.
        """
        waiting = {reading.conversation for reading in self._backlog} | self._sent.keys()
        for reading in self._recent.to_read():
            if not reading.markable:
                self._note(wording.NOT_MARKABLE, reading.name)
            elif reading.conversation not in waiting:
                self._backlog.append(reading)
        return self._go_on()

    def answered(self, event: MarkedAsRead | MarkAsReadFailed) -> Toast | None:
        """The session says what became of a call.

        Returns:
            What is to be said: which failed, once all of those that were asked for together have ended.
        """
        ours = self._sent.pop(event.conversation, None) is not None
        if isinstance(event, MarkAsReadFailed):
            if not ours:
                return wording.not_marked([event.name], event.message)
            self._note(event.message, event.name)
            if event.temporary:  # or hundreds would be tried in vain, each until it is given up
                for reading in self._backlog:
                    self._note(event.message, reading.name)
                self._backlog.clear()
        return self._go_on() if ours else None

    def clear(self) -> None:
        """The session has ended: nothing waits any more."""
        self._backlog.clear()
        self._sent.clear()
        self._failed.clear()

    def _note(self, why: str, name: str) -> None:
        self._failed.setdefault(why, []).append(name)

    def _go_on(self) -> Toast | None:
        while self._backlog and len(self._sent) < AT_A_TIME:
            reading = self._backlog.popleft()
            channel, section, ident = (getattr(reading.conversation, part) for part in ("channel", "section", "ident"))
            self._sent[reading.conversation] = reading.name
            self._send(MarkAsRead(channel, section, ident, reading.group, reading.name))
        if self._sent or not self._failed:
            return None
        failed, self._failed = self._failed, {}
        return wording.not_all_marked(failed)
