"""Publications that came together go to the main thread together: waking it takes longer than one publication. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..events import Event, How, PublicationsReceived


class Together:
    """Owned by one thread. What is added goes out by :meth:`flush` at the latest, in the order in which it came."""

    def __init__(self, dispatch: Callable[[Event], None]) -> None:
        """
        Args:
            dispatch: Gives an event to the main thread.
        """
        self._dispatch = dispatch
        self._channel = ""
        self._how = How.LIVE
        self._publications: list[Any] = []

    def add(self, event: PublicationsReceived) -> None:
        """These came."""
        if event.channel != self._channel or event.how is not self._how:
            self.flush()
            self._channel, self._how = event.channel, event.how
        self._publications += event.publications

    def flush(self) -> None:
        """Dispatch all that was added."""
        if self._publications:
            publications, self._publications = (*self._publications,), []
            self._dispatch(PublicationsReceived(self._channel, publications, self._how))
