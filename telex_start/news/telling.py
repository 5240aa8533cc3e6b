"""From what came to a piece of news: who, what, where, as far as anything tells. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ..toast import Conversation, Place
from . import authors, links
from . import fields as read
from .authors import NOBODY, Oneself, Written
from .fields import AGENTS, DIRECT, Publication, first, word
from .item import SAVED, News
from .messages import CHANNEL_MENTION, Cause, Message
from .people import People
from .unread import Growth

MOST_NAMES = 4096
"""So many names of persons and groups are remembered, as look-ups gave them."""


class _Named(NamedTuple):
    name: str | None
    group: bool


_UNNAMED = _Named(None, False)
_UNSAID = (None, None, "")


class Telling:
    """Knows the person, and what look-ups call the others. Owned by one thread."""

    def __init__(self) -> None:
        self.me: Oneself = NOBODY
        self._named: dict[Conversation, _Named] = {}
        self._people = People()

    def learn(self, channel: str, section: str, rows: Collection[Mapping[Any, Any]]) -> None:
        """A look-up's rows tell what the others of direct conversations are called, and who wrote."""
        for row in rows:
            self._author(row)
        for row in rows if section == DIRECT else ():
            conversation = Conversation(channel, section, read.own_id(section, row))
            group = _is_group(row)
            name = authors.group_name(row, self.me, None) if group else first(row, "username", "name")
            self._named.pop(conversation, None)
            if len(self._named) >= MOST_NAMES:
                del self._named[next(iter(self._named))]
            self._named[conversation] = _Named(name, group)

    def met(self, message: Message) -> None:
        """Somebody else's message came; it says what they are called."""
        self._people.met(message.written)

    def caller(self, fields: Mapping[Any, Any]) -> str | None:
        """Who calls, by their full name if they have been met; ``None`` where nothing says it."""
        return self._people.name(word(fields.get("caller_id"))) or first(fields, "caller_name")

    def left(self, channel: str) -> None:
        """The user left this organisation."""
        for conversation in [known for known in self._named if known.channel == channel]:
            del self._named[conversation]

    def clear(self) -> None:
        """Signed out: nobody is known."""
        self._named.clear()
        self._people.clear()
        self.me = NOBODY

    # ----------------------------------------------------------------------------------------------------------------

    def of_change(
        self, cause: Cause, own_id: str, fields: Mapping[Any, Any], growth: Growth, message: Message | None
    ) -> News:
        """The news that a conversation's counts grew.

        Args:
            cause: Which conversation and thread it is about.
            own_id: The conversation's own; empty where it goes by its name.
            fields: The publication's, or the row's.
            growth: The counts.
            message: The message that made them grow, if it came already.
        """
        conversation, thread = cause.conversation, cause.thread
        channel, section = conversation.channel, conversation.section
        author = self._author(fields)
        mentioned = growth.mentioned
        where = "" if growth.reply else thread  # the last thread is not the one with a reply
        if message is not None:
            author = _more(author, message.written)
            mentioned = mentioned or message.kind == CHANNEL_MENTION
            where = message.thread if growth.reply else thread
        group = False
        if section == DIRECT:
            known = self._named.get(conversation, _UNNAMED)
            group = known.group or _is_group(fields)
            name = (
                authors.group_name(fields, self.me, known.name)
                if group
                else authors.direct_name(fields, self.me, author, known.name)
            )
            place = links.conversation_place(channel, links.IN_DIRECT, own_id, where)
        elif section == AGENTS:
            name = first(fields, "name", "username")
            place = links.agent_place(channel, word(fields.get("channel_id")), word(fields.get("id")))
        else:
            name = read.name(fields.get("name"))
            place = links.conversation_place(channel, links.IN_CHANNELS, own_id, where)
        sender, text, attached = (author.name, author.message, author.attached) if author is not None else _UNSAID
        return News(
            conversation=conversation,
            name=name,
            sender=sender,
            message=text,
            attached=attached,
            description=read.text(fields.get("description")),
            unread=growth.unread,
            before=growth.before,
            mentions=growth.mentions,
            counted=growth.counted,
            mentioned=mentioned,
            reply=growth.reply,
            paired=message is not None,
            thread=thread,
            group=group,
            place=place,
        )

    def with_text(self, news: News, message: Message) -> News:
        """The same news, whose text came late."""
        written = message.written
        name = news.name
        if news.direct and not news.group:
            name = authors.direct_name({}, self.me, written, None) or name
        place = news.place
        if news.reply and place.path:
            place = Place(place.channel, place.path, message.thread)
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
        conversation, written = message.conversation, message.written
        direct = conversation.section == DIRECT
        known = self._named.get(conversation, _UNNAMED)
        group = direct and (message.group or known.group)
        other = known.name if group else authors.direct_name({}, self.me, written, known.name)
        kind = links.IN_DIRECT if direct else links.IN_CHANNELS
        return News(
            conversation=conversation,
            name=other if direct else message.name,
            sender=written.name,
            message=written.message,
            attached=written.attached,
            unread=unread,
            before=max(unread - 1, 0),
            counted=unread > 0,
            mentioned=message.kind == CHANNEL_MENTION,
            kind=message.kind,
            thread=message.thread,
            group=group,
            place=links.conversation_place(conversation.channel, kind, conversation.ident, message.thread),
        )

    def _author(self, fields: Mapping[Any, Any]) -> Written | None:
        """Who wrote the newest message of a conversation's preview, and what; ``None`` where that was the person."""
        author = authors.last_written(fields)
        label = read.text(fields.get("preview_message"))
        if author is None:
            return Written("", None, None, label, "") if label else None
        if author.is_own(self.me):
            return None
        self._people.met(author)
        return author if author.message or author.attached else author._replace(message=label)

    def of_other(self, channel: str, came: Publication) -> News:
        """The news that a publication of any other type is, because the person wants to be told of that type."""
        return News(
            conversation=Conversation(channel, came.section, ""),
            name=None if came.kind == SAVED else first(came.fields, "name", "channel_name", "username"),
            description=None if came.kind == SAVED else read.text(came.fields.get("description")),
            counted=False,
            kind=came.kind,
            place=Place(channel),
        )


def _more(author: Written | None, message: Written) -> Written:
    """What a message says, and what only the preview says of it."""
    if author is None:
        return message
    return Written(
        message.user_id or author.user_id,
        message.name or author.name,
        message.username or author.username,
        message.message or author.message,
        message.attached or author.attached,
    )


def _is_group(fields: Mapping[Any, Any]) -> bool:
    return "group" in (first(fields, "channel_type") or "").casefold()
