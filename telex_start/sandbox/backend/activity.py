"""What people do at Telex: they write, answer, read and call. Each changes what is unread, and is published.

A publication goes to one user's personal channel. What was done is kept here even where nobody can be told of it, as
the push server is down: then only the look-ups say so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..json_writer import compact
from .accounts import StoredOrganisation, User
from .calls import Call
from .conversations import MESSAGES_KEPT, Conversation, Conversations, Kind, Message
from .ids import uuid7
from .messages import channel_mention, new_message, saved_message_remainder, thread_reply
from .people import Person
from .profiles import Preferences
from .settings import ServiceSettings
from .unread import unread_change

Payload = dict[str, object]


class Position(Protocol):
    """Where a stream is after a publication."""

    @property
    def offset(self) -> int:
        """Number of the last publication; 0 without history."""

    @property
    def epoch(self) -> str:
        """Identity of the stream; empty without history."""


class Publisher(Protocol):
    """What brings publications to users."""

    async def publish(self, channel: str, texts: Sequence[str]) -> Position:
        """Publish JSON texts in order; where nobody can be told, they are lost."""


@dataclass(frozen=True)
class Writing:
    """A message before it is sent."""

    author: Person
    html: str
    media: tuple[dict[str, object], ...] = ()
    mention: bool = False
    """Whether it mentions the user."""
    system: bool = False
    new_message: str | None = None
    """One of ``NEW_MESSAGE``; None for the deployment's way."""


@dataclass(frozen=True)
class Happened:
    """What was published, in order."""

    published: list[Payload]
    position: Position | None = None
    """Of the last publication; None where there was none."""
    message: Message | None = None
    sent_at: float | None = None
    """The moment before it was published, in seconds of the monotonic clock; None where nothing was."""

    @property
    def unread_change(self) -> Payload | None:
        """The publication of the counts among them."""
        return self._first("unread_thread_change")

    def _first(self, kind: str) -> Payload | None:
        return next((each for each in self.published if each["notification_type"] == kind), None)


@dataclass
class Activity:
    """Everything that happens at this Telex."""

    conversations: Conversations
    preferences: Preferences
    settings: ServiceSettings
    publisher: Publisher
    calls: dict[str, Call] = field(default_factory=dict)
    """By their buzz id, the newest last."""

    # --- writing ----------------------------------------------------------------------------------------------------

    async def write(
        self, user: User, organisation: StoredOrganisation, conversation: Conversation, writing: Writing
    ) -> Happened:
        """Somebody begins a thread. What the user wrote, on another device, is neither counted nor published."""
        message = Message(writing.author, writing.html, uuid7(), writing.media, writing.system)
        conversation.began(message)
        if writing.author.id == user.id:
            return Happened([], message=message)
        conversation.counted(writing.mention)
        return await self._told(user, organisation, conversation, message, writing, counts=True, reply=False)

    def remember(self, conversation: Conversation, writing: Writing, messages: int, unread: int) -> None:
        """Make it so that somebody wrote so many messages before, and the user has that many threads unread."""
        for _ in range(min(messages, MESSAGES_KEPT)):
            conversation.began(Message(writing.author, writing.html, uuid7(), writing.media))
        conversation.unread = unread

    async def reply(
        self,
        user: User,
        organisation: StoredOrganisation,
        conversation: Conversation,
        writing: Writing,
        *,
        thread_id: str | None = None,
        following: bool = True,
    ) -> Happened:
        """Somebody answers in a thread.

        No thread more is unread. In a channel counts are published all the same, with one mention more where the user
        is mentioned; elsewhere they are not.

        Args:
            thread_id: By default the conversation's newest.
            following: Whether the user takes part in the thread, and so gets a ``thread_reply``.
        """
        thread_id = thread_id or conversation.last_thread_id or uuid7()
        message = Message(writing.author, writing.html, thread_id, writing.media, writing.system)
        conversation.last_message = message
        replies = [thread_reply(organisation, conversation, message)] if following else []
        if writing.author.id == user.id:
            return await self._publish(user, organisation, replies, message)
        conversation.mentions += writing.mention
        in_channel = conversation.kind is Kind.CHANNEL
        return await self._told(
            user, organisation, conversation, message, writing, counts=in_channel, reply=True, more=replies
        )

    async def _told(
        self,
        user: User,
        organisation: StoredOrganisation,
        conversation: Conversation,
        message: Message,
        writing: Writing,
        *,
        counts: bool,
        reply: bool,
        more: Sequence[Payload] = (),
    ) -> Happened:
        when = writing.new_message or self.settings.new_message
        texts = list(more)
        if writing.mention and conversation.kind is Kind.CHANNEL:
            texts.insert(0, channel_mention(organisation, conversation, message, reply=reply))
        if when != "never" and self.preferences.lets_through(user, organisation, conversation, mention=writing.mention):
            texts.insert(0, new_message(organisation, conversation, message, reply=reply))
        changes = [unread_change(user, organisation, conversation, new=True)] if counts and when != "only" else []
        payloads = [*texts, *changes] if when == "before" else [*changes, *texts]
        return await self._publish(user, organisation, payloads, message)

    # --- what comes late, or again ----------------------------------------------------------------------------------

    async def text_of_last(self, user: User, organisation: StoredOrganisation, conversation: Conversation) -> Happened:
        """``new_message`` for the newest message, however late."""
        message = conversation.last_message
        if message is None:
            return Happened([])
        reply = message not in conversation.messages
        payload = new_message(organisation, conversation, message, reply=reply)
        return await self._publish(user, organisation, [payload], message)

    async def counts_of(self, user: User, organisation: StoredOrganisation, conversation: Conversation) -> Happened:
        """The counts as they are, once more or for the first time."""
        payload = unread_change(user, organisation, conversation, new=conversation.unread > 0)
        return await self._publish(user, organisation, [payload])

    async def remind(self, user: User, organisation: StoredOrganisation, conversation: Conversation) -> Happened:
        """The time has come that the user saved the newest message for."""
        message = conversation.last_message
        if message is None:
            return Happened([])
        payload = saved_message_remainder(user, organisation, message)
        return await self._publish(user, organisation, [payload], message)

    # --- reading ----------------------------------------------------------------------------------------------------

    async def read(self, user: User, organisation: StoredOrganisation, conversation: Conversation) -> Happened:
        """The user reads a conversation, on whatever device. Of an agent's nobody is told."""
        conversation.was_read()
        if conversation.kind is Kind.AGENT:
            return Happened([])
        payload = unread_change(user, organisation, conversation, new=False)
        return await self._publish(user, organisation, [payload])

    # --- calling ----------------------------------------------------------------------------------------------------

    async def call(
        self, user: User, organisation: StoredOrganisation, conversation: Conversation, caller: Person
    ) -> tuple[Call, Happened]:
        """Somebody calls everybody in a conversation."""
        call = Call(user, organisation, conversation, caller)
        self.calls[call.buzz_id] = call
        return call, await self._publish(user, organisation, [call.initiated()])

    async def answer(self, call: Call, person: Person, answer: str) -> Happened:
        """Somebody accepts, declines, or has let it ring for too long."""
        return await self._publish(call.user, call.organisation, [call.answered(person, answer)])

    async def cancel(self, call: Call) -> Happened:
        """The caller hangs up."""
        self.calls.pop(call.buzz_id, None)
        return await self._publish(call.user, call.organisation, [call.canceled()])

    # --- publishing -------------------------------------------------------------------------------------------------

    async def _publish(
        self,
        user: User,
        organisation: StoredOrganisation,
        payloads: Sequence[Payload],
        message: Message | None = None,
    ) -> Happened:
        if not payloads:
            return Happened([], message=message)
        texts = [compact(payload) for payload in payloads]
        sent_at = time.monotonic()
        position = await self.publisher.publish(user.channel(organisation), texts)
        return Happened(list(payloads), position, message, sent_at)

    async def publish(self, user: User, organisation: StoredOrganisation, payload: Payload) -> Happened:
        """Publish anything else."""
        return await self._publish(user, organisation, [payload])
