"""The agent's side of the Telex client: what Open Main App, a click on a toast and Close Main App do.

Its calls may take seconds: on the thread ``main app``, but for :meth:`MainApp.in_front` and
:meth:`MainApp.prefers_client`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...config import Config
from ...events import MainAppAnswered

if TYPE_CHECKING:
    from .starting import Start


class MainApp:
    """Opens and closes the Telex client, whose modules are imported when they are needed."""

    def __init__(self, config: Config, locked: Callable[[], bool]) -> None:
        self._web_url = config.web_url
        self._locked = locked
        self._last_start: Start | None = None
        self.configure(config)

    def configure(self, config: Config) -> None:
        """What is opened is another."""
        self._command = config.main_app_command
        self._click = config.main_app_click

    def open(self, token: str) -> MainAppAnswered | None:
        """Open it, or raise it where it runs.

        Args:
            token: The desktop's activation token for it; empty without one.
        """
        from . import main_app

        answer, self._last_start = main_app.open_main_app(self._command, token, self._last_start, self._web_url)
        return answer

    def open_place(self, address: str, token: str, in_browser: bool) -> MainAppAnswered | None:
        """Open an address of the web app in the browser, or the client where a click is to open that.

        Args:
            token: As for :meth:`open`.
            in_browser: It is in the browser alone.
        """
        if not in_browser and self.prefers_client():
            return self.open(token)
        from . import main_app

        return main_app.open_address(address, token)

    def prefers_client(self) -> bool:
        """Whether a click on a toast opens the client: as it is set, else where there is one."""
        if self._click is not None:
            return self._click == "client"
        from . import main_app

        return main_app.find(self._command) is not None

    def in_front(self) -> bool:
        """Whether the person looks at it, as far as the desktop tells."""
        from . import in_front

        return in_front.client_in_front(self._command, self._locked)

    def close(self) -> MainAppAnswered | None:
        """End it."""
        from . import main_app

        return main_app.close_main_app(self._command)
