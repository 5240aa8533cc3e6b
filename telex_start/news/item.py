"""One piece of news, as a value. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ..toast import Conversation, Place
from .fields import DIRECT
from .messages import Cause

UNREAD_CHANGE = "unread_thread_change"
"""The type that carries the unread counts. It keeps them right even where a setting takes it out of the news."""
SAVED = "saved_message_remainder"
"""Telex reminds of a message that the person saved."""


class News(NamedTuple):
    """One thing a person should be told. Its texts are as they came from the network, cut to size (see :mod:`.fields`);
    :mod:`.wording` makes them fit to show."""

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
