"""What a person can ask of the program: by the tray's menu, or by starting the program a second time."""

from __future__ import annotations

from enum import Enum


class MenuItem(Enum):
    """The items of the tray menu that a person can choose; the values are their labels."""

    LOGIN = "Login"
    OPEN_MAIN_APP = "Open Main App"
    CLOSE_MAIN_APP = "Close Main App"
    TEST_NOTIFICATIONS = "Test Notifications"
    RECONNECT_NOW = "Reconnect Now"
    SIGN_OUT = "Sign Out"
    EXIT = "Exit"


class Request(Enum):
    """What a second start asks of the running instance; the values are the words that the instance socket carries."""

    OPEN = "open"
    EXIT = "exit"
