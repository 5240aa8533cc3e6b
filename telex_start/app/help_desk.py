"""The menu's Help: Doctor, Open Log and About. For the main thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..events import ChildEnded, Event, LogNotOpened, MenuClicked
from ..face import Face
from ..menu import MenuItem
from ..news import wording
from .own_words import OwnWords
from .ports import HelpPort

_WINDOWS = {"doctor": "Doctor", "about": "About"}
"""What the menu calls them."""


class HelpDesk:
    """Decides what a click in Help does, and what is said where that fails.

    Args:
        make_port: Called once, when something of Help is first asked for: until then nothing of it is imported.
        web_url: The web app, to which About leads.
        face: Gives what the tray shows just now, which About tells.
        own: Says what the program says itself.
    """

    def __init__(
        self, make_port: Callable[[], HelpPort], web_url: str, face: Callable[[], Face], own: OwnWords
    ) -> None:
        self._make_port = make_port
        self._made: HelpPort | None = None
        self._web_url = web_url
        self._face = face
        self._own = own

    def handle(self, event: Event) -> bool:
        """Take in an event.

        Returns:
            Whether it was one for this alone. What comes of a click ends the desktop's waiting for it.
        """
        match event:
            case MenuClicked(MenuItem.DOCTOR, token):
                self._port.open_doctor(token)
            case MenuClicked(MenuItem.OPEN_LOG, token):
                self._port.open_log(token)
            case MenuClicked(MenuItem.ABOUT, token):
                self._port.open_about(self._about(), token)
            case LogNotOpened(path, why):
                where = f" It is {path}." if path else ""
                self._own.say(wording.said("The log cannot be opened", f"{why[0].upper()}{why[1:]}.{where}"))
            case ChildEnded(name, problem) if name in _WINDOWS:
                if problem:
                    self._own.say(wording.said(f"No window for {_WINDOWS[name]}", problem))
            case _:
                return False
        return True

    def _about(self) -> dict[str, Any]:
        face = self._face()
        muted = [(muted.label, muted.until) for muted in face.muted]
        return {"status": face.words or face.status, "muted": muted, "web": self._web_url}

    @property
    def _port(self) -> HelpPort:
        if self._made is None:
            self._made = self._make_port()
        return self._made
