"""The unread state: keeps the counts of every conversation, and tells which publications are news.

Pure: no I/O and no clock. The counts in a publication are absolute, so the last one of a conversation is all that has
to be remembered; a conversation that was read is forgotten. Only growth is news, the rest are repeats or reads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from ..config import NEWS_TYPES
from .toast import Conversation

UNREAD_CHANGE = "unread_thread_change"
"""The type that carries the unread counts. It keeps them right even where a setting takes it out of the news."""

MOST_COUNT = 999_999
"""No conversation counts higher: a number from the network must not grow the program or its words without end."""
MOST_CONVERSATIONS = 10_000
"""So many unread conversations are remembered; beyond, the one that was quiet for longest is forgotten."""
MOST_EVENTS = 4096
"""So many ``notification_id``s are remembered, the latest."""

_LONGEST_ID = 128
_LONGEST_NAME = 256

_DIRECT = "dm_channels_section"
_CHANNELS = "channels_section"
_ID_KEYS = ("channels_id", "channel_id", "id")


class Counts(NamedTuple):
    """The unread state of all conversations together."""

    unread: int
    mentions: int
    conversations: int
    """How many conversations have unread threads."""


class News(Struct, frozen=True):
    """One thing a person should be told. The texts are as they came from the network (see :mod:`.wording`)."""

    conversation: Conversation
    section: str
    name: str | None
    """The channel's, person's or agent's name; ``None`` where there is none."""
    text: str | None
    """A channel's or agent's description, or a direct message's preview; ``None`` where there is none."""
    unread: int
    """Unread threads of the conversation now; 0 where they are not counted."""
    mentions: int
    counted: bool = True
    """False where the unread state does not hold it, because no read update could ever take it out again."""


class _Known(Struct):
    """What is known of one unread conversation."""

    unread: int
    mentions: int
    sure: bool = True
    """False after publications were lost: then the next count above 0 is news, whatever it is."""


class UnreadState:
    """The unread counts of every conversation, fed by publications.

    Owned by one thread. Its memory is bounded whatever the network sends, and :meth:`apply` never raises.
    """

    def __init__(self) -> None:
        self._known: dict[Conversation, _Known] = {}
        self._unread = 0
        self._mentions = 0
        self._events: dict[str, None] = {}
        self._read: dict[Conversation, None] = {}

    def apply(self, channel: str, data: Any, *, types: Collection[str] = NEWS_TYPES) -> News | None:
        """Take in one publication.

        Args:
            channel: The push channel that it came on.
            data: Its decoded JSON, of any type.
            types: The ``notification_type``s that are news.

        Returns:
            The news, or ``None`` for a read, a repeat, and what is not to be told.
        """
        if not isinstance(data, dict):
            return None
        kind = data.get("notification_type")
        if not isinstance(kind, str) or (kind != UNREAD_CHANGE and kind not in types):
            return None
        if self._seen(data.get("notification_id")):
            return None
        section = data.get("section")
        section = section[:_LONGEST_NAME] if isinstance(section, str) else ""
        fields = data.get("data")
        if not isinstance(fields, dict):
            fields = {}
        conversation = Conversation(channel, section, _ident(fields))
        if kind == UNREAD_CHANGE:
            grown = self._count(conversation, fields)
            if not grown or kind not in types:
                return None
            counted = conversation in self._known
        else:
            # Other types say nothing of threads. Counting them would leave a number that no read update clears, and
            # would make the next real count look like a repeat.
            counted = False
        known = self._known.get(conversation)
        return News(
            conversation=conversation,
            section=section,
            name=_name(section, fields),
            text=_text(section, fields),
            unread=known.unread if known else 0,
            mentions=known.mentions if known else 0,
            counted=counted,
        )

    def counts(self) -> Counts:
        """The counts of all conversations together."""
        return Counts(self._unread, self._mentions, len(self._known))

    def unread_of(self, conversation: Conversation) -> int:
        """The unread threads of one conversation; 0 when it was read or never seen."""
        known = self._known.get(conversation)
        return known.unread if known else 0

    def unread_channels(self) -> frozenset[str]:
        """The push channels with an unread conversation."""
        return frozenset(conversation.channel for conversation in self._known)

    def take_read(self) -> list[Conversation]:
        """What has left the counts since the last call: read, left, or forgotten. It may have come back meanwhile."""
        read, self._read = list(self._read), {}
        return read

    def counts_unknown(self, channel: str) -> None:
        """Publications of this channel were lost: of each conversation the next count above 0 is news."""
        for conversation, known in self._known.items():
            if conversation.channel == channel:
                known.sure = False

    def organisation_left(self, channel: str) -> None:
        """The user left the organisation of this channel: forget its conversations."""
        for conversation in [known for known in self._known if known.channel == channel]:
            self._forget(conversation)

    def clear(self) -> None:
        """Forget everything, as on signing out."""
        self._known.clear()
        self._read.clear()
        self._events.clear()
        self._unread = self._mentions = 0

    def _seen(self, event: Any) -> bool:
        """Whether this event came before. What is too long for an id is none."""
        if not isinstance(event, str) or not event or len(event) > _LONGEST_ID:
            return False
        seen = event in self._events
        if seen:
            del self._events[event]
        elif len(self._events) >= MOST_EVENTS:
            del self._events[next(iter(self._events))]
        self._events[event] = None
        return seen

    def _count(self, conversation: Conversation, fields: Mapping[Any, Any]) -> bool:
        """Set the counts of a conversation to what came; return whether they grew."""
        threads, mentions = _integer(fields.get("thread_count")), _integer(fields.get("mention_count"))
        if threads == 0:
            self._forget(conversation)
            return False
        if not conversation.ident:
            return True
        known = self._known.pop(conversation, None)
        if known is None:
            known = _Known(0, 0)
            if len(self._known) >= MOST_CONVERSATIONS:
                self._forget(next(iter(self._known)))
        self._known[conversation] = known  # at the end: the dictionary's order is from long quiet to latest
        absent = threads is None
        now_unread = min(known.unread + 1, MOST_COUNT) if threads is None else threads
        now_mentions = known.mentions if mentions is None else mentions
        grown = absent or not known.sure or now_unread > known.unread or now_mentions > known.mentions
        self._unread += now_unread - known.unread
        self._mentions += now_mentions - known.mentions
        known.unread, known.mentions = now_unread, now_mentions
        known.sure = known.sure or not absent
        return grown

    def _forget(self, conversation: Conversation) -> None:
        known = self._known.pop(conversation, None)
        if known is not None:
            self._unread -= known.unread
            self._mentions -= known.mentions
            self._read[conversation] = None


def _integer(value: Any) -> int | None:
    """The count that a value is, from 0 to :data:`MOST_COUNT`; ``None`` if it is no integer (``True`` is none)."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return max(0, min(value, MOST_COUNT))


def _ident(fields: Mapping[Any, Any]) -> str:
    """What identifies a conversation within its section; empty if nothing does."""
    for key in _ID_KEYS:
        value = fields.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
            return str(value)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID:
            return value
    return (_first(fields, ("name", "username")) or "")[:_LONGEST_NAME]


def _name(section: str, fields: Mapping[Any, Any]) -> str | None:
    if section == _DIRECT:
        return _first(fields, ("username", "name"))
    if section == _CHANNELS:
        return _first(fields, ("name",))
    return _first(fields, ("name", "username"))


def _text(section: str, fields: Mapping[Any, Any]) -> str | None:
    if section == _DIRECT:
        return _first(fields, ("preview_message",))
    if section == _CHANNELS:
        return _first(fields, ("description",))
    return _first(fields, ("description", "preview_message"))


def _first(fields: Mapping[Any, Any], keys: tuple[str, ...]) -> str | None:
    """The first of these fields that is a non-empty string."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value:
            return value
    return None
