"""Reads what Telex publishes into values (publication, message), and defines :class:`News`, made of them. Pure.

Every field may be absent, of the wrong type, or megabytes long. What is kept of a field is cut to size here, and is
otherwise as it came; :mod:`.markup` and :mod:`.text` make it fit to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..toast import Conversation, Place

CHANNELS = "channels_section"
DIRECT = "dm_channels_section"
AGENTS = "agent_channels_section"

UNREAD_CHANGE = "unread_thread_change"
"""The type that carries the unread counts. It sets the counts even if the configuration does not name it as news."""
SAVED = "saved_message_remainder"
"""The type by which Telex reminds of a message that the person saved."""
CHANNEL_MENTION = "channel_mention"
THREAD_REPLY = "thread_reply"
MESSAGES = frozenset({"new_message", CHANNEL_MENTION, THREAD_REPLY})
"""The types that carry a message itself."""
_REPLY = "reply_message"
"""The section that marks a ``new_message`` as a reply."""

MOST_COUNT = 999_999
"""The highest count of a conversation: a number from the network must not make memory or texts grow without end."""
LONGEST_ID = 128
"""Characters; what is longer is no id."""
LONGEST_NAME = 256
"""Characters that are kept of a name."""
LONGEST_TEXT = 8000
"""Characters that are kept of a message or description, markup included."""

_ID_KEYS = ("channels_id", "channel_id", "id")
_AGENT_ID_KEYS = ("id", "channels_id", "channel_id")
_MEDIA_KEYS = ("mime_type", "mimetype", "content_type", "media_type", "file_type", "type")
_MEDIA = (
    (("image", "photo", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic"), "📷 Photo"),
    (("video", ".mp4", ".mov", ".webm"), "🎥 Video"),
    (("audio", "voice", ".mp3", ".ogg", ".m4a", ".wav"), "🎤 Audio"),
)


def integer(value: Any) -> int | None:
    """A value as a count, from 0 to :data:`MOST_COUNT`; ``None`` if it is no integer (``True`` is none)."""
    return max(0, min(value, MOST_COUNT)) if type(value) is int else None


def word(value: Any) -> str:
    """A value as an id; empty if it cannot be one."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_ID else ""
    return str(value) if type(value) is int and 0 <= value < 1 << 64 else ""


def name(value: Any) -> str | None:
    """A value as a name, cut to size; ``None`` if it is no text, or empty."""
    return value[:LONGEST_NAME] if isinstance(value, str) and value else None


def text(value: Any) -> str | None:
    """A value as a text, cut to size; ``None`` if it is no text, or empty."""
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None


def first(fields: Mapping[Any, Any], *keys: str) -> str | None:
    """The first of these fields that is a name."""
    for key in keys:
        if found := name(fields.get(key)):
            return found
    return None


def own_id(section: str, fields: Mapping[Any, Any]) -> str:
    """The id of a conversation; empty if it has none."""
    for key in _AGENT_ID_KEYS if section == AGENTS else _ID_KEYS:
        if ident := word(fields.get(key)):
            return ident
    return ""


def ident(section: str, fields: Mapping[Any, Any]) -> str:
    """What identifies a conversation within its section: its id, else its name; empty if it has neither."""
    return own_id(section, fields) or named(fields)


def named(fields: Mapping[Any, Any]) -> str:
    """What identifies a conversation that has no id: its name; empty if it has none."""
    return first(fields, "name", "username") or ""


def remember(known: dict[Any, Any], key: object, value: object, most: int) -> None:
    """Put ``key`` last into ``known``; if that holds ``most`` already, its first entry goes."""
    known.pop(key, None)
    if len(known) >= most:
        del known[next(iter(known))]
    known[key] = value


class Publication(NamedTuple):
    """What is used of a publication. Each field may be empty."""

    kind: str
    """The ``notification_type``."""
    section: str
    event: str
    """The ``notification_id``; empty if there is none, or one that is no id."""
    fields: Mapping[Any, Any]


def publication(data: Any) -> Publication | None:
    """Decoded JSON as a publication; ``None`` if it is none."""
    if not isinstance(data, dict) or not isinstance(kind := data.get("notification_type"), str):
        return None
    section = data.get("section")
    fields = data.get("data")
    return Publication(
        kind,
        section[:LONGEST_NAME] if isinstance(section, str) else "",
        word(data.get("notification_id")),
        fields if isinstance(fields, dict) else {},
    )


class Written(NamedTuple):
    """One message and who wrote it."""

    user_id: str = ""
    name: str | None = None
    """The author's name; ``None`` if it is not known."""
    username: str | None = None
    message: str | None = None
    """In HTML."""
    attached: str = ""
    """What is attached, in words; empty for nothing."""


def written(fields: Mapping[Any, Any]) -> Written:
    """The message, and its author, in these fields."""
    return Written(
        word(fields.get("user_id")),
        first(fields, "full_name", "username"),
        name(fields.get("username")),
        text(fields.get("message")),
        _attachments(fields.get("media")),
    )


def last_written(fields: Mapping[Any, Any]) -> Written | None:
    """The newest message of a conversation's preview; ``None`` if there is none, or if the system wrote it."""
    thread = fields.get("preview_thread")
    newest = thread[0] if isinstance(thread, list) and thread else None
    return written(newest) if isinstance(newest, dict) and newest.get("type") != "system" else None


def _attachments(media: Any) -> str:
    if not isinstance(media, list) or not media:
        return ""
    if len(media) > 1:
        return f"{len(media)} files"
    only = media[0]
    kind = ""
    if isinstance(only, dict):
        kind = f"{first(only, *_MEDIA_KEYS) or ''} {first(only, 'file_name', 'name', 'url', 'link') or ''}"
    elif isinstance(only, str):
        kind = only[-LONGEST_NAME:]
    kind = kind.casefold()
    return next((label for words, label in _MEDIA if any(part in kind for part in words)), "📎 File")


class Cause(NamedTuple):
    """What a message has in common with the change of counts that it causes: :mod:`.pairing` compares it."""

    conversation: Conversation
    thread: str
    reply: bool
    """The message is in a thread that existed before: a change of counts names the last thread, maybe another one."""

    def is_of(self, other: Cause) -> bool:
        """Whether a message and a change belong together; either may be ``self``."""
        if self.thread and other.thread:
            # A thread's id is unique. An agent's conversation and its messages go by different ids.
            same = self.thread == other.thread and self.conversation.channel == other.conversation.channel
        else:
            same = self.conversation == other.conversation
        return same or (self.reply and other.reply and self.conversation == other.conversation)


class Message(NamedTuple):
    """One message with its text, cut to size and otherwise as it came."""

    cause: Cause
    """The conversation's id in an agent's message differs from the one in the counts: compare the threads."""
    kind: str
    ident: str
    """The message's own id; empty if there is none."""
    written: Written
    name: str | None
    """The channel's name."""
    group: bool


def message(channel: str, came: Publication) -> Message:
    """The message that a publication of one of :data:`MESSAGES` carries.

    Args:
        channel: The push channel that it came on.
        came: The publication.
    """
    fields = came.fields
    direct = (first(fields, "channel_type") or "").casefold() in ("dm", "direct", "group_dm")
    conversation = Conversation(channel, DIRECT if direct else CHANNELS, word(fields.get("channel_id")))
    reply = came.kind == THREAD_REPLY or came.section == _REPLY
    return Message(
        Cause(conversation, word(fields.get("thread_id")), reply),
        came.kind,
        word(fields.get("message_id")),
        written(fields),
        None if direct else first(fields, "channel_name"),
        is_group(fields),
    )


def is_group(fields: Mapping[Any, Any]) -> bool:
    """Whether these fields belong to a conversation of more than two."""
    return "group" in (first(fields, "channel_type") or "").casefold()


class News(NamedTuple):
    """One thing a person should be told. Its texts are as they came, cut to size; :mod:`.wording` makes them fit to
    show."""

    conversation: Conversation
    name: str | None = None
    """The channel's, person's, group's or agent's name; ``None`` if there is none."""
    sender: str | None = None
    """Who wrote; ``None`` if that is not known."""
    message: str | None = None
    """What they wrote, in HTML; ``None`` if that is not known."""
    attached: str = ""
    """What is attached to the message, in words that are fit to show; empty for nothing."""
    description: str | None = None
    """The channel's or agent's description, which stands in for a message that is not known; plain text."""
    unread: int = 0
    """Unread threads of the conversation now; 0 if they are not counted."""
    before: int = 0
    """Unread threads of the conversation before this news."""
    mentions: int = 0
    counted: bool = True
    """False if the unread state does not count it, as no later publication could ever say that it was read."""
    mentioned: bool = False
    """The message mentions the person."""
    reply: bool = False
    """The message is in a thread that existed before, and that need not be :attr:`thread`."""
    paired: bool = False
    """This news is of a change of counts, and the message that caused the change has come too."""
    kind: str = UNREAD_CHANGE
    """The ``notification_type``."""
    thread: str = ""
    """The id of the thread that the news is about; empty if that is not known."""
    group: bool = False
    """A direct conversation of more than two."""
    place: Place = Place()
    """Where the message can be read."""

    def without_words(self) -> News:
        """The same news without its texts, as it is kept for a summary."""
        return self._replace(name=None, sender=None, message=None, attached="", description=None)

    @property
    def cause(self) -> Cause:
        """What this news has in common with the other publication of the same message (see :class:`Cause`)."""
        return Cause(self.conversation, self.thread, self.reply)

    @property
    def written(self) -> bool:
        """Whether it is known what was written."""
        return bool(self.message or self.attached)

    @property
    def direct(self) -> bool:
        """Whether it was written to the person alone, or to a group of persons."""
        return self.conversation.section == DIRECT

    @property
    def to_oneself(self) -> bool:
        """Whether it concerns the person themselves: written to them, mentions them, or they asked to be reminded."""
        return self.direct or self.mentioned or self.asked_for

    @property
    def asked_for(self) -> bool:
        """Whether the person asked Telex to be reminded."""
        return self.kind == SAVED
