"""A toast as a value, before anything knows how to show it; and what keeps toasts from coming: a pause, and mutes.

Pause and mutes are remembered from one start to the next (:mod:`.process.state_file`). An end by the clock on the wall
is a point in time, in seconds since the epoch. What lasts for a duration, such as an hour, also has its end on the
clock that counts the machine's sleep (:mod:`.clock`). Nobody sets that clock, but it holds for one run of the machine.
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
    """Toasts of one conversation replace each other if the desktop can do that."""
    key: str = ""
    """A toast replaces the one with the same key, and is taken away by its key. If there is a conversation too, the key
    counts. A toast with a key holds for a while only (the program's own words, a call) and goes with Exit."""
    transient: bool = False
    """Of no interest once it has gone: the desktop is not to keep it in its list."""
    sender: str | None = None
    """Who wrote (or calls); ``None`` if that is not known."""
    text: str | None = None
    """What they wrote; ``None`` if that is not known or not to be shown."""
    place: Place | None = None
    """Where a click leads; ``None`` if it leads to the program itself."""
    url: str | None = None
    """That place's address in the web app, as far as it is known."""
    group: bool = False
    """A direct conversation of more than two."""
    actions: tuple[Action, ...] = ()
    """Its buttons, in their order."""
    silent: bool = False
    """It says the same as the toast on the screen, and better: it replaces that toast without a sound if the desktop
    can do so, and is not shown otherwise."""
    urgent: bool = False
    """It does not wait: somebody calls."""

    @property
    def handle(self) -> Handle | None:
        """What identifies the toast for replacing it and taking it away; ``None`` if neither is possible."""
        return self.key or self.conversation or None


Handle = Conversation | str
"""What a toast on the screen is known by: its key, or its conversation."""


class Until(NamedTuple):
    """When something ends."""

    wall: float
    """Seconds since the epoch."""
    clock: float | None = None
    """For a duration: its end by :data:`telex_start.clock.now`, which holds while :attr:`boot` is the same. ``None``:
    the end is a time of the day, and counts even if somebody sets the clock on the wall."""
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
    """All that is remembered from one start to the next."""

    pause: Pause | None = None
    mutes: tuple[Mute, ...] = ()
    email: str = ""
    """The e-mail address of the last sign-in by the window; empty for none."""
    kept: str = ""
    """The e-mail address whose password is in the system's keyring, and may be used; empty for none."""
    ended: bool = False
    """Telex ended the last session before its time: until a person signs in, nothing is read from the keyring."""
    removing: tuple[str, ...] = ()
    """The e-mail addresses whose passwords are not used any more, and are still to be taken out of the keyring."""
