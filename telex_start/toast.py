"""A toast as a value: what is to be shown, before anything knows how."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Conversation(NamedTuple):
    """What identifies a conversation: its push channel, its section and its own id (or else its name)."""

    channel: str
    section: str
    ident: str


class Action(StrEnum):
    """What a person can do with a toast beside clicking it. The values are the D-Bus action keys."""

    MARK_AS_READ = "mark-as-read"
    JOIN = "join"
    """Open the call."""
    MUTE_HOUR = "mute-hour"
    """Mute the conversation for an hour."""


class Place(NamedTuple):
    """Where in the web app a click leads (see :func:`telex_start.app.opening.web_address`)."""

    channel: str = ""
    """The push channel of the organisation; empty for the web app itself."""
    path: tuple[str, ...] = ()
    """The segments after the organisation's slug, not percent-encoded, as they came from the network."""
    thread: str = ""
    """The id of one thread there; empty for none."""


class Toast(NamedTuple):
    """One toast. All texts are plain text, already cleaned and cut (see :mod:`telex_start.news.text`)."""

    title: str
    body: str
    organisation: str | None = None
    """The organisation's name; ``None`` for a summary and for what the program itself says."""
    channel: str | None = None
    """The name of the channel, person, group or agent; ``None`` for a summary and what the program itself says."""
    unread: int = 0
    summary: bool = False
    conversation: Conversation | None = None
    """Toasts of one conversation replace each other where the desktop can do that."""
    key: str = ""
    """Under this name it replaces, and is taken away with, another of the same name; before the conversation, if there
    is one too. What has a key holds for a while only (the program's own words, a call) and goes with Exit."""
    transient: bool = False
    """Of no interest once it has gone: not to be kept in the desktop's list."""
    sender: str | None = None
    """Who wrote (or calls); ``None`` where that is not known."""
    text: str | None = None
    """What they wrote; ``None`` where that is not known or not to be shown."""
    place: Place | None = None
    """Where a click leads; ``None`` where it leads to the program itself."""
    url: str | None = None
    """That place's address in the web app, as far as it is known."""
    group: bool = False
    """A direct conversation of more than two."""
    actions: tuple[Action, ...] = ()
    """Its buttons, in their order."""
    silent: bool = False
    """It says the same as the one on the screen, and better: it replaces that without a sound where the desktop can do
    so, and is not shown otherwise."""
    urgent: bool = False
    """It does not wait: somebody calls."""

    @property
    def handle(self) -> Handle | None:
        """By what it is replaced and taken away; ``None`` where it is not."""
        return self.key or self.conversation or None


Handle = Conversation | str
"""What a toast on the screen is known by: its key, or its conversation."""
