"""This Telex: all that it knows, and what people do at it. They write, answer, read and call.

Each changes what is unread, and is published to one user's personal channel. What was done is kept here even where
nobody can be told of it, as the push server is down: then only the look-ups say so.
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
"""Orders that one cannot carry out, or not while it is down, raise ``NotPossible``."""
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
    """What was published, in order."""

    published: Sequence[Payload] = ()
    position: StreamPosition = NOWHERE
    """Of the last publication."""
    message: Message | None = None
    sent_at: float | None = None
    """The moment before it was published, in seconds of the monotonic clock; None where nothing was."""


@dataclass
class Telex:
    """The state of all of it, and everything that happens."""

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
        """Make it so that somebody wrote so many messages before, and the user has that many threads unread."""
        for _ in range(min(messages, MESSAGES_KEPT)):
            conversation.began(Message(writing.author, writing.html, uuid7(), writing.media))
        conversation.unread = unread

    async def reply(
        self, conversation: Conversation, writing: Writing, *, thread_id: str = "", following: bool = True
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
        """``new_message`` for the newest message, however late."""
        message = conversation.last_message
        if message is None:
            return Happened()
        reply = message not in conversation.messages
        return await self._publish(
            conversation, [with_text("new_message", conversation, message, reply=reply)], message
        )

    async def counts_of(self, conversation: Conversation) -> Happened:
        """The counts as they are, once more or for the first time."""
        return await self._publish(conversation, [unread_change(conversation, new=conversation.unread > 0)])

    async def remind(self, conversation: Conversation) -> Happened:
        """The time has come that the user saved the newest message for."""
        message = conversation.last_message
        if message is None:
            return Happened()
        return await self._publish(conversation, [saved_message_remainder(conversation, message)], message)

    async def read(self, conversation: Conversation) -> Happened:
        """The user reads a conversation, on whatever device. Of an agent's nobody is told."""
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
        """Somebody accepts, declines, or has let it ring for too long."""
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
        """Publish to a user; what the push server cannot take is lost, and nobody hears of it."""
        try:
            return await self.push_server.publish(user.channel(organisation), [compact(each) for each in payloads])
        except NotPossible as reason:
            _log.info("lost %d publications: %s", len(payloads), reason)
            return NOWHERE


def within(time_range: str, moment: datetime) -> bool:
    """Whether a moment is in a range such as ``09:00 AM - 06:00 PM``.

    Its last minute is in it, it may go over midnight, and one that cannot be read is always.
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
