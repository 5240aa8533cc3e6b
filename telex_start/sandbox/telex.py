"""Keeps the state of this Telex, and carries out what people do there: they write, answer, read and call.

What is published goes to one user's personal channel. What was done is kept here even if it cannot be published because
the push server is down: then only the look-ups show it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from .accounts import Accounts, Organisation, Person, Preferences, User
from .centrifugo import CentrifugoServer
from .conversations import MESSAGES_KEPT, Conversation, Conversations, Kind, Message, uuid7
from .deployment import ApiFaults, RateLimiter, ServiceSettings
from .publications import Call, Payload, saved_message_remainder, unread_change, with_text
from .push_protocol import compact
from .push_server import OwnPushServer
from .push_streams import NOWHERE, NotPossible, StreamPosition
from .signing import ServerClock, TokenSigner
from .traffic_log import TrafficLog

PushServer = OwnPushServer | CentrifugoServer
"""Its methods raise ``NotPossible`` for what this push server cannot do, or cannot do while it is down."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Writing:
    """A message before it is sent."""

    author: Person
    html: str
    media: tuple[Payload, ...] = ()
    mention: bool = False
    """Whether it mentions the user."""
    system: bool = False
    new_message: str | None = None
    """One of ``NEW_MESSAGE``; None for the deployment's way."""


@dataclass(frozen=True)
class Happened:
    """What came of an action: its publications in order, and the message that it was about."""

    published: Sequence[Payload] = ()
    position: StreamPosition = NOWHERE
    """Of the last publication."""
    message: Message | None = None
    sent_at: float | None = None
    """The moment before publishing, in seconds of the monotonic clock; None if nothing was published."""


@dataclass
class Telex:
    """The state of this Telex, with a method for each thing that people do."""

    clock: ServerClock
    signer: TokenSigner
    accounts: Accounts
    conversations: Conversations
    preferences: Preferences
    settings: ServiceSettings
    limiter: RateLimiter
    push_server: PushServer
    traffic: TrafficLog
    faults: ApiFaults = field(default_factory=ApiFaults)
    calls: dict[str, Call] = field(default_factory=dict)
    """By their buzz id, the newest last."""

    async def write(self, conversation: Conversation, writing: Writing) -> Happened:
        """Somebody begins a thread. What the user wrote, on another device, is neither counted nor published."""
        message = Message(writing.author, writing.html, uuid7(), writing.media, writing.system)
        conversation.began(message)
        if writing.author.id == conversation.user.id:
            return Happened(message=message)
        conversation.unread += 1
        conversation.mentions += writing.mention
        return await self._tell(conversation, message, writing, counts=True)

    def remember(self, conversation: Conversation, writing: Writing, messages: int, unread: int) -> None:
        """Add that many messages from before, and set the number of unread threads; nothing is published."""
        for _ in range(min(messages, MESSAGES_KEPT)):
            conversation.began(Message(writing.author, writing.html, uuid7(), writing.media))
        conversation.unread = unread

    async def reply(
        self, conversation: Conversation, writing: Writing, *, thread_id: str = "", following: bool = True
    ) -> Happened:
        """Somebody answers in a thread.

        The number of unread threads stays. In a channel the counts are published all the same, with one more mention if
        the user is mentioned; in other conversations they are not published.

        Args:
            thread_id: By default the conversation's newest.
            following: Whether the user takes part in the thread, and so gets a ``thread_reply``.
        """
        thread_id = thread_id or conversation.last_thread_id or uuid7()
        message = Message(writing.author, writing.html, thread_id, writing.media, writing.system)
        conversation.last_message = message
        replies = [with_text("thread_reply", conversation, message, reply=True)] if following else []
        if writing.author.id == conversation.user.id:
            return await self._publish(conversation, replies, message)
        conversation.mentions += writing.mention
        return await self._tell(
            conversation, message, writing, counts=conversation.kind is Kind.CHANNEL, replies=replies, reply=True
        )

    async def _tell(
        self,
        conversation: Conversation,
        message: Message,
        writing: Writing,
        *,
        counts: bool,
        replies: Sequence[Payload] = (),
        reply: bool = False,
    ) -> Happened:
        when = writing.new_message or self.settings.new_message
        texts = list(replies)
        if writing.mention and conversation.kind is Kind.CHANNEL:
            texts.insert(0, with_text("channel_mention", conversation, message, reply=reply))
        if when != "never" and self.lets_through(conversation, mention=writing.mention):
            texts.insert(0, with_text("new_message", conversation, message, reply=reply))
        changes = [unread_change(conversation, new=True)] if counts and when != "only" else []
        payloads = [*texts, *changes] if when == "before" else [*changes, *texts]
        return await self._publish(conversation, payloads, message)

    def lets_through(self, conversation: Conversation, *, mention: bool) -> bool:
        """Whether the backend publishes a ``new_message``; counts are published whatever is set."""
        user, organisation = conversation.user, conversation.organisation
        preference = self.preferences.organisation(user, organisation)
        profile = self.preferences.profile(user, organisation)
        if profile.pause_notification or self.preferences.channel(user, conversation.channel_id).muted:
            return False
        if preference.notify_about == "nothing":
            return False
        if preference.notify_about == "mentions" and conversation.kind is Kind.CHANNEL and not mention:
            return False
        return within(preference.time_range, datetime.now(_zone(profile.timezone)))

    async def text_of_last(self, conversation: Conversation) -> Happened:
        """Publish ``new_message`` for the newest message, however late."""
        message = conversation.last_message
        if message is None:
            return Happened()
        reply = message not in conversation.messages
        return await self._publish(
            conversation, [with_text("new_message", conversation, message, reply=reply)], message
        )

    async def counts_of(self, conversation: Conversation) -> Happened:
        """Publish the counts as they are, once more or for the first time."""
        return await self._publish(conversation, [unread_change(conversation, new=conversation.unread > 0)])

    async def remind(self, conversation: Conversation) -> Happened:
        """Publish the reminder of the newest message, which the user saved for later."""
        message = conversation.last_message
        if message is None:
            return Happened()
        return await self._publish(conversation, [saved_message_remainder(conversation, message)], message)

    async def read(self, conversation: Conversation) -> Happened:
        """The user reads a conversation, on any device. Reading an agent's messages publishes nothing."""
        conversation.was_read()
        if conversation.kind is Kind.AGENT:
            return Happened()
        return await self._publish(conversation, [unread_change(conversation, new=False)])

    async def call(self, conversation: Conversation, caller: Person) -> tuple[Call, Happened]:
        """Somebody calls everybody in a conversation."""
        call = Call(conversation, caller)
        self.calls[call.buzz_id] = call
        return call, await self._publish(conversation, [call.initiated()])

    async def answer(self, call: Call, person: Person, answer: str) -> Happened:
        """Somebody accepts or declines a call, or has let it ring for too long."""
        return await self._publish(call.conversation, [call.answered(person, answer)])

    async def cancel(self, call: Call) -> Happened:
        """The caller hangs up."""
        self.calls.pop(call.buzz_id, None)
        return await self._publish(call.conversation, [call.canceled()])

    async def _publish(
        self, conversation: Conversation, payloads: Sequence[Payload], message: Message | None = None
    ) -> Happened:
        if not payloads:
            return Happened(message=message)
        sent_at = time.monotonic()
        position = await self.publish(conversation.user, conversation.organisation, *payloads)
        return Happened(payloads, position, message, sent_at)

    async def publish(self, user: User, organisation: Organisation, *payloads: Payload) -> StreamPosition:
        """Publish to a user. What the push server cannot take is lost: this is logged, and nothing is raised."""
        try:
            return await self.push_server.publish(user.channel(organisation), [compact(each) for each in payloads])
        except NotPossible as reason:
            _log.info("lost %d publications: %s", len(payloads), reason)
            return NOWHERE


def within(time_range: str, moment: datetime) -> bool:
    """Whether a moment is in a range such as ``09:00 AM - 06:00 PM``.

    The range includes its last minute, and may go over midnight. One that cannot be read includes every moment.
    """
    try:
        first, last = (datetime.strptime(part.strip(), "%I:%M %p").time() for part in time_range.split("-"))
    except ValueError:
        return True
    minute = moment.time().replace(second=0, microsecond=0)
    return first <= minute <= last if first <= last else minute >= first or minute <= last


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
