"""Messages as the service shows them: the HTML of a text, a message as JSON, and the previews of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .accounts import User
from .conversations import Conversation, Kind, Message
from .ids import uuid7
from .people import Person

_LABELS = {"image": "📷 Photo", "video": "🎥 Video", "audio": "🎤 Audio"}


def as_html(text: str) -> str:
    """A plain text as the web client's editor writes it: a paragraph for each line."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.split("\n")) if text else ""


def attachment(kind: str) -> dict[str, object]:
    """A file that comes with a message.

    Args:
        kind: ``image``, ``video``, ``audio`` or ``file``.
    """
    identity = uuid7()
    return {"id": identity, "type": kind, "name": f"{kind}-{identity[:8]}", "url": f"https://files.example/{identity}"}


def message_json(message: Message) -> dict[str, object]:
    """A message, as look-ups and previews have it."""
    return {
        "thread_id": message.thread_id,
        "message_id": message.message_id,
        "user_id": message.author.id,
        "username": message.author.username,
        "full_name": message.author.full_name,
        "email": message.author.email,
        "avatar_url": "",
        "user_type": message.author.user_type,
        "message": message.html,
        "type": "system" if message.system else "message",
        "created_at": message.created_at,
        "media": list(message.media),
    }


def preview_message(conversation: Conversation) -> str:
    """The newest message: HTML, untruncated, or a label where it is only attachments; empty where there is none."""
    if not conversation.messages:
        return ""
    newest = conversation.messages[-1]
    if newest.html or not newest.media:
        return newest.html
    return _LABELS.get(str(newest.media[0].get("type")), "📎 File")


def preview_thread(conversation: Conversation) -> list[dict[str, object]]:
    """The newest messages, whole, the newest first."""
    return [message_json(message) for message in reversed(conversation.messages)]


def participants(people: Sequence[Person]) -> list[dict[str, object]]:
    """People of a conversation, in that order."""
    return [
        {
            "user_id": person.id,
            "username": person.username,
            "full_name": person.full_name,
            "email": person.email,
            "avatar_url": "",
        }
        for person in people
    ]


def username(user: User, conversation: Conversation) -> str:
    """The name of a direct conversation, or all names of a group, the user's own among them."""
    if conversation.kind is Kind.GROUP:
        return ", ".join(person.username for person in (*conversation.others, user.person))
    return conversation.others[0].username
