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
    urgent: bool = False
    """Needs the person: sign in again."""
