"""The past: what is unread from before the sign-in, told in two summaries at most instead of toast by toast.

Pure: time is an argument, in seconds on any clock that does not run backwards. The first summary is due when every
organisation has answered, or :data:`FIRST_WITHIN` after the first did; the second, for those that answer later, when
all have, or :data:`ALL_WITHIN` after the first did. Then the past is over: what an organisation brings later is news
like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from .toast import Conversation
from .unread import News

FIRST_WITHIN = 10.0
"""Seconds that the first summary waits for every organisation's answer."""
ALL_WITHIN = 60.0
"""Seconds that the second summary waits for the late ones, counted from the first answer too."""


class Gathered(NamedTuple):
    """What a summary of the past tells: what it was told of, and what is still unread."""

    unread: int
    conversations: int


class Past:
    """Gathers what organisations tell of the past. Owned by one thread.

    A caller calls :meth:`due` when :meth:`deadline` has come, and shows what that returns.
    """

    def __init__(self) -> None:
        self._unanswered: set[str] = set()
        self._counted: dict[Conversation, int] = {}
        self._uncounted: dict[Conversation, int] = {}
        self._first_answer: float | None = None
        self._told_first = False
        self._over = False

    @property
    def over(self) -> bool:
        """Whether all of it has been told: what :meth:`gather` would be given is to be shown by itself."""
        return self._over

    def expect(self, channels: Collection[str]) -> None:
        """Organisations were found whose past is to be waited for; not once the past is over."""
        if not self._over:
            self._unanswered.update(channels)

    def answered(self, channel: str, now: float) -> None:
        """This organisation has told all of its past, or it is not to be had."""
        self._unanswered.discard(channel)
        if self._first_answer is None:
            self._first_answer = now

    def left(self, channel: str) -> None:
        """The user left this organisation: nobody waits for it."""
        self._unanswered.discard(channel)

    def gather(self, news: News) -> None:
        """This belongs to the next summary."""
        if news.counted:
            self._counted[news.conversation] = news.unread
        else:
            self._uncounted[news.conversation] = self._uncounted.get(news.conversation, 0) + 1

    def deadline(self) -> float | None:
        """When to call :meth:`due`; ``None`` where only an answer can make something due."""
        if self._first_answer is None or self._over:
            return None
        if not self._unanswered:
            return self._first_answer
        return self._first_answer + (ALL_WITHIN if self._told_first else FIRST_WITHIN)

    def due(self, now: float, unread_of: Callable[[Conversation], int]) -> Gathered | None:
        """What to tell now, in one summary; ``None`` if it is not due yet, or nothing of it is unread any more.

        Args:
            now: The time, in seconds.
            unread_of: The unread threads of a conversation now.
        """
        deadline = self.deadline()
        if deadline is None or now < deadline:
            return None
        self._over = self._told_first or not self._unanswered
        self._told_first = True
        left = [min(count, unread_of(conversation)) for conversation, count in self._counted.items()]
        left = [count for count in left if count > 0] + list(self._uncounted.values())
        self._counted.clear()
        self._uncounted.clear()
        return Gathered(sum(left), len(left)) if left else None

    def clear(self) -> None:
        """Signed out: the next sign-in has a past of its own."""
        self._unanswered.clear()
        self._counted.clear()
        self._uncounted.clear()
        self._first_answer = None
        self._told_first = self._over = False
