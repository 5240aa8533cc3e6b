"""The unread state: keeps the counts of every conversation, and tells which changes of them are growth.

Pure: no I/O and no clock. The counts in a publication are absolute, so the last one of a conversation is all that has
to be remembered; a conversation that was read is forgotten. A look-up tells the counts of many at once, as of the
moment when it was asked for: of a conversation that had a publication since, the publication counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..toast import Conversation
from .publications import AGENTS, CHANNELS, MOST_COUNT, ident, integer, named

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
    """The unread counts of every conversation, fed by publications and look-ups.

    Owned by one thread. Its memory is bounded whatever the network sends, and it never raises.
    """

    def __init__(self, muted_here: Callable[[Conversation], bool] = lambda conversation: False) -> None:
        """
        Args:
            muted_here: Whether a conversation is muted on this machine. Its answer changes only with
                :meth:`recount` after it.
        """
        self._muted_here = muted_here
        self._known: dict[Conversation, _Known] = {}
        self._unread = self._mentions = self._conversations = 0
        self._events: dict[str, None] = {}  # a set of them would grow to more than twice as much memory
        self._events_in_order: deque[str] = deque()
        """The dictionary has this order too, but looks for its oldest key past all that were taken out before it."""
        self._read: dict[Conversation, None] = {}
        self._muted: dict[str, frozenset[str]] = {}
        self._agents: dict[str, int] = {}
        """By push channel: how many conversations of agents are unread."""
        self._looking: set[str] = set()
        """The push channels of which a look-up is under way."""
        self._published: dict[Conversation, None] = {}
        """Of these the conversations that had a publication since it was sent; of the latest as many as are known."""

    def first_time(self, event: str) -> bool:
        """Whether an event with this ``notification_id`` comes for the first time; one without (empty) always does."""
        if not event:
            return True
        known = event in self._events
        if known:
            self._events_in_order.remove(event)
        elif len(self._events) >= MOST_EVENTS:
            del self._events[self._events_in_order.popleft()]
        self._events[event] = None
        self._events_in_order.append(event)
        return not known

    def count(self, conversation: Conversation, fields: Mapping[Any, Any]) -> Growth | None:
        """Set the counts of a conversation to those of a publication.

        Args:
            fields: The publication's.

        Returns:
            The counts, where they have grown; ``None`` for a read and a repeat.
        """
        if conversation.channel in self._looking:
            self._published.pop(conversation, None)
            if len(self._published) >= MOST_CONVERSATIONS:
                del self._published[next(iter(self._published))]
            self._published[conversation] = None
        threads, mentions = integer(fields.get("thread_count")), integer(fields.get("mention_count"))
        if threads == 0:
            self._forget(conversation)
            return None
        if not conversation.ident:
            return Growth(counted=False)
        before = self._known.get(conversation, _READ)
        unread = min(before.unread + 1, MOST_COUNT) if threads is None else threads
        known = _Known(unread, before.mentions if mentions is None else mentions, before.sure or threads is not None)
        self._remember(conversation, before, known)
        return _growth(before, known, sure=threads is not None and before.sure)

    # --- look-ups ---------------------------------------------------------------------------------------------------

    def look_up_began(self, channel: str) -> None:
        """The unread of this organisation is asked for from here on."""
        self._forget_published(channel)
        self._looking.add(channel)

    def looked_up(
        self, channel: str, section: str, rows: Collection[Mapping[Any, Any]], whole: bool
    ) -> list[tuple[Conversation, Growth, Mapping[Any, Any]]]:
        """Take in what a look-up says of a section.

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
            growth = self._row(conversation, integer(row.get("thread_count")), integer(row.get("mention_count")))
            if growth is not None:
                grown.append((conversation, growth, row))
        if whole:
            for known in [one for one in self._known if (one.channel, one.section) == (channel, section)]:
                if known.ident not in present and known not in newer:
                    self._forget(known)
        return grown

    def look_up_ended(self, channel: str) -> None:
        """Nothing more comes of that look-up."""
        self._looking.discard(channel)
        self._forget_published(channel)

    def _forget_published(self, channel: str) -> None:
        for conversation in [one for one in self._published if one.channel == channel]:
            del self._published[conversation]

    def _row(self, conversation: Conversation, threads: int | None, mentions: int | None) -> Growth | None:
        if threads is None:
            return None
        if threads == 0:
            self._forget(conversation)
            return None
        before = self._known.get(conversation, _READ)
        known = _Known(threads, before.mentions if mentions is None else mentions)
        self._remember(conversation, before, known)
        return _growth(before, known)

    # --- what is known ----------------------------------------------------------------------------------------------

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

    def unread_agents(self) -> frozenset[str]:
        """The push channels with an unread conversation of an agent, whose reading is never published."""
        return frozenset(self._agents)

    def take_read(self) -> list[Conversation]:
        """What was read since the last call, or left or forgotten. It may have come back meanwhile."""
        if not self._read:
            return []
        read, self._read = list(self._read), {}
        return read

    def counts_unknown(self, channel: str) -> None:
        """Publications of this channel were lost: of each conversation the next count above 0 is growth."""
        for conversation, known in self._known.items():
            if conversation.channel == channel:
                known.sure = False

    # --- muted channels ---------------------------------------------------------------------------------------------

    def mute(self, channel: str, idents: frozenset[str]) -> None:
        """In this organisation these channels are muted, and no others: the counts leave them out."""
        if self._muted.get(channel, frozenset()) != idents:
            self._muted[channel] = idents
            self.recount()

    def recount(self) -> None:
        """Other conversations are muted than before: the counts leave those out, and no others."""
        told = [known for conversation, known in self._known.items() if not self.is_muted(conversation)]
        self._unread = sum(known.unread for known in told)
        self._mentions = sum(known.mentions for known in told)
        self._conversations = len(told)

    def is_muted(self, conversation: Conversation) -> bool:
        """Whether the person muted it, at Telex or on this machine."""
        if self._muted_here(conversation):
            return True
        muted = self._muted.get(conversation.channel)
        return muted is not None and conversation.section == CHANNELS and conversation.ident in muted

    # --- its end ----------------------------------------------------------------------------------------------------

    def organisation_left(self, channel: str) -> None:
        """The user left the organisation of this channel: forget its conversations."""
        for conversation in [known for known in self._known if known.channel == channel]:
            self._forget(conversation)
        self._muted.pop(channel, None)
        self.look_up_ended(channel)

    def clear(self) -> None:
        """Forget everything, as on signing out."""
        for kept in (
            self._known,
            self._events,
            self._events_in_order,
            self._read,
            self._muted,
            self._agents,
            self._looking,
            self._published,
        ):
            kept.clear()
        self._unread = self._mentions = self._conversations = 0

    # ----------------------------------------------------------------------------------------------------------------

    def _remember(self, conversation: Conversation, before: _Known, known: _Known) -> None:
        """Put it in place of what was known, at the end: the dictionary's order is from long quiet to latest."""
        another = before is _READ
        if not another:
            del self._known[conversation]
        elif len(self._known) >= MOST_CONVERSATIONS:
            self._forget(next(iter(self._known)))
        self._known[conversation] = known
        self._add(conversation, known.unread - before.unread, known.mentions - before.mentions, int(another))

    def _forget(self, conversation: Conversation) -> None:
        known = self._known.pop(conversation, None)
        if known is not None:
            self._add(conversation, -known.unread, -known.mentions, -1)
        self._read[conversation] = None

    def _add(self, conversation: Conversation, unread: int, mentions: int, conversations: int) -> None:
        """So many more of each are unread, or fewer; this conversation among them."""
        if conversations and conversation.section == AGENTS:
            agents = self._agents.pop(conversation.channel, 0) + conversations
            if agents:
                self._agents[conversation.channel] = agents
        if not self.is_muted(conversation):
            self._unread += unread
            self._mentions += mentions
            self._conversations += conversations


def _growth(before: _Known, known: _Known, sure: bool = True) -> Growth | None:
    """The counts, where they have grown, or where it is not sure that they have not."""
    mentioned = known.mentions > before.mentions
    if sure and not mentioned and known.unread <= before.unread:
        return None
    reply = mentioned and known.unread == before.unread
    return Growth(known.unread, known.mentions, mentioned, reply, True, before.unread)
