"""The publications that carry a message's text, and those that are nobody's news."""

from __future__ import annotations

from .accounts import StoredOrganisation, User
from .conversations import CHANNELS, Conversation, Kind, Message
from .ids import uuid7
from .previews import message_json

THREAD = "thread_message"
REPLY = "reply_message"


def new_message(
    organisation: StoredOrganisation, conversation: Conversation, message: Message, *, reply: bool
) -> dict[str, object]:
    """``new_message``, which takes another way than the counts."""
    return _with_text("new_message", REPLY if reply else THREAD, organisation, conversation, message)


def channel_mention(
    organisation: StoredOrganisation, conversation: Conversation, message: Message, *, reply: bool
) -> dict[str, object]:
    """``channel_mention``: the message mentions the user."""
    return _with_text("channel_mention", REPLY if reply else THREAD, organisation, conversation, message)


def thread_reply(organisation: StoredOrganisation, conversation: Conversation, message: Message) -> dict[str, object]:
    """``thread_reply``: an answer in a thread that the user takes part in, the user's own answers too."""
    return _with_text("thread_reply", REPLY, organisation, conversation, message)


def _with_text(
    kind: str, section: str, organisation: StoredOrganisation, conversation: Conversation, message: Message
) -> dict[str, object]:
    in_channel = conversation.kind is Kind.CHANNEL
    return {
        "notification_type": kind,
        "section": section,
        "notification_id": uuid7(),
        "data": {
            **message_json(message),
            "channel_id": conversation.channel_id,
            "channel_name": conversation.name if in_channel else message.author.full_name,
            "channel_type": ("private" if conversation.private else "public") if in_channel else "DM",
            "org_id": organisation.id,
        },
    }


def saved_message_remainder(user: User, organisation: StoredOrganisation, message: Message) -> dict[str, object]:
    """``saved_message_remainder`` (spelled so): the time has come that the user saved a message for; no text."""
    return {
        "notification_type": "saved_message_remainder",
        "section": THREAD,
        "notification_id": uuid7(),
        "data": {
            "user_id": user.id,
            "org_id": organisation.id,
            "thread_id": message.thread_id,
            "message_id": message.message_id,
        },
    }


def noise(notification_type: str, organisation: StoredOrganisation, user: User) -> dict[str, object]:
    """A publication of a type that is nobody's news: presence, reactions and the like."""
    return {
        "notification_type": notification_type,
        "section": CHANNELS,
        "notification_id": uuid7(),
        "data": {"organisation_id": organisation.id, "user_id": user.id, "id": uuid7(), "status": "online"},
    }
