"""Opening and closing the main app beside the loop, which may take seconds. Used by the main thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..errors import NO_THREAD
from ..events import Event, MainAppAnswered, MainAppDone
from .ports import MainApp

log = logging.getLogger(__name__)


class MainAppCalls:
    """One call at a time, each on a thread of its own; what came of it is dispatched."""

    def __init__(self, main_app: MainApp, dispatch: Callable[[Event], object]) -> None:
        self._main_app = main_app
        self._dispatch = dispatch
        self._busy = False

    def open(self, token: str) -> bool:
        """Open it, or bring it to the front.

        Args:
            token: The desktop's activation token for it; empty without one.

        Returns:
            Whether it is being done; not where another call is under way.
        """
        return self._do(lambda: self._main_app.open(token))

    def open_place(self, address: str, token: str, in_browser: bool) -> bool:
        """Open what a toast tells of: the address in the web app, or the client instead, as it is set.

        Args:
            address: Where it is.
            token: As for :meth:`open`.
            in_browser: It is in the web app alone.

        Returns:
            What :meth:`open` does.
        """
        return self._do(lambda: self._main_app.open_place(address, token, in_browser))

    def prefers_client(self) -> bool:
        """Whether a click on a toast opens the client."""
        return self._main_app.prefers_client()

    def in_front(self) -> bool:
        """Whether the client is in front. On whatever thread this is called, and for as long as the desktop takes."""
        return self._main_app.in_front()

    def close(self) -> bool:
        """Close it; returns what :meth:`open` does."""
        return self._do(self._main_app.close)

    def done(self) -> None:
        """What came of the call has been dispatched."""
        self._busy = False

    def _do(self, action: Callable[[], MainAppAnswered | None]) -> bool:
        if self._busy:
            return False
        self._busy = True

        def act() -> None:
            try:
                answer = action()
            except Exception as error:
                log.exception("the main app could not be opened or closed")
                answer = MainAppAnswered("Telex Start had a problem", f"{type(error).__name__}; the log tells more.")
            self._dispatch(answer or MainAppDone())

        try:
            threading.Thread(target=act, name="main app", daemon=True).start()
        except RuntimeError as error:
            log.error("the main app could not be opened or closed: %s", error)
            self._dispatch(MainAppAnswered("Telex Start had a problem", NO_THREAD))
            return False
        return True
