"""Builds what Telex publishes, of calls too; and the parts that look-ups share: messages, previews, people, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from .accounts import Organisation, Person, User
from .conversations import CHANNELS, SECTIONS, Conversation, Kind, Message, now, uuid7

Payload = dict[str, object]

_THREAD, _REPLY = "thread_message", "reply_message"
_LABELS = {"image": "📷 Photo", "video": "🎥 Video", "audio": "🎤 Audio"}
ANSWERS = {"accept": "user_joined", "decline": "user_rejected", "timeout": "user_timeout"}
"""For each answer to a call, the field that says who gave it."""
_STATUS = {"accept": "accepted", "decline": "declined", "timeout": "timeout"}


def as_html(text: str) -> str:
    """A plain text as the web client's editor writes it: a paragraph for each line."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.split("\n")) if text else ""


def attachment(kind: str) -> Payload:
    """A file that comes with a message: ``image``, ``video``, ``audio`` or ``file``."""
    identity = uuid7()
    return {"id": identity, "type": kind, "name": f"{kind}-{identity[:8]}", "url": f"https://files.example/{identity}"}


def _person(person: Person) -> Payload:
    names: Payload = {"user_id": person.id, "username": person.username, "full_name": person.full_name}
    return names | {"email": person.email, "avatar_url": ""}


def participants(people: Sequence[Person]) -> list[Payload]:
    """The people of a conversation as publications list them, in the given order."""
    return [_person(person) for person in people]


def _message(message: Message) -> Payload:
    ids: Payload = {"thread_id": message.thread_id, "message_id": message.message_id}
    kind: Payload = {"user_type": "bot" if message.author.agent else "user"}
    kind |= {"type": "system" if message.system else "message", "created_at": message.created_at}
    return _person(message.author) | ids | kind | {"message": message.html, "media": list(message.media)}


def preview_thread(conversation: Conversation) -> list[Payload]:
    """The newest messages, whole, the newest first."""
    return [_message(message) for message in reversed(conversation.messages)]


def previews(conversation: Conversation) -> Payload:
    """The newest message as whole HTML, or a label if it is only attachments; and a list of the newest messages."""
    newest = conversation.messages[-1] if conversation.messages else None
    text = newest.html if newest is not None else ""
    if newest is not None and not text and newest.media:
        text = _LABELS.get(str(newest.media[0].get("type")), "📎 File")
    return {"preview_message": text, "preview_thread": preview_thread(conversation)}


def username(conversation: Conversation) -> str:
    """The name of a direct conversation, or all names of a group, the user's own among them."""
    people = [*conversation.others, *([conversation.user] if conversation.kind is Kind.GROUP else [])]
    return ", ".join(person.username for person in people)


def channel_row(conversation: Conversation) -> Payload:
    """A channel and its counts."""
    return {
        "channels_id": conversation.id,
        "name": conversation.name,
        "description": f"{conversation.user.username}'s {conversation.name} channel",
        "organisation_id": conversation.organisation.id,
        "archived": conversation.archived,
        "is_private": conversation.private,
        "created_at": conversation.created_at,
        "thread_count": conversation.unread,
        "mention_count": conversation.mentions,
        "last_thread_id": conversation.last_thread_id,
    }


def people_row(conversation: Conversation, shown: Person | None = None) -> Payload:
    """A direct conversation or a group, with its counts.

    Args:
        shown: The person whose name a direct conversation shows; by default the other person.
    """
    user, group = conversation.user, conversation.kind is Kind.GROUP
    people = [*conversation.others, user]
    return {
        "channel_id": conversation.id,
        "channel_type": "group_dm" if group else "dm",
        "username": shown.username if shown else username(conversation),
        "participant_id": "" if group else conversation.others[0].id,
        "participants": participants(people[::-1] if shown is user else people),
        "avatar_url": "",
        "thread_count": conversation.unread,
        "last_thread_id": conversation.last_thread_id,
        **previews(conversation),
    }


def agent_row(conversation: Conversation) -> Payload:
    """An agent and its count."""
    return {
        "id": conversation.id,
        "name": conversation.name,
        "description": f"{conversation.name} watches what you tell it to",
        "thread_count": conversation.unread,
        "last_thread_id": conversation.last_thread_id,
    }


def _publication(kind: str, section: str, data: Payload) -> Payload:
    return {"notification_type": kind, "section": section, "notification_id": uuid7(), "data": data}


def unread_change(conversation: Conversation, *, new: bool) -> Payload:
    """``unread_thread_change``: something is unread or read.

    Args:
        new: Whether something was written, not read. A direct message then names its recipient in the fields where one
            expects the sender; only ``participant_id`` is the sender's.
    """
    organisation: Payload = {"organisation_id": conversation.organisation.id}
    match conversation.kind:
        case Kind.CHANNEL:
            data = channel_row(conversation) | {"topic": "", "owner_id": conversation.user.id, "access": True}
        case Kind.AGENT:
            data = agent_row(conversation) | organisation | {"avatar_url": ""}
        case Kind.GROUP:
            data = people_row(conversation) | organisation | {"participant_email": ""}
        case Kind.DIRECT:
            shown = conversation.user if new else conversation.others[0]
            data = people_row(conversation, shown) | organisation | {"participant_email": shown.email}
    return _publication("unread_thread_change", SECTIONS[conversation.kind], data)


def with_text(kind: str, conversation: Conversation, message: Message, *, reply: bool) -> Payload:
    """A publication with a message's text; the counts are a publication of their own.

    Args:
        kind: ``new_message``; ``channel_mention``, if it mentions the user; ``thread_reply``, an answer in a thread
            that the user takes part in, the user's own answers too.
    """
    in_channel = conversation.kind is Kind.CHANNEL
    data: Payload = {
        "channel_id": conversation.channel_id,
        "channel_name": conversation.name if in_channel else message.author.full_name,
        "channel_type": ("private" if conversation.private else "public") if in_channel else "DM",
        "org_id": conversation.organisation.id,
    }
    return _publication(kind, _REPLY if reply else _THREAD, _message(message) | data)


def saved_message_remainder(conversation: Conversation, message: Message) -> Payload:
    """``saved_message_remainder`` (spelled so): reminds the user of a saved message, without its text."""
    ids: Payload = {"user_id": conversation.user.id, "org_id": conversation.organisation.id}
    ids |= {"thread_id": message.thread_id, "message_id": message.message_id}
    return _publication("saved_message_remainder", _THREAD, ids)


def noise(kind: str, organisation: Organisation, user: User) -> Payload:
    """A publication of a type that is nobody's news: presence, reactions and the like."""
    data: Payload = {"organisation_id": organisation.id, "user_id": user.id, "id": uuid7(), "status": "online"}
    return _publication(kind, CHANNELS, data)


@dataclass
class Call:
    """A call to a person or a group, which rings ("buzz", as Telex names it)."""

    conversation: Conversation
    """Its user, the caller or one of the called, gets the publications."""
    caller: Person
    buzz_id: str = field(default_factory=uuid7)
    created_at: str = field(default_factory=now)
    statuses: dict[str, str] = field(default_factory=dict)
    """The answers so far: ``accepted``, ``declined`` or ``timeout``, by user id."""

    def initiated(self) -> Payload:
        """``direct_call_initiated``, which the caller gets too."""
        return self._publication("direct_call_initiated", {"participants": self._participants()})

    def answered(self, person: Person, answer: str) -> Payload:
        """``direct_call_response``: somebody accepted, declined or let it ring."""
        self.statuses[person.id] = _STATUS[answer]
        who: Payload = {"participants": self._participants(), ANSWERS[answer]: self._participant(person)}
        return self._publication("direct_call_response", {"join_status": answer, **who})

    def canceled(self) -> Payload:
        """``direct_call_canceled``: the caller hung up."""
        return self._publication("direct_call_canceled", {})

    def is_over(self) -> bool:
        """Whether nobody but the caller is left who could take it."""
        people = (self.conversation.user, *self.conversation.others)
        ended = ("declined", "timeout")
        return all(self.statuses.get(each.id) in ended for each in people if each.id != self.caller.id)

    def as_answered(self, action: str) -> Payload:
        """The API's answer to the person who responds to the call."""
        return {
            "buzz_id": self.buzz_id,
            "buzz_code": self.buzz_id[-8:],
            "join_status": _STATUS.get(action, "canceled"),
            "participants": self._participants(),
        }

    def _participants(self) -> list[Payload]:
        return [self._participant(person) for person in (self.conversation.user, *self.conversation.others)]

    def _participant(self, person: Person) -> Payload:
        calling = "accepted" if person.id == self.caller.id else "pending"
        names: Payload = {"user_id": person.id, "username": person.username, "avatar_url": "", "default_avatar_url": ""}
        return names | {"join_status": self.statuses.get(person.id, calling)}

    def _publication(self, kind: str, more: Payload) -> Payload:
        channel: Payload = {"channel_id": self.conversation.channel_id}
        call: Payload = {"event": kind, "buzz_id": self.buzz_id, "created_at": self.created_at}
        caller: Payload = {"caller_id": self.caller.id, "caller_name": self.caller.username}
        return _publication(kind, CHANNELS, channel | call | caller | more) | {"modification_ids": channel}
