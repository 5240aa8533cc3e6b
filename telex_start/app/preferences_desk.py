"""Opens the preferences window, tells it what it shows, and does what it says. For the main thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..events import ChildEnded, ChildSaid, Event, MenuClicked, MuteChosen, Organisation, SecondStart
from ..menu import MenuItem, Muted, Request
from ..news import wording
from ..toast import Conversation
from .own_words import OwnWords
from .ports import Preferences

PREFERENCES = "preferences"
"""The window's name in :class:`ChildSaid` and :class:`ChildEnded`."""


class PreferencesDesk:
    """Stands between the App and the window, which is a process of its own."""

    def __init__(
        self,
        window: Preferences | None,
        organisations: Callable[[], Iterable[Organisation]],
        muted: Callable[[], Iterable[Muted]],
        own: OwnWords,
        dispatch: Callable[[Event], None],
    ) -> None:
        """
        Args:
            window: ``None`` where there can be none: on a terminal.
            organisations: The signed-in user's.
            muted: What is muted on this machine.
            own: Says why the window cannot be shown.
            dispatch: Where events go that follow from what the window says.
        """
        self._window = window
        self._organisations = organisations
        self._muted = muted
        self._own = own
        self._dispatch = dispatch

    def handle(self, event: Event) -> bool:
        """Take in an event.

        Returns:
            Whether it was one for this alone.
        """
        if self._window is None:
            return event == SecondStart(Request.PREFERENCES)  # the command opens the window by itself
        match event:
            case MenuClicked(item=MenuItem.PREFERENCES):
                self._open(self._window, event.token)
            case SecondStart(request=Request.PREFERENCES):
                self._open(self._window, "")
            case ChildSaid() if event.child == PREFERENCES:
                self._hear(event.said)
            case ChildEnded() if event.child == PREFERENCES:
                if event.problem:
                    self._own.say(wording.said("No preferences window", event.problem))
            case _:
                return False
        return True

    def _open(self, window: Preferences, token: str) -> None:
        organisations = [(one.id, one.name, wording.title("", one.name)) for one in self._organisations()]
        window.open(organisations, [tuple(one) for one in self._muted()], token)

    def _hear(self, said: dict[str, Any]) -> None:
        match said:
            case {"saved": True}:
                self._dispatch(SecondStart(Request.RELOAD))
            case {"unmute": [str(channel), str(section), str(ident)]}:
                self._dispatch(MuteChosen(Conversation(channel, section, ident), None))
