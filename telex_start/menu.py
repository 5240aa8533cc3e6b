"""What a person can choose in the tray's menu, and what a second start can ask of the running agent."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class MenuItem(Enum):
    """The items of the tray menu that a person can choose; the values are their labels."""

    LOGIN = "Login"
    OPEN_MAIN_APP = "Open Main App"
    CLOSE_MAIN_APP = "Close Main App"
    MARK_ALL_AS_READ = "Mark All as Read"
    PAUSE_HALF_HOUR = "30 minutes"
    PAUSE_HOUR = "1 hour"
    PAUSE_FOUR_HOURS = "4 hours"
    PAUSE_UNTIL_TOMORROW = "Until tomorrow (8:00)"
    PAUSE = "Until I resume"
    RESUME = "Resume Notifications"
    TEST_NOTIFICATIONS = "Test Notifications"
    PREFERENCES = "Preferences…"
    DOCTOR = "Doctor"
    OPEN_LOG = "Open Log"
    ABOUT = "About"
    RECONNECT_NOW = "Reconnect Now"
    SIGN_OUT = "Sign Out"
    EXIT = "Exit"


class MuteFor(Enum):
    """For how long an organisation or a conversation is muted; the values are the menu's labels."""

    HOUR = "1 hour"
    UNTIL_TOMORROW = "Until tomorrow (8:00)"
    UNTIL_UNMUTED = "Until unmuted"


class Unread(NamedTuple):
    """An unread conversation, as the menu lists it."""

    key: tuple[str, str, str]
    """Push channel, section and id: the fields of :class:`telex_start.toast.Conversation`."""
    label: str
    """Fit to show: ``# General · Northwind Ops (3)``, ``@ Ben Okri (1)``."""
    organisation: str = ""
    """The organisation's name, fit to show."""
    mentioned: bool = False
    """It mentions the person; the label says so too."""
    name: str = ""
    """The name under which it is muted: the label without the counts, and with the organisation if there are several,
    as a mute lasts longer than this list: ``# General · Northwind Ops``, ``@ Ben Okri · Northwind Ops``."""


class Muted(NamedTuple):
    """What is muted on this machine, as the menu and the preferences list it."""

    key: tuple[str, str, str]
    """As in :class:`Unread`; section and id are empty for a whole organisation."""
    label: str
    """Its name, fit to show."""
    until: str = ""
    """When it ends, in words (``until 14:30``, ``until Tue 08:00``); empty if it has no end."""


class Request(Enum):
    """What another start asks of the running instance; the values are the words that the instance socket carries.

    An argument follows the word after a blank: ``pause 1h``.
    """

    OPEN = "open"
    EXIT = "exit"
    LOGIN = "login"
    """Open the login window."""
    PAUSE = "pause"
    """Argument: ``30m``, ``1h``, ``tomorrow``, or ``on`` for a pause without an end; ``off`` resumes."""
    RELOAD = "reload"
    """Read the configuration file again."""
    PREFERENCES = "preferences"
    """Open the preferences window."""
    FORGET = "forget"
    """Take the kept password out of the system's keyring."""


def asked(line: str) -> tuple[Request, str] | None:
    """The request in a line that came by the instance socket, and its argument; ``None`` for any other line."""
    word, _, argument = line.partition(" ")
    return (Request(word), argument) if word in _WORDS else None


_WORDS = {request.value for request in Request}
