"""The conversations of each user, with the messages in them and what is unread."""

from __future__ import annotations

import os
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from .accounts import Organisation, Person, User

MESSAGES_KEPT = 50
"""Messages of a conversation that its previews show: the newest."""


class Kind(StrEnum):
    """The kinds of conversations."""

    CHANNEL = "channel"
    DIRECT = "direct"
    GROUP = "group"
    AGENT = "agent"


CHANNELS = "channels_section"
DIRECT = "dm_channels_section"
AGENTS = "agent_channels_section"
SECTIONS = {Kind.CHANNEL: CHANNELS, Kind.DIRECT: DIRECT, Kind.GROUP: DIRECT, Kind.AGENT: AGENTS}
"""The section in which clients list each kind."""


def now() -> str:
    """The time at this moment, as messages carry it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()


def uuid7() -> str:
    """A UUID of version 7, as Telex makes them: its first 48 bits are the time in milliseconds."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    value = int.from_bytes(stamp + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


@dataclass(frozen=True)
class Message:
    """One message."""

    author: Person
    html: str
    """The text, in HTML; empty if there are only attachments."""
    thread_id: str
    """The thread that it begins or answers."""
    media: tuple[dict[str, object], ...] = ()
    system: bool = False
    message_id: str = field(default_factory=uuid7)
    created_at: str = field(default_factory=now)


@dataclass
class Conversation:
    """A channel, a person, a group or an agent, as one user sees it."""

    kind: Kind
    user: User
    organisation: Organisation
    id: str
    """The id that publications give it: an agent's id, else the channel id."""
    channel_id: str
    """The same as ``id``, except for agents, whose publications leave the channel id out."""
    name: str
    """A channel's or agent's name; empty for people."""
    others: tuple[Person, ...]
    """The other people, or the agent; empty for a channel."""
    private: bool = False
    archived: bool = False
    unread: int = 0
    """Unread threads."""
    mentions: int = 0
    created_at: str = field(default_factory=now)
    last_read_at: str = field(default_factory=now)
    last_thread_id: str = ""
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MESSAGES_KEPT))
    """The first messages of its threads, the newest last."""
    last_message: Message | None = None
    """The newest message, replies too."""

    def began(self, message: Message) -> None:
        """A thread has begun with this message."""
        self.messages.append(message)
        self.last_message, self.last_thread_id = message, message.thread_id

    def was_read(self) -> None:
        """The user has read all of it."""
        self.unread = self.mentions = 0
        self.last_read_at = now()


class Conversations:
    """The conversations of all users; each is made when it is first asked for.

    Args:
        new_id: Makes the id of a new conversation.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._known: dict[tuple[str, str], dict[tuple[Kind, str], Conversation]] = {}

    def channel(self, user: User, organisation: Organisation, name: str) -> Conversation:
        """A channel by its name."""
        return self._conversation(user, organisation, Kind.CHANNEL, name, name, ())

    def direct(self, user: User, organisation: Organisation, other: Person) -> Conversation:
        """The direct messages with somebody."""
        return self._conversation(user, organisation, Kind.DIRECT, other.id, "", (other,))

    def group(self, user: User, organisation: Organisation, others: Sequence[Person]) -> Conversation:
        """The group of these people and the user."""
        members = tuple(other for other in others if other.id != user.id)
        key = " ".join(sorted(other.id for other in members))
        return self._conversation(user, organisation, Kind.GROUP, key, "", members)

    def agent(self, user: User, organisation: Organisation, agent: Person) -> Conversation:
        """The messages of an agent."""
        return self._conversation(user, organisation, Kind.AGENT, agent.id, agent.full_name, (agent,))

    def of(self, user: User, organisation: Organisation, *kinds: Kind) -> list[Conversation]:
        """The user's conversations of these kinds, in the order in which they began."""
        there = self._known.get((user.id, organisation.id), {})
        return [conversation for conversation in there.values() if conversation.kind in kinds]

    def by_channel_id(self, user: User, channel_id: str) -> Conversation | None:
        """The user's conversation with that channel id, in whichever organisation."""
        everywhere = (each for organisation in user.organisations for each in self.of(user, organisation, *Kind))
        return next((each for each in everywhere if each.channel_id == channel_id), None)

    def forget(self) -> None:
        """Drop all conversations."""
        self._known.clear()

    def _conversation(
        self, user: User, organisation: Organisation, kind: Kind, key: str, name: str, others: tuple[Person, ...]
    ) -> Conversation:
        there = self._known.setdefault((user.id, organisation.id), {})
        if (kind, key) not in there:
            channel_id = self._new_id()
            identity = others[0].id if kind is Kind.AGENT else channel_id
            there[kind, key] = Conversation(kind, user, organisation, identity, channel_id, name, others)
        return there[kind, key]
