"""Who wrote, and who a conversation is with, as far as a publication or look-up tells. Pure.

The person themselves is never named as the other one: on a new direct message Telex sends the *recipient's* name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import fields as read

NAMED_OF_GROUP = 3
"""So many of a group are named; the rest is counted."""
_MOST_MEMBERS = 200
_NAME_KEYS = ("full_name", "fullname", "name", "username", "email")


class Oneself(NamedTuple):
    """The signed-in person."""

    user_id: str = ""
    names: frozenset[str] = frozenset()
    """User name, full name and e-mail address, as :func:`folded`."""

    def is_own(self, user_id: str, *names: str | None) -> bool:
        """Whether somebody is oneself: by id where both are known, else by any of the names."""
        if user_id and self.user_id:
            return user_id == self.user_id
        return any(folded(name) in self.names for name in names if name)


NOBODY = Oneself()
"""Who is not known: nobody is them."""


def oneself(user_id: str, names: Iterable[str]) -> Oneself:
    """The person of that id who is called so."""
    return Oneself(user_id, frozenset(known for name in names if (known := folded(name))))


def folded(name: str) -> str:
    """A name for comparing."""
    return " ".join(name.split()).casefold()


class Written(NamedTuple):
    """One message and who wrote it."""

    user_id: str
    name: str | None
    """The author's name; ``None`` where it is not known."""
    username: str | None
    message: str | None
    """In HTML."""
    attached: str
    """What came with it, in words; empty for nothing."""

    def is_own(self, me: Oneself) -> bool:
        """Whether the person wrote it."""
        return me.is_own(self.user_id, self.name, self.username)


def written(fields: Mapping[Any, Any]) -> Written:
    """The message that these fields are."""
    return Written(
        read.word(fields.get("user_id")),
        read.first(fields, "full_name", "username"),
        read.name(fields.get("username")),
        read.text(fields.get("message")),
        attachments(fields.get("media")),
    )


def last_written(fields: Mapping[Any, Any]) -> Written | None:
    """The newest message of a conversation's preview; ``None`` where nobody wrote it, or there is none."""
    thread = fields.get("preview_thread")
    if not thread or not isinstance(thread, list):
        return None
    newest = thread[0]
    if not isinstance(newest, dict) or newest.get("type") == "system":
        return None
    return written(newest)


def direct_name(fields: Mapping[Any, Any], me: Oneself, author: Written | None, known: str | None) -> str | None:
    """The other one of a direct conversation.

    Args:
        fields: The conversation's. Their ``username`` is the other one's, or the person's own.
        author: Who wrote the newest message, if that is known.
        known: What a look-up called the other one.
    """
    if author is not None and author.name and not author.is_own(me):
        return author.name
    if known and not me.is_own("", known):
        return known
    other = read.first(fields, "username", "name")
    return other if other and not me.is_own("", other) else None


def group_name(fields: Mapping[Any, Any], me: Oneself, known: str | None) -> str | None:
    """The others of a group: ``Ada, Ben, Cy and 2 more``.

    Args:
        known: What a look-up called them.
    """
    others = list(dict.fromkeys(_members(fields, me)))
    if not others:
        return known
    names = ", ".join(others[:NAMED_OF_GROUP])
    left = len(others) - NAMED_OF_GROUP
    return f"{names} and {left} more" if left > 0 else names


def _members(fields: Mapping[Any, Any], me: Oneself) -> Iterable[str]:
    members = fields.get("participants")
    named = []
    for member in members[:_MOST_MEMBERS] if isinstance(members, list) else ():
        if isinstance(member, dict):
            names = [member.get(key) for key in _NAME_KEYS]
            name = read.first(member, *_NAME_KEYS)
            ident = read.word(member.get("user_id")) or read.word(member.get("id"))
            if name is None:
                break  # ids alone: their names are elsewhere
            if not me.is_own(ident, *(one for one in names if isinstance(one, str))):
                named.append(name)
    if named:
        return named
    listed = fields.get("username")
    parts = listed[: _MOST_MEMBERS * read.LONGEST_NAME].split(",") if isinstance(listed, str) else []
    return [name for part in parts if (name := part.strip()[: read.LONGEST_NAME]) and not me.is_own("", name)]


def attachments(media: Any) -> str:
    """What is attached to a message, in words: ``📷 Photo``, ``3 files``; empty for nothing."""
    if not isinstance(media, list) or not media:
        return ""
    if len(media) > 1:
        return f"{len(media)} files"
    only = media[0]
    kind = ""
    if isinstance(only, dict):
        kind = read.first(only, "mime_type", "mimetype", "content_type", "media_type", "file_type", "type") or ""
        kind += " " + (read.first(only, "file_name", "name", "url", "link") or "")
    elif isinstance(only, str):
        kind = only[-read.LONGEST_NAME :]
    kind = kind.casefold()
    for words, label in _KINDS:
        if any(part in kind for part in words):
            return label
    return "📎 File"


_KINDS = (
    (("image", "photo", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic"), "📷 Photo"),
    (("video", ".mp4", ".mov", ".webm"), "🎥 Video"),
    (("audio", "voice", ".mp3", ".ogg", ".m4a", ".wav"), "🎤 Audio"),
)
