"""A toast as a value: what is to be shown, before anything knows how."""

from __future__ import annotations

from msgspec import Struct


class Conversation(Struct, frozen=True):
    """What identifies a conversation: its push channel, its section and its own id (or else its name)."""

    channel: str
    section: str
    ident: str


class Toast(Struct, frozen=True):
    """One toast. Both texts are plain text, already cleaned and cut (see :mod:`telex_start.news.text`)."""

    title: str
    body: str
    organisation: str | None = None
    """The organisation's name; ``None`` for a summary and for what the program itself says."""
    channel: str | None = None
    """The name of the channel or person; ``None`` for a summary and for what the program itself says."""
    unread: int = 0
    summary: bool = False
    conversation: Conversation | None = None
    """Toasts of one conversation replace each other where the desktop can do that."""
    key: str = ""
    """What the program itself says, under this name: it replaces, and is taken away with, another of the same name."""
    transient: bool = False
    """Of no interest once it has gone: not to be kept in the desktop's list."""

    @property
    def handle(self) -> Handle | None:
        """By what it is replaced and taken away; ``None`` where it is not."""
        return self.conversation or self.key or None


Handle = Conversation | str
"""What a toast on the screen is known by: its conversation, or its key."""
