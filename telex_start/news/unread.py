"""Keeps the unread counts of every conversation, and says which changes of the counts are growth.

Pure: no I/O and no clock. The counts in a publication are absolute, so only the last ones of each conversation have to
be remembered; a conversation that was read is forgotten. A poll gives the counts of many conversations at once, as
of the moment when it began: if a conversation had a publication since then, the publication counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..toast import Conversation
from .publications import AGENTS, MOST_COUNT, ident, integer, named, remember

MOST_CONVERSATIONS = 10_000
"""The most unread conversations that are remembered; beyond them, the one that was silent longest is forgotten."""
MOST_EVENTS = 4096
"""The most ``notification_id``s that are remembered: the latest."""


class Counts(NamedTuple):
    """The unread state of all conversations together; muted ones are left out."""

    unread: int
    mentions: int
    conversations: int
    """How many conversations have unread threads."""


class Growth(NamedTuple):
    """The grown counts of a conversation; the names are those of the fields of :class:`.publications.News`."""

    unread: int = 0
    """Unread threads now; 0 if they are not counted."""
    mentions: int = 0
    mentioned: bool = False
    """The mentions grew."""
    reply: bool = False
    """Only the mentions grew: somebody answered in a thread that was unread already."""
    counted: bool = True
    """False if the unread state does not count it, as no later publication could ever say that it was read."""
    before: int = 0
    """Unread threads before."""


@dataclass(slots=True)
class _Known:
    """What is known of one unread conversation."""

    unread: int
    mentions: int
    sure: bool = True
    """False after publications were lost: then the next count above 0 is growth, even if it is lower."""


_READ = _Known(0, 0)
"""Stands for a conversation without anything unread; never kept."""


class UnreadState:
    """The unread counts of every conversation, fed by publications and polls.

    Owned by one thread. Its memory is bounded whatever the network sends, and it never raises.
    """

    def __init__(self, is_muted: Callable[[Conversation], bool]) -> None:
        """
        Args:
            is_muted: Whether the person muted a conversation: the counts leave it out. When its answers change,
                :meth:`recount` has to be called.
        """
        self.is_muted = is_muted
        self.unread_agents: frozenset[str] = frozenset()
        """The push channels with an agent's unread conversation: Telex never publishes that such a one was read."""
        self._known: dict[Conversation, _Known] = {}
        self._unread = self._mentions = self._conversations = 0
        self._events: dict[str, None] = {}  # a set would take more than twice as much memory
        self._read: dict[Conversation, None] = {}
        self._looking: set[str] = set()
        """The push channels of the organisations whose poll is under way."""
        self._published: dict[Conversation, None] = {}
        """The conversations of these with a publication since the poll began; the latest, up to a bound."""

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
            The counts if they have grown; ``None`` if the conversation was read, or nothing grew.
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
        """Set the counts of a conversation, and put it at the end: the latest is the last.

        Args:
            was_sure: Whether the old counts are reliable; if not, any count above 0 is growth.
            sure: Whether the new counts are reliable.
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
        """A poll of this organisation begins: publications from here on are newer than its rows."""
        self._forget_published(channel)
        self._looking.add(channel)

    def polled(
        self, channel: str, section: str, rows: Collection[Mapping[Any, Any]], whole: bool
    ) -> list[tuple[Conversation, Growth, Mapping[Any, Any]]]:
        """Take in what a poll says of a section.

        Args:
            channel: The organisation's push channel.
            section: The section.
            rows: Conversations of the section.
            whole: The rows are all of them: a conversation that is absent has been read.

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
        """The poll of this organisation has ended."""
        self._looking.discard(channel)
        self._forget_published(channel)

    def _forget_published(self, channel: str) -> None:
        for conversation in [one for one in self._published if one.channel == channel]:
            del self._published[conversation]

    def counts(self) -> Counts:
        """The counts of all conversations together."""
        return Counts(self._unread, self._mentions, self._conversations)

    def unread_of(self, conversation: Conversation) -> int:
        """The unread threads of one conversation; 0 if it was read or never seen."""
        known = self._known.get(conversation)
        return known.unread if known else 0

    def mentions_of(self, conversation: Conversation) -> int:
        """The unread mentions of the person in one conversation."""
        known = self._known.get(conversation)
        return known.mentions if known else 0

    def unread_channels(self) -> frozenset[str]:
        """The push channels with an unread conversation that is not muted."""
        return frozenset(conversation.channel for conversation in self._known if not self.is_muted(conversation))

    def take_read(self) -> list[Conversation]:
        """The conversations read, left or forgotten since the last call; some may be unread again."""
        read, self._read = list(self._read), {}
        return read

    def counts_unknown(self, channel: str) -> None:
        """Publications of this channel were lost: of each conversation the next count above 0 is growth."""
        for conversation, known in self._known.items():
            if conversation.channel == channel:
                known.sure = False

    def recount(self) -> None:
        """Count again: other conversations are muted than before."""
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
        """Add these differences, which this conversation makes, to the sums."""
        if conversations and conversation.section == AGENTS:
            self.unread_agents = frozenset(known.channel for known in self._known if known.section == AGENTS)
        if not self.is_muted(conversation):
            self._unread += unread
            self._mentions += mentions
            self._conversations += conversations
