"""From what came to a piece of news: who, what, where, as far as anything tells. Pure.

The person themselves is never named as the other one: on a new direct message Telex sends the *recipient's* name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ..toast import Conversation, Place
from . import publications as read
from .publications import (
    AGENTS,
    CHANNEL_MENTION,
    DIRECT,
    LONGEST_NAME,
    SAVED,
    Cause,
    Message,
    News,
    Publication,
    Written,
    first,
    is_group,
    remember,
    word,
)
from .unread import Growth

MOST_NAMES = 4096
"""So many names of persons and groups are remembered, as polls gave them."""
MOST_PEOPLE = 512
"""So many persons are remembered by their full name, those who were met last."""
NAMED_OF_GROUP = 3
"""So many of a group are named; the rest is counted."""
_MOST_MEMBERS = 200
_NAME_KEYS = ("full_name", "fullname", "name", "username", "email")


class Oneself(NamedTuple):
    """The signed-in person; by default nobody, as long as it is not known who that is."""

    user_id: str = ""
    names: frozenset[str] = frozenset()
    """User name, full name and e-mail address, as :func:`folded`."""

    def is_own(self, user_id: str, *names: str | None) -> bool:
        """Whether somebody is oneself: by id where both are known, else by any of the names."""
        if user_id and self.user_id:
            return user_id == self.user_id
        return any(folded(name) in self.names for name in names if name)

    def wrote(self, written: Written) -> bool:
        """Whether the person wrote it."""
        return self.is_own(written.user_id, written.name, written.username)


def folded(name: str) -> str:
    """A name for comparing."""
    return " ".join(name.split()).casefold()


class NewsBuilder:
    """Knows the person, and what the others are called. Owned by one thread."""

    def __init__(self) -> None:
        self.me = Oneself()
        self._named: dict[Conversation, tuple[str | None, bool]] = {}
        """What polls call the others of direct conversations, and whether that is a group."""
        self._people: dict[str, str] = {}
        """By user id: full names, as messages tell them; a call gives its caller's user name alone."""

    def signed_in(self, user_id: str, names: Iterable[str]) -> None:
        """Who the person is."""
        self.me = Oneself(user_id, frozenset(known for name in names if (known := folded(name))))

    def learn(self, channel: str, section: str, rows: Collection[Mapping[Any, Any]]) -> None:
        """A poll's rows tell what the others of direct conversations are called, and who wrote."""
        for row in rows:
            self._author(row)
            if section == DIRECT:
                group = is_group(row)
                name = self._group_name(row, None) if group else first(row, "username", "name")
                conversation = Conversation(channel, section, read.own_id(section, row))
                remember(self._named, conversation, (name, group), MOST_NAMES)

    def met(self, author: Written) -> None:
        """Somebody wrote; remembered if that says their id and more than their user name."""
        if author.user_id and author.name and author.name != author.username:
            remember(self._people, author.user_id, author.name, MOST_PEOPLE)

    def caller(self, fields: Mapping[Any, Any]) -> str | None:
        """Who calls, by their full name if they have been met; ``None`` where nothing says it."""
        return self._people.get(word(fields.get("caller_id"))) or first(fields, "caller_name")

    def left(self, channel: str) -> None:
        """The user left this organisation."""
        for conversation in [known for known in self._named if known.channel == channel]:
            del self._named[conversation]

    def of_change(self, cause: Cause, fields: Mapping[Any, Any], growth: Growth) -> News:
        """The news that a conversation's counts grew.

        Args:
            cause: Which conversation and thread it is about.
            fields: The publication's, or the row's.
            growth: The counts.
        """
        conversation, thread = cause.conversation, cause.thread
        channel, section = conversation.channel, conversation.section
        author = self._author(fields) or Written()
        where = "" if growth.reply else thread  # the last thread is not the one with a reply
        group = False
        if section == DIRECT:
            known, group = self._named.get(conversation, (None, False))
            group = group or is_group(fields)
            name = self._group_name(fields, known) if group else self._direct_name(fields, author, known)
        elif section == AGENTS:
            name = first(fields, "name", "username")
        else:
            name = read.name(fields.get("name"))
        if section == AGENTS:
            # An agent's pushes do not say in which channel it talks; then its place is its organisation's.
            room, agent = word(fields.get("channel_id")), word(fields.get("id"))
            place = Place(channel, ("home", "agents", room, agent)) if room and agent else Place(channel)
        else:
            place = conversation_place(channel, section, read.own_id(section, fields), where)
        return News(
            conversation=conversation,
            name=name,
            sender=author.name,
            message=author.message,
            attached=author.attached,
            description=read.text(fields.get("description")),
            thread=thread,
            group=group,
            place=place,
            **growth._asdict(),
        )

    def with_text(self, news: News, message: Message) -> News:
        """The same news, with what the message says that made the counts grow."""
        written = message.written
        name = news.name
        if news.direct and not news.group:
            name = self._direct_name({}, written, None) or name
        place = news.place
        if news.reply and place.path:
            place = place._replace(thread=message.cause.thread)
        return news._replace(
            name=name,
            sender=written.name or news.sender,
            message=written.message or news.message,
            attached=written.attached or news.attached,
            mentioned=news.mentioned or message.kind == CHANNEL_MENTION,
            paired=True,
            place=place,
        )

    def of_message(self, message: Message, unread: int) -> News:
        """The news that a message is itself.

        Args:
            message: It.
            unread: The unread threads of its conversation now, if they are counted.
        """
        conversation, thread, reply = message.cause
        written, name, group = message.written, message.name, False
        if conversation.section == DIRECT:
            known, group = self._named.get(conversation, (None, False))
            group = group or message.group
            name = known if group else self._direct_name({}, written, known)
        return News(
            conversation=conversation,
            name=name,
            sender=written.name,
            message=written.message,
            attached=written.attached,
            unread=unread,
            before=max(unread - 1, 0),
            counted=unread > 0,
            mentioned=message.kind == CHANNEL_MENTION,
            kind=message.kind,
            reply=reply,
            thread=thread,
            group=group,
            place=conversation_place(conversation.channel, conversation.section, conversation.ident, thread),
        )

    def of_other(self, channel: str, came: Publication) -> News:
        """The news that a publication of any other type is, because the person wants to be told of that type."""
        saved = came.kind == SAVED
        return News(
            conversation=Conversation(channel, came.section, ""),
            name=None if saved else first(came.fields, "name", "channel_name", "username"),
            description=None if saved else read.text(came.fields.get("description")),
            counted=False,
            kind=came.kind,
            place=Place(channel),
        )

    def _author(self, fields: Mapping[Any, Any]) -> Written | None:
        """Who wrote the newest message of a conversation's preview, and what; ``None`` where that was the person."""
        author = read.last_written(fields)
        label = read.text(fields.get("preview_message"))
        if author is None:
            return Written(message=label)
        if self.me.wrote(author):
            return None
        self.met(author)
        return author if author.message or author.attached else author._replace(message=label)

    def _direct_name(self, fields: Mapping[Any, Any], author: Written, known: str | None) -> str | None:
        """The other one of a direct conversation.

        Args:
            fields: The conversation's. Their ``username`` is the other one's, or the person's own.
            author: Who wrote the newest message, as far as that is known.
            known: What a poll called the other one.
        """
        if author.name and not self.me.wrote(author):
            return author.name
        others = (known, first(fields, "username", "name"))
        return next((other for other in others if other and not self.me.is_own("", other)), None)

    def _group_name(self, fields: Mapping[Any, Any], known: str | None) -> str | None:
        """The others of a group: ``Ada, Ben, Cy and 2 more``; where nothing says them, what a poll called them."""
        others = list(dict.fromkeys(self._members(fields)))
        left = len(others) - NAMED_OF_GROUP
        names = ", ".join(others[:NAMED_OF_GROUP])
        return f"{names} and {left} more" if left > 0 else names or known

    def _members(self, fields: Mapping[Any, Any]) -> list[str]:
        members = fields.get("participants")
        named = []
        for member in members[:_MOST_MEMBERS] if isinstance(members, list) else ():
            if isinstance(member, dict):
                name = first(member, *_NAME_KEYS)
                if name is None:
                    break  # ids alone: their names are elsewhere
                names = [value for key in _NAME_KEYS if isinstance(value := member.get(key), str)]
                if not self.me.is_own(word(member.get("user_id")) or word(member.get("id")), *names):
                    named.append(name)
        if named:
            return named
        listed = fields.get("username")
        parts = listed[: _MOST_MEMBERS * LONGEST_NAME].split(",") if isinstance(listed, str) else []
        return [name for part in parts if (name := part.strip()[:LONGEST_NAME]) and not self.me.is_own("", name)]


def conversation_place(channel: str, section: str, ident: str, thread: str = "") -> Place:
    """A conversation's place by its id; its organisation's where it has none, and for an agent's."""
    if section == AGENTS or not ident:
        return Place(channel)
    return Place(channel, ("dms", ident) if section == DIRECT else ("home", "channels", ident), thread)
