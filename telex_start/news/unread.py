"""The unread state: keeps the counts of every conversation, and tells which changes of them are growth.

Pure: no I/O and no clock. The counts in a publication are absolute, so the last one of a conversation is all that has
to be remembered; a conversation that was read is forgotten. A poll tells the counts of many at once, as of the
moment when it was asked for: of a conversation that had a publication since, the publication counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..toast import Conversation
from .publications import AGENTS, MOST_COUNT, ident, integer, named, remember

MOST_CONVERSATIONS = 10_000
"""So many unread conversations are remembered; beyond, the one that was quiet for longest is forgotten."""
MOST_EVENTS = 4096
"""So many ``notification_id``s are remembered, the latest."""


class Counts(NamedTuple):
    """The unread state of all conversations together; muted ones are left out."""

    unread: int
    mentions: int
    conversations: int
    """How many conversations have unread threads."""


class Growth(NamedTuple):
    """A conversation's counts, which have grown: fields of :class:`.publications.News`."""

    unread: int = 0
    """Unread threads now; 0 where they are not counted."""
    mentions: int = 0
    mentioned: bool = False
    """The mentions grew."""
    reply: bool = False
    """Nothing but the mentions grew: somebody answered in a thread that was unread already."""
    counted: bool = True
    """False where the unread state does not hold it, because no read update could ever take it out again."""
    before: int = 0
    """Unread threads before."""


@dataclass(slots=True)
class _Known:
    """What is known of one unread conversation."""

    unread: int
    mentions: int
    sure: bool = True
    """False after publications were lost: then the next count above 0 is growth, whatever it is."""


_READ = _Known(0, 0)
"""Of one of which nothing is unread; never kept."""


class UnreadState:
    """The unread counts of every conversation, fed by publications and polls.

    Owned by one thread. Its memory is bounded whatever the network sends, and it never raises.
    """

    def __init__(self, is_muted: Callable[[Conversation], bool]) -> None:
        """
        Args:
            is_muted: Whether the person muted a conversation: the counts leave it out. Its answer changes only with
                :meth:`recount` after it.
        """
        self.is_muted = is_muted
        self.unread_agents: frozenset[str] = frozenset()
        """The push channels with an unread conversation of an agent, whose reading is never published."""
        self._known: dict[Conversation, _Known] = {}
        self._unread = self._mentions = self._conversations = 0
        self._events: dict[str, None] = {}  # a set of them would grow to more than twice as much memory
        self._read: dict[Conversation, None] = {}
        self._looking: set[str] = set()
        """The push channels of which a poll is under way."""
        self._published: dict[Conversation, None] = {}
        """Of these the conversations that had a publication since it was sent; of the latest as many as are known."""

    def first_time(self, event: str) -> bool:
        """Whether an event with this ``notification_id`` comes for the first time; one without (empty) always does."""
        if not event:
            return True
        known = event in self._events
        remember(self._events, event, None, MOST_EVENTS)
        return not known

    def count(self, conversation: Conversation, fields: Mapping[Any, Any]) -> Growth | None:
        """Set the counts of a conversation to those of a publication.

        Args:
            fields: The publication's.

        Returns:
            The counts, where they have grown; ``None`` for a read and a repeat.
        """
        if conversation.channel in self._looking:
            remember(self._published, conversation, None, MOST_CONVERSATIONS)
        threads = integer(fields.get("thread_count"))
        if threads != 0 and not conversation.ident:
            return Growth(counted=False)
        before = self._known.get(conversation, _READ)
        if threads is None:
            return self._set(conversation, before.unread + 1, fields, was_sure=False, sure=before.sure)
        return self._set(conversation, threads, fields, was_sure=before.sure)

    def _set(
        self, conversation: Conversation, unread: int, fields: Mapping[Any, Any], *, was_sure: bool, sure: bool = True
    ) -> Growth | None:
        """Set the counts of a conversation, and put it at the end: the order is from long quiet to latest.

        Args:
            was_sure: Whether what was known can be compared with; otherwise it is growth.
            sure: Whether what is known now can be.
        """
        if unread == 0:
            self._forget(conversation)
            return None
        before = self._known.pop(conversation, _READ)
        if len(self._known) >= MOST_CONVERSATIONS:
            self._forget(next(iter(self._known)))
        mentions = integer(fields.get("mention_count"))
        known = _Known(min(unread, MOST_COUNT), before.mentions if mentions is None else mentions, sure)
        self._known[conversation] = known
        self._add(conversation, known.unread - before.unread, known.mentions - before.mentions, int(before is _READ))
        mentioned = known.mentions > before.mentions
        if was_sure and not mentioned and known.unread <= before.unread:
            return None
        reply = mentioned and known.unread == before.unread
        return Growth(known.unread, known.mentions, mentioned, reply, True, before.unread)

    def poll_began(self, channel: str) -> None:
        """The unread of this organisation is asked for from here on."""
        self._forget_published(channel)
        self._looking.add(channel)

    def polled(
        self, channel: str, section: str, rows: Collection[Mapping[Any, Any]], whole: bool
    ) -> list[tuple[Conversation, Growth, Mapping[Any, Any]]]:
        """Take in what a poll says of a section.

        Args:
            channel: The organisation's push channel.
            section: The section.
            rows: Its conversations.
            whole: All of them: one that is absent has been read.

        Returns:
            The conversations whose counts have grown, with their rows.
        """
        newer = self._published
        grown = []
        present: set[str] = set()
        for row in rows:
            conversation = Conversation(channel, section, ident(section, row))
            present |= {conversation.ident, named(row)}
            if conversation in newer or not conversation.ident:
                continue
            threads = integer(row.get("thread_count"))
            if threads is not None and (growth := self._set(conversation, threads, row, was_sure=True)) is not None:
                grown.append((conversation, growth, row))
        if whole:
            for known in [one for one in self._known if (one.channel, one.section) == (channel, section)]:
                if known.ident not in present and known not in newer:
                    self._forget(known)
        return grown

    def poll_ended(self, channel: str) -> None:
        """Nothing more comes of that poll."""
        self._looking.discard(channel)
        self._forget_published(channel)

    def _forget_published(self, channel: str) -> None:
        for conversation in [one for one in self._published if one.channel == channel]:
            del self._published[conversation]

    def counts(self) -> Counts:
        """The counts of all conversations together."""
        return Counts(self._unread, self._mentions, self._conversations)

    def unread_of(self, conversation: Conversation) -> int:
        """The unread threads of one conversation; 0 when it was read or never seen."""
        known = self._known.get(conversation)
        return known.unread if known else 0

    def mentions_of(self, conversation: Conversation) -> int:
        """How often one conversation mentions the person in what is unread."""
        known = self._known.get(conversation)
        return known.mentions if known else 0

    def unread_channels(self) -> frozenset[str]:
        """The push channels with an unread conversation that is not muted."""
        return frozenset(conversation.channel for conversation in self._known if not self.is_muted(conversation))

    def take_read(self) -> list[Conversation]:
        """What was read since the last call, or left or forgotten. It may have come back meanwhile."""
        read, self._read = list(self._read), {}
        return read

    def counts_unknown(self, channel: str) -> None:
        """Publications of this channel were lost: of each conversation the next count above 0 is growth."""
        for conversation, known in self._known.items():
            if conversation.channel == channel:
                known.sure = False

    def recount(self) -> None:
        """Other conversations are muted than before: the counts leave those out, and no others."""
        told = [known for conversation, known in self._known.items() if not self.is_muted(conversation)]
        self._unread = sum(known.unread for known in told)
        self._mentions = sum(known.mentions for known in told)
        self._conversations = len(told)

    def left(self, channel: str) -> None:
        """The user left the organisation of this channel: forget its conversations."""
        for conversation in [known for known in self._known if known.channel == channel]:
            self._forget(conversation)
        self.poll_ended(channel)

    def clear(self) -> None:
        """Forget everything, as on signing out."""
        for kept in (self._known, self._events, self._read, self._looking, self._published):
            kept.clear()
        self.unread_agents = frozenset()
        self._unread = self._mentions = self._conversations = 0

    def _forget(self, conversation: Conversation) -> None:
        known = self._known.pop(conversation, None)
        if known is not None:
            self._add(conversation, -known.unread, -known.mentions, -1)
        self._read[conversation] = None

    def _add(self, conversation: Conversation, unread: int, mentions: int, conversations: int) -> None:
        """So many more of each are unread, or fewer; this conversation among them."""
        if conversations and conversation.section == AGENTS:
            self.unread_agents = frozenset(known.channel for known in self._known if known.section == AGENTS)
        if not self.is_muted(conversation):
            self._unread += unread
            self._mentions += mentions
            self._conversations += conversations
