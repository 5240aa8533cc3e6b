"""Toasts whose text is not there yet: they wait a moment for it, and are completed if it comes later. Pure.

Time is an argument, in seconds.
"""

from __future__ import annotations

from collections.abc import Callable

from ..toast import Conversation
from .item import News
from .messages import Message

WAIT = 0.2
"""Seconds that a toast waits for its text."""
COMPLETED = 10.0
"""Seconds after which a toast on the screen is left as it is."""
MOST = 256
"""So many wait, and so many can be completed, at most."""


class LateText:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._waiting: list[tuple[News, float]] = []
        """In the order in which they came, with the second until which each waits."""
        self._shown: dict[Conversation, tuple[News, float]] = {}

    def wait(self, news: News, now: float) -> None:
        """This is to be told when its text comes, or else when :meth:`overdue` gives it back."""
        self._waiting.append((news, now + WAIT))

    def shown(self, news: News, now: float) -> None:
        """The newest toast of a conversation is shown."""
        self._shown.pop(news.conversation, None)
        if not news.written:
            if len(self._shown) >= MOST:
                del self._shown[next(iter(self._shown))]
            self._shown[news.conversation] = news, now + COMPLETED

    def take(self, message: Message) -> News | None:
        """What waits for this message; it waits no more."""
        for place, (news, _) in enumerate(self._waiting):
            if news.cause.is_of(message.cause):
                del self._waiting[place]
                return news
        return None

    def complete(self, message: Message, now: float) -> News | None:
        """What is on the screen without this text; it is not given a second time."""
        for conversation, (news, until) in self._shown.items():
            if until >= now and news.cause.is_of(message.cause):
                del self._shown[conversation]
                return news
        return None

    def before(self, conversation: Conversation) -> list[News]:
        """What waits of this conversation, and has to be told before anything newer of it; it waits no more."""
        if not self._waiting:
            return []
        found = [news for news, _ in self._waiting if news.conversation == conversation]
        self._waiting = [one for one in self._waiting if one[0].conversation != conversation]
        return found

    def overdue(self, now: float) -> list[News]:
        """What has waited long enough, or is too much; it waits no more."""
        count = 0
        while count < len(self._waiting) and (self._waiting[count][1] <= now or len(self._waiting) - count > MOST):
            count += 1
        found, self._waiting = [news for news, _ in self._waiting[:count]], self._waiting[count:]
        return found

    def deadline(self) -> float | None:
        """When :meth:`overdue` gives something."""
        if not self._waiting:
            return None
        return self._waiting[0][1] if len(self._waiting) <= MOST else float("-inf")

    def read(self, conversation: Conversation) -> None:
        """It was read: nothing of it is told or completed."""
        self._waiting = [one for one in self._waiting if one[0].conversation != conversation]
        self._shown.pop(conversation, None)

    def keep(self, wanted: Callable[[News], bool]) -> None:
        """Of what waits, let wait on what is wanted."""
        self._waiting = [one for one in self._waiting if wanted(one[0])]

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._shown.clear()
