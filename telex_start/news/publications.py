"""What Telex publishes, and the news that it makes, as values. Pure.

Every field may be absent, of another type than it should be, or megabytes long. What is kept of it is cut to size here,
and is otherwise as it came; see :mod:`.markup` and :mod:`.text` for how it is made fit to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..toast import Conversation, Place

CHANNELS = "channels_section"
DIRECT = "dm_channels_section"
AGENTS = "agent_channels_section"

UNREAD_CHANGE = "unread_thread_change"
"""The type that carries the unread counts. It keeps them right even where a setting takes it out of the news."""
SAVED = "saved_message_remainder"
"""Telex reminds of a message that the person saved."""
CHANNEL_MENTION = "channel_mention"
THREAD_REPLY = "thread_reply"
MESSAGES = frozenset({"new_message", CHANNEL_MENTION, THREAD_REPLY})
"""The types that carry a message itself."""
_REPLY = "reply_message"
"""The section of a ``new_message`` that is a reply."""

MOST_COUNT = 999_999
"""No conversation counts higher: a number from the network must not grow the program or its words without end."""
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
    """The count that a value is, from 0 to :data:`MOST_COUNT`; ``None`` if it is no integer (``True`` is none)."""
    return max(0, min(value, MOST_COUNT)) if type(value) is int else None


def word(value: Any) -> str:
    """The id that a value is; empty if it is none."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_ID else ""
    return str(value) if type(value) is int and 0 <= value < 1 << 64 else ""


def name(value: Any) -> str | None:
    """The name that a value is, cut to size; ``None`` if it is none."""
    return value[:LONGEST_NAME] if isinstance(value, str) and value else None


def text(value: Any) -> str | None:
    """The text that a value is, cut to size; ``None`` if it is none."""
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
    """What identifies a conversation within its section: its id, else its name; empty if nothing does."""
    return own_id(section, fields) or named(fields)


def named(fields: Mapping[Any, Any]) -> str:
    """What identifies a conversation that has no id: its name; empty if it has none."""
    return first(fields, "name", "username") or ""


def remember(known: dict[Any, Any], key: object, value: object, most: int) -> None:
    """Remember it as the latest of so many."""
    known.pop(key, None)
    if len(known) >= most:
        del known[next(iter(known))]
    known[key] = value


class Publication(NamedTuple):
    """A publication's envelope. All of it may be empty."""

    kind: str
    """The ``notification_type``."""
    section: str
    event: str
    """The ``notification_id``; empty where there is none that can be one."""
    fields: Mapping[Any, Any]


def publication(data: Any) -> Publication | None:
    """The publication that this decoded JSON is; ``None`` if it is none."""
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
    """The author's name; ``None`` where it is not known."""
    username: str | None = None
    message: str | None = None
    """In HTML."""
    attached: str = ""
    """What came with it, in words; empty for nothing."""


def written(fields: Mapping[Any, Any]) -> Written:
    """The message that these fields are."""
    return Written(
        word(fields.get("user_id")),
        first(fields, "full_name", "username"),
        name(fields.get("username")),
        text(fields.get("message")),
        _attachments(fields.get("media")),
    )


def last_written(fields: Mapping[Any, Any]) -> Written | None:
    """The newest message of a conversation's preview; ``None`` where nobody wrote it, or there is none."""
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


class Message(NamedTuple):
    """One message with its text, cut to size and otherwise as it came."""

    cause: Cause
    """Of an agent's message the conversation's id is another than that of the agent's: compare the threads."""
    kind: str
    ident: str
    """The message's own id; empty where there is none."""
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
    """Whether these fields are of a conversation of more than two."""
    return "group" in (first(fields, "channel_type") or "").casefold()


class News(NamedTuple):
    """One thing a person should be told. Its texts are as they came, cut to size; :mod:`.wording` makes them fit to
    show."""

    conversation: Conversation
    name: str | None = None
    """The channel's, person's, group's or agent's name; ``None`` where there is none."""
    sender: str | None = None
    """Who wrote; ``None`` where that is not known."""
    message: str | None = None
    """What they wrote, in HTML; ``None`` where that is not known."""
    attached: str = ""
    """What came with it, in words that are fit to show; empty for nothing."""
    description: str | None = None
    """The channel's or agent's description, which stands in for a message that is not known; plain text."""
    unread: int = 0
    """Unread threads of the conversation now; 0 where they are not counted."""
    before: int = 0
    """Unread threads of the conversation before it."""
    mentions: int = 0
    counted: bool = True
    """False where the unread state does not hold it, because no read update could ever take it out again."""
    mentioned: bool = False
    """It mentions the person."""
    reply: bool = False
    """It is in a thread that was there already, and that need not be :attr:`thread`."""
    paired: bool = False
    """Of a change of counts: the message that caused it has come too."""
    kind: str = UNREAD_CHANGE
    """The ``notification_type``."""
    thread: str = ""
    """The id of the thread that it is about; empty where that is not known."""
    group: bool = False
    """A direct conversation of more than two."""
    place: Place = Place()
    """Where it can be read."""

    def without_words(self) -> News:
        """The same, as it is kept for later."""
        return self._replace(name=None, sender=None, message=None, attached="", description=None)

    @property
    def cause(self) -> Cause:
        """What it has in common with the message, or the change of counts, that it is also told by."""
        return Cause(self.conversation, self.thread, self.reply)

    @property
    def written(self) -> bool:
        """Whether it is known what was written."""
        return bool(self.message or self.attached)

    @property
    def direct(self) -> bool:
        """Whether it was written to the person alone or to a group."""
        return self.conversation.section == DIRECT

    @property
    def to_oneself(self) -> bool:
        """Whether it concerns the person more than others: written to them, mentions them, or they asked for it."""
        return self.direct or self.mentioned or self.asked_for

    @property
    def asked_for(self) -> bool:
        """Whether the person asked Telex to be reminded."""
        return self.kind == SAVED
