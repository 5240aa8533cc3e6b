"""News that is told later, together, as far as it is still unread by then. Pure.

Memory grows with the conversations, up to a bound, never with the messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..toast import Conversation
from .item import News

MOST_CONVERSATIONS = 4096
"""So many conversations are kept apart; the news of all beyond are counted together."""


class Kept(NamedTuple):
    """What was gathered of one conversation, and is still unread."""

    news: News
    """The newest, without its words."""
    threads: int
    """Unread threads that have come meanwhile; of what is not counted, news."""


class Total(NamedTuple):
    """What a summary tells."""

    unread: int
    conversations: int


def total(kept: list[Kept]) -> Total:
    """All of it together."""
    return Total(sum(one.threads for one in kept), len(kept))


class Gathering:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._counted: dict[Conversation, News] = {}
        self._uncounted: dict[Conversation, Kept] = {}

    def __bool__(self) -> bool:
        return bool(self._counted or self._uncounted)

    def add(self, news: News, count: int = 1, *, older: bool = False) -> None:
        """Keep it.

        Args:
            count: How many it stands for, where the unread state does not count it.
            older: What is kept of its conversation may be newer, and stays.
        """
        conversation, news = news.conversation, news.without_words()
        full = len(self._counted) + len(self._uncounted) >= MOST_CONVERSATIONS
        if news.counted and (conversation in self._counted or not full):
            known = self._counted.get(conversation)
            if known is not None:
                newest = known if older else news
                news = newest._replace(before=min(known.before, news.before))
            self._counted[conversation] = news
            return
        if full and conversation not in self._uncounted:
            conversation = Conversation(conversation.channel, "", "")
        before = self._uncounted.get(conversation)
        self._uncounted[conversation] = Kept(news, count + (before.threads if before else 0))

    def take(
        self, unread_of: Callable[[Conversation], int], of: Callable[[str], bool] = lambda channel: True
    ) -> list[Kept]:
        """What is still unread, which is forgotten here, with what is not.

        Args:
            unread_of: The unread threads of a conversation now.
            of: Whether the organisation of this push channel is to be told; the others stay.
        """
        taken: list[Kept] = []
        for conversation in [one for one in self._counted if of(one.channel)]:
            news = self._counted.pop(conversation)
            if (unread := unread_of(conversation)) > 0:
                # A mention in a thread that was unread before makes no other number, but has come all the same.
                taken.append(Kept(news, min(max(news.unread - news.before, 1), unread)))
        for conversation in [one for one in self._uncounted if of(one.channel)]:
            taken.append(self._uncounted.pop(conversation))
        return taken

    def read(self, conversation: Conversation) -> None:
        """It was read: what comes of it later is another matter."""
        self._counted.pop(conversation, None)

    def channels(self) -> set[str]:
        """The push channels of which anything is kept."""
        return {conversation.channel for kept in (self._counted, self._uncounted) for conversation in kept}

    def left(self, channel: str) -> None:
        """The user left this organisation: nothing of it is told."""
        self.take(lambda _: 0, lambda one: one == channel)

    def clear(self) -> None:
        """Forget everything."""
        self._counted.clear()
        self._uncounted.clear()
