"""A toast as a value, before anything knows how to show it; and what keeps toasts from coming: a pause, and mutes.

These are remembered from one start to the next (:mod:`.process.state_file`). An end by the clock on the wall is a point
in time, in seconds since the epoch. What lasts for so long also has its end on the clock that counts the machine's
sleep (:mod:`.clock`), which nobody sets: it holds within one run of the machine.
"""

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
    DECLINE = "decline"
    """Decline the call."""
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


class Until(NamedTuple):
    """When something ends."""

    wall: float
    """Seconds since the epoch."""
    clock: float | None = None
    """Where it lasts for so long: its end by :data:`telex_start.clock.now`, which holds while :attr:`boot` is the same.
    ``None``: it ends at that time of the day, whatever was set in between."""
    boot: str = ""
    """Which run of the machine :attr:`clock` belongs to."""


class Pause(NamedTuple):
    """Notifications are paused."""

    until: Until | None = None
    """``None``: until the person resumes them."""


class Mute(NamedTuple):
    """A conversation, or an organisation, is muted."""

    conversation: Conversation
    """Section and id are empty for a whole organisation."""
    name: str
    """What the person knows it by; plain text, fit to show."""
    until: Until | None = None
    """``None``: until it is unmuted."""


class Remembered(NamedTuple):
    """All of it."""

    pause: Pause | None = None
    mutes: tuple[Mute, ...] = ()
    email: str = ""
    """Of the last sign-in by the window; empty for none."""
    kept: str = ""
    """The e-mail address whose password is in the system's keyring, and may be used; empty for none."""
    ended: bool = False
    """Telex ended the last session before its time: until a person signs in nothing is read from the keyring."""
    removing: tuple[str, ...] = ()
    """The addresses whose passwords are still to be taken out of the keyring, and are used no more."""
