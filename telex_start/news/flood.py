"""The flood rule: whether a toast may be shown now, or one summary will stand for many.

Pure: time is an argument, in seconds on any clock that does not run backwards. Memory grows with the conversations that
are held, up to a bound, never with the messages.

At most :data:`LIMIT` toasts are shown in any :data:`WINDOW`. News after the last of them is held until the window
ends; then one summary tells how much of it is still unread. Where the next window fills up too, it is widened to
:data:`WIDE`, and so are all after it, until one passes without holding anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ..toast import Conversation
from .gathering import Kept
from .item import News

LIMIT = 3
WINDOW = 5.0
"""Seconds."""
WIDE = 30.0
"""Seconds."""
SLACK = 0.1
"""Seconds a window is kept longer: a toast appears some milliseconds after the decision, the first one latest."""
MOST_CONVERSATIONS = 4096
"""So many conversations are held apart; the news of all beyond are counted together."""


class Held(NamedTuple):
    """What a summary tells: it was held, and it is still unread."""

    threads: int
    conversations: int
    channel: str = ""
    """The push channel of the organisation, where all of it is of one."""


class FloodRule:
    """Decides for each news whether it is shown now. Owned by one thread.

    A caller shows what :meth:`offer` lets through, and calls :meth:`due` when :meth:`deadline` has come; what that
    returns is to be shown at once, as one summary.
    """

    def __init__(self) -> None:
        self._shows: deque[float] = deque(maxlen=LIMIT)
        self._held: dict[Conversation, Kept] = {}
        self._forgettable: dict[Conversation, Kept] = {}
        self._deadline: float | None = None
        self._width = WINDOW
        self._last_full = -WIDE
        """When the last full window ended."""

    def offer(self, now: float, news: News) -> bool:
        """Whether to show this news now; if not, it is held for a summary."""
        if self._deadline is None:
            if now >= self._last_full + self._width:
                self._width = WINDOW
                in_a_row = False
            else:
                in_a_row = True
            if not self._full(now, self._width):
                self._shows.append(now)
                return True
            if in_a_row:
                self._width = WIDE
            self._deadline = self._shows[0] + self._width + SLACK
        self._hold(news)
        return False

    def shown(self, now: float) -> None:
        """Something was shown that this rule was not asked about; it counts as one of the three."""
        self._shows.append(now)

    def deadline(self) -> float | None:
        """When to call :meth:`due`; ``None`` while nothing is held."""
        return self._deadline

    def due(self, now: float, unread_of: Callable[[Conversation], int]) -> Held | None:
        """Close the window if its end has come.

        Args:
            now: The time, in seconds.
            unread_of: The unread threads of a conversation now.

        Returns:
            What to summarise, now; ``None`` if the window is still open or nothing of it is unread any more.
        """
        if self._deadline is None or now < self._deadline:
            return None
        if self._full(now, WINDOW):  # by what was shown without asking
            self._deadline = self._shows[0] + WINDOW + SLACK
            return None
        left = {one: least for one, kept in self._held.items() if (least := min(kept.threads, unread_of(one))) > 0}
        counts = [*left.values(), *(kept.threads for kept in self._forgettable.values())]
        channels = {conversation.channel for held in (left, self._forgettable) for conversation in held}
        self._held.clear()
        self._forgettable.clear()
        self._deadline = None
        self._last_full = now
        if not counts:
            return None
        self._shows.append(now)
        return Held(sum(counts), len(counts), channels.pop() if len(channels) == 1 else "")

    def read(self, conversation: Conversation) -> None:
        """The conversation was read (or its organisation left): nothing of it is summarised."""
        self._held.pop(conversation, None)
        self._forgettable.pop(conversation, None)

    def keep(self, wanted: Callable[[News, int], bool]) -> None:
        """Of what is held, hold on to what is wanted.

        Args:
            wanted: Asked for the newest of each conversation, without its words, and how many there are.
        """
        for held in (self._held, self._forgettable):
            for conversation in [one for one, kept in held.items() if not wanted(kept.news, kept.threads)]:
                del held[conversation]

    def clear(self) -> None:
        """Forget everything, as on signing out; shows made so far still count."""
        self._held.clear()
        self._forgettable.clear()
        self._deadline = None

    def _full(self, now: float, width: float) -> bool:
        return len(self._shows) == LIMIT and now < self._shows[0] + width + SLACK

    def _hold(self, news: News) -> None:
        # What the unread state does not count has no count to be compared with: it is told as held.
        held = self._held if news.counted else self._forgettable
        conversation = news.conversation
        before = held.get(conversation)
        if before is None and len(self._held) + len(self._forgettable) >= MOST_CONVERSATIONS:
            held, conversation = self._forgettable, _REST
            before = held.get(conversation)
        held[conversation] = Kept(news.without_words(), before.threads + 1 if before is not None else 1)


_REST = Conversation("", "", "")
