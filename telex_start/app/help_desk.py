"""The menu's Help: Doctor, Open Log and About. For the main thread."""

from __future__ import annotations

from collections.abc import Callable

from ..events import ChildEnded, Event, LogNotOpened
from ..face import Face
from ..menu import MenuItem
from ..news import wording
from ..toast import Toast
from .ports import HelpPort

_WINDOWS = {"doctor": "Doctor", "about": "About"}
"""What the menu calls them."""


class HelpDesk:
    """Decides what a click in Help does, and what is said where that fails.

    Args:
        make_port: Called once, when something of Help is first asked for: until then nothing of it is imported.
        web_url: The web app, to which About leads.
    """

    def __init__(self, make_port: Callable[[], HelpPort], web_url: str) -> None:
        self._make_port = make_port
        self._made: HelpPort | None = None
        self._web_url = web_url

    def chosen(self, item: MenuItem, token: str, face: Face) -> bool:
        """An item of the menu was clicked.

        Args:
            token: The desktop's activation token for what it brings; empty without one.
            face: What the tray shows just now.

        Returns:
            Whether it was one of Help.
        """
        match item:
            case MenuItem.DOCTOR:
                self._port.open_doctor(token)
            case MenuItem.OPEN_LOG:
                self._port.open_log(token)
            case MenuItem.ABOUT:
                muted = [(muted.label, muted.until) for muted in face.muted]
                data = {"status": face.words or face.status, "muted": muted, "web": self._web_url}
                self._port.open_about(data, token)
            case _:
                return False
        return True

    @property
    def _port(self) -> HelpPort:
        if self._made is None:
            self._made = self._make_port()
        return self._made

    def failed(self, event: Event) -> Toast | None:
        """What is to be said of an event; nothing where it is none of Help's, or all is well."""
        match event:
            case LogNotOpened(path, why):
                where = f" It is {path}." if path else ""
                return wording.said("The log cannot be opened", f"{why[0].upper()}{why[1:]}.{where}")
            case ChildEnded(name, problem) if problem and name in _WINDOWS:
                return wording.said(f"No window for {_WINDOWS[name]}", problem)
        return None
