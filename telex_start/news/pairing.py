"""Which message belongs to which change of counts: two publications, in either order, that are one thing to tell. Pure.

A message that came first waits for its change. A change that came first may wait a moment to be told with its text; or
it is told without, and completed on the screen by the message that follows. Both may come several times a second. Time
is an argument, in seconds on any clock that does not run backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ..toast import Conversation
from .publications import UNREAD_CHANGE, Cause, Message, News

WITHIN = 10.0
"""Seconds in which the other one comes; a toast that is on the screen for longer is left as it is."""
WAIT = 0.2
"""Seconds that a toast waits for its text."""
FLOWING = 600.0
"""Seconds after a message of an organisation in which its next ones are expected to come with their text too."""
MOST = 256
"""So many of each are remembered at most, the latest."""

T = TypeVar("T")


class _Lately(Generic[T]):
    """What came within :data:`WITHIN`, in its order."""

    def __init__(self) -> None:
        self._kept: list[tuple[T, float]] = []

    def add(self, one: T, now: float) -> None:
        self._kept.append((one, now))
        del self._kept[:-MOST]

    def find(self, fits: Callable[[T], bool], now: float, *, newest: bool = False) -> T | None:
        self._kept = [one for one in self._kept if one[1] >= now - WITHIN]
        found = [one for one, _ in self._kept if fits(one)]
        return found[-1 if newest else 0] if found else None

    def take(self, fits: Callable[[T], bool], now: float, *, newest: bool = False) -> T | None:
        found = self.find(fits, now, newest=newest)
        self._kept = [one for one in self._kept if one[0] is not found]
        return found

    def drop(self, fits: Callable[[T], bool]) -> None:
        self._kept = [one for one in self._kept if not fits(one[0])]

    def clear(self) -> None:
        self._kept.clear()


class Pairing:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._texts: _Lately[Message] = _Lately()
        """Messages that wait for their change."""
        self._used: _Lately[tuple[str, str]] = _Lately()
        """Push channels and ids of messages whose text was used."""
        self._told_messages: _Lately[Cause] = _Lately()
        self._told_changes: _Lately[Cause] = _Lately()
        self._shown: _Lately[News] = _Lately()
        """The newest toast of each conversation, where it is without its text."""
        self._waiting: list[tuple[News, float]] = []
        """What waits for its text, and until when; in the order in which it came."""
        self._flow: dict[str, float] = {}

    def came(self, channel: str, now: float) -> None:
        """A message of this organisation came with its text."""
        self._flow[channel] = now

    def keep_text(self, message: Message, now: float) -> None:
        """Keep a message for its change; it takes the place of an older one with the same cause."""
        self._texts.drop(lambda one: one.cause == message.cause)
        self._texts.add(message, now)

    def take_text(self, change: Cause, now: float) -> Message | None:
        """The message that belongs to a change of counts, the newest one; its text is used by this."""
        message = self._texts.take(lambda one: one.cause.is_of(change), now, newest=True)
        if message is not None:
            if message.ident:  # the same message under another type
                self._texts.drop(lambda one: one.ident == message.ident)
            self.use(message, now)
        return message

    def is_used(self, message: Message, now: float) -> bool:
        """Whether the text of a message was used before: the same one comes under several types."""
        return bool(message.ident) and self._used.find(_key(message).__eq__, now) is not None

    def use(self, message: Message, now: float) -> None:
        """The text of this message is used."""
        if message.ident:
            self._used.drop(_key(message).__eq__)
            self._used.add(_key(message), now)

    def told(self, news: News, now: float) -> None:
        """This was told, or will be in a summary."""
        if news.kind != UNREAD_CHANGE:
            self._told_messages.add(news.cause, now)
        elif not news.paired:
            self._told_changes.add(news.cause, now)

    def message_is_told(self, message: Cause, now: float) -> bool:
        """Whether this message's change was told already; that stands for one message."""
        return self._told_changes.take(message.is_of, now) is not None

    def change_is_told(self, change: Cause, now: float) -> bool:
        """Whether this change's message was told already; that stands for one change."""
        return self._told_messages.take(change.is_of, now) is not None

    def shown(self, news: News, now: float) -> None:
        """The newest toast of a conversation is shown."""
        self._shown.drop(lambda one: one.conversation == news.conversation)
        if not news.written:
            self._shown.add(news, now)

    def take_shown(self, message: Message, now: float) -> News | None:
        """What is on the screen without this text; it is not given a second time."""
        return self._shown.take(lambda news: news.cause.is_of(message.cause), now)

    def may_wait(self, news: News, now: float) -> bool:
        """Whether the text of this may come yet: messages of its organisation come with theirs."""
        without = news.kind == UNREAD_CHANGE and bool(news.conversation.ident) and not news.written
        return without and now - self._flow.get(news.conversation.channel, float("-inf")) <= FLOWING

    def wait(self, news: News, now: float) -> None:
        """This is to be told when its text comes, or else when :meth:`overdue` gives it back."""
        self._waiting.append((news, now + WAIT))

    def take_waiting(self, message: Message) -> News | None:
        """What waits for this message; it waits no more."""
        for place, (news, _) in enumerate(self._waiting):
            if news.cause.is_of(message.cause):
                del self._waiting[place]
                return news
        return None

    def take_earlier(self, conversation: Conversation) -> list[News]:
        """What waits of this conversation, and has to be told before anything newer of it; it waits no more."""
        found = [news for news, _ in self._waiting if news.conversation == conversation]
        self.keep_waiting(lambda news: news.conversation != conversation)
        return found

    def overdue(self, now: float) -> list[News]:
        """What has waited long enough, or is too much; it waits no more."""
        too_many = len(self._waiting) - MOST
        found = [news for place, (news, until) in enumerate(self._waiting) if until <= now or place < too_many]
        del self._waiting[: len(found)]
        return found

    def deadline(self) -> float | None:
        """When :meth:`overdue` gives something."""
        if not self._waiting:
            return None
        return self._waiting[0][1] if len(self._waiting) <= MOST else float("-inf")

    def keep_waiting(self, wanted: Callable[[News], bool]) -> None:
        """Of what waits, let wait on what is wanted."""
        self._waiting = [one for one in self._waiting if wanted(one[0])]

    def read(self, conversation: Conversation) -> None:
        """It was read: nothing of it is told or completed."""
        self.keep_waiting(lambda news: news.conversation != conversation)
        self._shown.drop(lambda news: news.conversation == conversation)

    def left(self, channel: str) -> None:
        """The user left this organisation."""
        self._flow.pop(channel, None)
        self._texts.drop(lambda one: one.cause.conversation.channel == channel)

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self._texts, self._used, self._told_messages, self._told_changes, self._shown):
            kept.clear()
        self._waiting.clear()
        self._flow.clear()


def _key(message: Message) -> tuple[str, str]:
    return message.cause.conversation.channel, message.ident
