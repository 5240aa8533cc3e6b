"""The unread conversations by name, the one with the latest news last: what the menu lists. Pure.

Only what is unread is kept, and of that no more than :data:`MOST`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from ..events import Organisation
from ..menu import Unread
from ..toast import Conversation, Place
from .builder import conversation_place
from .publications import AGENTS, CHANNELS, DIRECT, News, remember
from .text import cut, one_line, visible
from .unread import UnreadState

LISTED = 10
"""So many are in the menu."""
MOST = 1000
"""So many are kept, the latest: what was noted before is listed no more until there is news of it again."""
LONGEST = 60
"""Characters of a label: a menu is as wide as its widest line."""
_ORGANISATION_SHARE = 20
"""Characters that the organisation's name keeps of it when both names are too long."""


class _Known(NamedTuple):
    """What is kept of one."""

    name: str
    """Fit to show; empty where nothing says it."""
    group: bool
    place: Place
    """Where a click on it leads."""
    order: tuple[int, int, int]
    """Of two the greater one is of the later news."""


class Reading(NamedTuple):
    """A conversation to be marked as read."""

    conversation: Conversation
    name: str
    """Fit to show."""
    group: bool
    markable: bool
    """Whether Telex has a call for that."""


class Recent:
    """Owned by one thread.

    Attributes:
        version: Changes whenever :meth:`latest` may be another.
    """

    def __init__(self, state: UnreadState, organisations: Mapping[str, Organisation]) -> None:
        """
        Args:
            state: The counts, and what is muted.
            organisations: By push channel; what it holds may change.
        """
        self.version = 0
        self._state = state
        self._organisations = organisations
        self._known: dict[Conversation, _Known] = {}
        """Those that were noted last at the end."""
        self._noted = 0

    def note(self, news: News, past: bool = False) -> None:
        """A conversation's counts grew.

        Args:
            past: When that was is not known: it may be long ago. Otherwise there is no later news.
        """
        if news.counted and news.conversation.ident:
            self._noted += 1
            # What a poll lists first is the newest by all experience.
            order = (0, _written_at(news.thread), -self._noted) if past else (1, self._noted, 0)
            remember(self._known, news.conversation, _known(news, self._known.get(news.conversation), order), MOST)
            self.version += 1

    def learn(self, news: News) -> None:
        """More is known of what was noted: who wrote it, for example."""
        if (before := self._known.get(news.conversation)) is not None:
            known = _known(news, before, before.order)
            if known != before:
                self._known[news.conversation] = known
                self.version += 1

    def read(self, conversation: Conversation) -> None:
        """It was read, or forgotten."""
        if self._known.pop(conversation, None) is not None:
            self.version += 1

    def recounted(self) -> None:
        """The counts changed, or what is muted."""
        self.version += 1

    def clear(self) -> None:
        """Signed out."""
        self._known.clear()
        self.version += 1

    def latest(self) -> tuple[Unread, ...]:
        """The latest that are not muted, newest first."""
        listed = self._newest_first()[:LISTED]
        others = [known.name for conversation, known in listed if conversation.section != CHANNELS]
        return tuple(self._unread(*one, alone=others.count(one[1].name) == 1) for one in listed)

    def _newest_first(self) -> list[tuple[Conversation, _Known]]:
        told = (one for one in self._known.items() if not self._state.is_muted(one[0]))
        return sorted(told, key=lambda one: one[1].order, reverse=True)

    def name(self, conversation: Conversation) -> str:
        """What the person knows it by, without its counts; empty for one that is not unread."""
        known = self._known.get(conversation)
        return self._unread(conversation, known).name if known is not None else ""

    def place(self, conversation: Conversation) -> Place:
        """Where it can be read; of one that is not unread any more, as far as its id says it."""
        if (known := self._known.get(conversation)) is not None:
            return known.place
        return conversation_place(*conversation)

    def to_read(self) -> list[Reading]:
        """All that are not muted, newest first."""
        return [
            Reading(
                conversation,
                known.name or _unnamed(conversation.section, known.group),
                known.group,
                conversation.section in (CHANNELS, DIRECT) and bool(known.place.path),
            )
            for conversation, known in self._newest_first()
        ]

    def _unread(self, conversation: Conversation, known: _Known, alone: bool = False) -> Unread:
        """One entry.

        Args:
            alone: No other person, group or agent in the list has this name: it says enough without its organisation.
        """
        organisation = self._organisations.get(conversation.channel)
        named = _fit(organisation.name) if organisation is not None else ""
        mark = "# " if conversation.section == CHANNELS else "@ "
        title = f"{mark}{known.name}" if known.name else _unnamed(conversation.section, known.group)
        mentioned = bool(self._state.mentions_of(conversation)) and conversation.section == CHANNELS
        counts = f" ({self._state.unread_of(conversation)}{', mentions you' if mentioned else ''})"
        longest = LONGEST - len(counts)
        name = _joined(title, named if len(self._organisations) > 1 else "", longest)
        label = cut(title, longest) if conversation.section != CHANNELS and alone else name
        return Unread(conversation, label + counts, named, mentioned, name)


def _known(news: News, before: _Known | None, order: tuple[int, int, int]) -> _Known:
    sender = news.sender if news.direct and not news.group else None
    name = _fit(news.name or sender or "")
    if before is None:
        return _Known(name, news.group, news.place, order)
    return _Known(name or before.name, news.group or before.group, news.place, order)


def _written_at(thread: str) -> int:
    """When a thread was begun, in milliseconds, where its id says that (a UUID of version 7, RFC 9562); else 0."""
    with suppress(ValueError):
        if len(thread) == 36 and thread[14] == "7":
            return int(thread[:8] + thread[9:13], 16)
    return 0


def _fit(raw: str) -> str:
    return cut(visible(one_line(raw)), LONGEST)


def _joined(title: str, organisation: str, longest: int) -> str:
    if not organisation:
        return cut(title, longest)
    organisation = cut(organisation, max(_ORGANISATION_SHARE, longest - 3 - len(title)))
    return f"{cut(title, longest - 3 - len(organisation))} · {organisation}"


def _unnamed(section: str, group: bool) -> str:
    if section == DIRECT:
        return "Group message" if group else "Direct message"
    return "Agent" if section == AGENTS else "Channel"
