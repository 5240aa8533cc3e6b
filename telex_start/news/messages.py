"""The publications that carry a message itself: ``new_message``, ``channel_mention``, ``thread_reply``. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ..toast import Conversation
from .authors import Written, written
from .fields import CHANNELS, DIRECT, Publication, first, word

NEW_MESSAGE = "new_message"
CHANNEL_MENTION = "channel_mention"
THREAD_REPLY = "thread_reply"
KINDS = frozenset({NEW_MESSAGE, CHANNEL_MENTION, THREAD_REPLY})

_REPLY = "reply_message"
"""The section of a ``new_message`` that is a reply."""


class Message(NamedTuple):
    """One message with its text, cut to size and otherwise as it came."""

    conversation: Conversation
    """Of an agent's message its id is another than that of the agent's conversation: compare the threads."""
    kind: str
    thread: str
    ident: str
    """The message's own id; empty where there is none."""
    written: Written
    reply: bool
    """It answers in a thread."""
    name: str | None
    """The channel's name."""
    group: bool

    @property
    def cause(self) -> Cause:
        """What it has in common with its change of counts."""
        return Cause(self.conversation, self.thread, self.reply)


def message(channel: str, came: Publication) -> Message:
    """The message that a publication of one of :data:`KINDS` carries.

    Args:
        channel: The push channel that it came on.
        came: The publication.
    """
    fields = came.fields
    where = first(fields, "channel_type") or ""
    direct = where.casefold() in ("dm", "direct", "group_dm")
    return Message(
        Conversation(channel, DIRECT if direct else CHANNELS, word(fields.get("channel_id"))),
        came.kind,
        word(fields.get("thread_id")),
        word(fields.get("message_id")),
        written(fields),
        came.kind == THREAD_REPLY or came.section == _REPLY,
        None if direct else first(fields, "channel_name"),
        "group" in where.casefold(),
    )


class Cause(NamedTuple):
    """What a message and the change of counts that it causes have in common."""

    conversation: Conversation
    thread: str
    reply: bool
    """It is in a thread that was there already: a change names the last thread, which that need not be."""

    def is_of(self, other: Cause) -> bool:
        """Whether a message and a change belong together. Both orders will do."""
        if self.thread and other.thread:
            # A thread's id is unique. An agent's conversation and its messages go by different ids.
            same = self.thread == other.thread and self.conversation.channel == other.conversation.channel
        else:
            same = self.conversation == other.conversation
        return same or (self.reply and other.reply and self.conversation == other.conversation)
