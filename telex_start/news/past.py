"""The past: what is unread from before the sign-in, told in two summaries at most instead of toast by toast.

Pure: time is an argument, in seconds on any clock that does not run backwards. The first summary is due when every
organisation has answered, or :data:`FIRST_WITHIN` after the first did; the second, for those that answer later, when
all have, or :data:`ALL_WITHIN` after the first did. Then the past is over: what an organisation brings later is news
like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..toast import Conversation
from .gathering import Gathering, Kept
from .item import News

FIRST_WITHIN = 10.0
"""Seconds that the first summary waits for every organisation's answer."""
ALL_WITHIN = 60.0
"""Seconds that the second summary waits for the late ones, counted from the first answer too."""


class Past:
    """Gathers what organisations tell of the past. Owned by one thread.

    A caller calls :meth:`due` when :meth:`deadline` has come, and tells what that returns.
    """

    def __init__(self) -> None:
        self._unanswered: set[str] = set()
        self._gathering = Gathering()
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

    def begin(self, now: float) -> None:
        """An organisation has told some of its past: from here on the others are waited for so long and no longer."""
        if self._first_answer is None:
            self._first_answer = now

    def answered(self, channel: str, now: float) -> None:
        """This organisation has told all of its past, or it is not to be had."""
        self._unanswered.discard(channel)
        self.begin(now)

    def left(self, channel: str) -> None:
        """The user left this organisation: nobody waits for it, and nothing of it is told."""
        self._unanswered.discard(channel)
        self._gathering.left(channel)

    def gather(self, news: News) -> None:
        """This belongs to the next summary."""
        self._gathering.add(news)

    def deadline(self) -> float | None:
        """When to call :meth:`due`; ``None`` where only an answer can make something due."""
        if self._first_answer is None or self._over:
            return None
        if not self._unanswered:
            return self._first_answer
        return self._first_answer + (ALL_WITHIN if self._told_first else FIRST_WITHIN)

    def due(self, now: float, unread_of: Callable[[Conversation], int]) -> list[Kept]:
        """What to tell now, in one summary; nothing if it is not due yet, or nothing of it is unread any more.

        Args:
            now: The time, in seconds.
            unread_of: The unread threads of a conversation now.
        """
        deadline = self.deadline()
        if deadline is None or now < deadline:
            return []
        self._over = self._told_first or not self._unanswered
        self._told_first = True
        return self._gathering.take(unread_of)

    def clear(self) -> None:
        """Signed out: the next sign-in has a past of its own."""
        self._unanswered.clear()
        self._gathering.clear()
        self._first_answer = None
        self._told_first = self._over = False
