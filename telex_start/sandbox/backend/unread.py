"""``unread_thread_change``: what Telex publishes when something is unread or read in a conversation."""

from __future__ import annotations

from .accounts import StoredOrganisation, User
from .conversations import Conversation, Kind
from .ids import uuid7
from .previews import participants, preview_message, preview_thread, username


def unread_change(
    user: User, organisation: StoredOrganisation, conversation: Conversation, *, new: bool
) -> dict[str, object]:
    """The publication of a conversation's counts.

    Args:
        new: Whether something was written, not read. A direct message then names its recipient where one looks for
            the sender.
    """
    match conversation.kind:
        case Kind.CHANNEL:
            data = _channel(user, organisation, conversation)
        case Kind.AGENT:
            data = _agent(organisation, conversation)
        case Kind.DIRECT | Kind.GROUP:
            data = _direct(user, organisation, conversation, new)
    return {
        "notification_type": "unread_thread_change",
        "section": conversation.section,
        "notification_id": uuid7(),
        "data": data | {"last_thread_id": conversation.last_thread_id},
    }


def _channel(user: User, organisation: StoredOrganisation, conversation: Conversation) -> dict[str, object]:
    return {
        "channels_id": conversation.id,
        "name": conversation.name,
        "description": description(user, conversation),
        "topic": "",
        "organisation_id": organisation.id,
        "owner_id": user.id,
        "archived": conversation.archived,
        "is_private": conversation.private,
        "created_at": conversation.created_at,
        "access": True,
        "thread_count": conversation.unread,
        "mention_count": conversation.mentions,
    }


def description(user: User, conversation: Conversation) -> str:
    """What the channel's or agent's owner wrote about it."""
    if conversation.kind is Kind.AGENT:
        return f"{conversation.name} watches what you tell it to"
    return f"{user.username}'s {conversation.name} channel"


def _direct(user: User, organisation: StoredOrganisation, conversation: Conversation, new: bool) -> dict[str, object]:
    data: dict[str, object] = {
        "channel_id": conversation.id,
        "organisation_id": organisation.id,
        "avatar_url": "",
        "thread_count": conversation.unread,
        "preview_message": preview_message(conversation),
        "preview_thread": preview_thread(conversation),
    }
    if conversation.kind is Kind.GROUP:
        return data | {
            "channel_type": "group_dm",
            "username": username(user, conversation),
            "participants": participants([*conversation.others, user.person]),
            "participant_id": "",
            "participant_email": "",
        }
    (other,) = conversation.others
    # On a new message all names are those of whom it is for; only the id is that of whom it is from.
    shown, behind = (user.person, other) if new else (other, user.person)
    return data | {
        "channel_type": "dm",
        "username": shown.username,
        "participants": participants([shown, behind]),
        "participant_id": other.id,
        "participant_email": shown.email,
    }


def _agent(organisation: StoredOrganisation, conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "name": conversation.name,
        "description": f"{conversation.name} watches what you tell it to",
        "organisation_id": organisation.id,
        "avatar_url": "",
        "thread_count": conversation.unread,
    }
