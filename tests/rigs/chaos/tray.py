"""The agent with its icon, on a private desktop, as a person sees it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from telex_start.desktop.tray.menu import NOTHING_UNREAD
from telex_start.news import wording
from tests.agent import Program
from tests.bus_of_the_system import SystemBus
from tests.panel_item import PanelItem
from tests.servers import Sandbox

from .desk import Desk
from .subject import Failed, Subject, require

_NO_ANSWER = (AssertionError, TimeoutError)
"""What a panel meets that asks an agent which is just starting, ending, or stopped."""
_WINDOW_WITHIN = 15.0
"""Seconds in which a login window must open after it was asked for."""
_SETTLED_WITHIN = 15.0
"""Seconds in which what the desktop shows must be what holds."""
_BUSY_WITHIN = 25.0
"""Seconds in which a login window that is busy must have come to an end."""
_TYPING_TRIES = 3
"""xdotool loses a key now and then where the X server has no time."""
_REFUSED_WITHIN = 15.0
"""Seconds after which look-ups have been refused for so long that a person is asked to sign in again."""
_SIGNED_IN_WITHIN = 30.0
"""Seconds in which a sign-in must be accepted where nothing is in its way."""


class Tray(Subject):
    """Clicks in the menu, in the login window and on toasts."""

    name = "tray"

    def __init__(
        self, telex: Sandbox, folder: Path, system_bus: SystemBus, module: tuple[str, ...], desk: Desk
    ) -> None:
        super().__init__(telex, folder, system_bus, module)
        self.desk = desk
        client = folder / "telex-client"
        client.write_text('#!/bin/sh\necho >>"$0.opened"\n')
        client.chmod(0o700)
        self._client = client
        self._leaves = False
        """Sign Out was clicked, and it has not been seen that nobody is signed in."""
        self._deeds: dict[str, Callable[[random.Random], str]] = {
            "Sign Out": lambda _: self._sign_out(),
            "sign in": lambda _: self._sign_in(self.telex.password),
            "sign in, wrong password": lambda _: self._sign_in("wrong"),
            "login and Cancel": lambda _: self._cancel(submit=False),
            "sign in and Cancel": lambda _: self._cancel(submit=True),
            "renewal": self._renew,
            "Reconnect Now": lambda _: self._menu("Reconnect Now"),
            "Test Notifications": lambda _: self._menu("Test Notifications"),
            "Open Main App": lambda _: self._menu("Open Main App"),
            "Mark All as Read": lambda _: self._menu("Recent", "Mark All as Read"),
            "click on what is unread": lambda _: self._click_unread(),
            "paused and resumed": lambda _: self._pause_and_resume(),
            "click on the icon": lambda _: self._click_icon(),
            "click on a toast": self._click_toast,
            "wake": lambda _: self.wake(),
            "paused": self.pause,
            "second start": lambda _: self._second_start(),
            "Exit and start": lambda _: self._exit_and_start(),
            "panel": lambda _: self.desk.toggle_panel(),
            "daemon": lambda _: self.desk.toggle_daemon(),
            "daemon hangs": lambda _: self.desk.hang_daemon(),
        }
        often = ("Sign Out", "Sign Out", "Sign Out", "sign in", "sign in", "sign in and Cancel", "Reconnect Now")
        self.clicks = (*self._deeds, *often, "renewal", "renewal")

    def options(self) -> tuple[tuple[str, ...], str | None]:
        # It signs in by its window, and so has Tk's thread and descriptors, which it keeps, in its first calm already.
        return (), None

    def environ(self) -> dict[str, str]:
        return {**self.desk.environ, "TELEX_START_MAIN_APP_COMMAND": str(self._client)}

    def look(self) -> None:
        code = self.program.process.poll()
        if code is not None:
            raise Failed(f"tray has ended by itself with {code}: {self.program.errors}")
        for toast in list(self.desk.daemon.shown):
            bad = "had a problem" in toast.summary or "has ended" in toast.summary
            require(not bad, f"tray says: {toast.summary}: {toast.body}")

    def status(self) -> str:
        try:
            item = self._item()
            return item.labels()[0] if item is not None else ""
        except (*_NO_ANSWER, IndexError):
            return ""

    def told(self) -> list[str]:
        # One that takes the place of another without a sound tells nobody a second time: its text came late.
        return [
            toast.summary
            for toast in list(self.desk.daemon.shown)
            if not (toast.replaces_id and "suppress-sound" in toast.hints)
        ]

    def check_face(self, names: list[str]) -> None:
        screen = self.desk.daemon.on_screen
        self.await_true(
            lambda: not any(title.startswith(f"{name} ") for name in names for title in screen.values()),
            "the toasts of what was read are gone",
            _SETTLED_WITHIN,
        )
        own = {wording.SIGNED_OUT.title, wording.SIGN_IN_NEEDED.title, "No tray for the icon"}
        self.await_true(lambda: not own & {*screen.values()}, f"none of {own} is on the screen", _SETTLED_WITHIN)
        self.await_true(lambda: self.desk.window(0.0) is None, "the login window is gone", _SETTLED_WITHIN)
        self.await_true(self._menu_is_right, "the menu of who is signed in", _SETTLED_WITHIN)
        before = self._opened()
        if self._click_icon() == "clicked":
            self.await_true(lambda: self._opened() > before, "a click on the icon opens the client", _SETTLED_WITHIN)
        require(not self.desk.windows(), "tray: a click on the icon opens the login window of who is signed in")

    def _opened(self) -> int:
        """How often the client was opened."""
        opened = self._client.with_name(f"{self._client.name}.opened")
        return len(opened.read_bytes()) if opened.exists() else 0

    def _menu_is_right(self) -> bool:
        try:
            item = self._item()
            entries = {entry.label: entry.enabled for entry in item.menu()} if item is not None else {}
            recent = item.labels("Recent") if item is not None else []
        except (*_NO_ANSWER, ValueError):
            return False
        if recent[:1] != [NOTHING_UNREAD] or "Resume Notifications" in entries:
            return False
        return (entries.get("Login"), entries.get("Sign Out")) == (False, True) and "Reconnect Now" not in entries

    def click(self, what: str, chance: random.Random) -> str:
        return self._deeds[what](chance)

    # --- its parts on the desktop -----------------------------------------------------------------------------------

    def _item(self) -> PanelItem | None:
        items = self.desk.panel.items
        return items[-1] if items else None

    def _menu(self, *labels: str) -> str:
        *into, label = labels
        try:
            item = self._item()
            if item is None:
                return "there is no icon"
            if not any(entry.label == label and entry.enabled for entry in item.menu(*into)):
                return "it is not to be clicked"
            item.click(*labels)
        except (*_NO_ANSWER, ValueError):
            return "the menu has changed meanwhile"  # between the look and the click
        return "clicked"

    def _click_unread(self) -> str:
        try:
            item = self._item()
            return self._menu("Recent", item.labels("Recent")[0]) if item is not None else "there is no icon"
        except (*_NO_ANSWER, ValueError):
            return "the menu has changed meanwhile"

    def _pause_and_resume(self) -> str:
        """By the middle button, at once one after the other: nothing is held back."""
        try:
            item = self._item()
            if item is None:
                return "there is no icon"
            item.middle_click()
            item.middle_click()
        except _NO_ANSWER:
            return "the icon has gone meanwhile"
        return "clicked"

    def _click_icon(self) -> str:
        item = self._item()
        if item is None:
            return "there is no icon"
        try:
            item.activate()
        except _NO_ANSWER:
            return "it has no such action"
        return "clicked"

    def _click_toast(self, chance: random.Random) -> str:
        clickable = [toast for toast in self.desk.daemon.shown[-5:] if "default" in toast.actions]
        if not clickable:
            return "there is none"
        toast = chance.choice(clickable)
        self.desk.daemon.click(toast.id)
        return repr(toast.summary)

    # --- signing in and out -----------------------------------------------------------------------------------------

    def _open_login(self, within: float) -> str | None:
        """The login window, asked for in the menu where it is not there."""
        if self._menu("Login") != "clicked":
            return self.desk.window(0.0)
        self._leaves = False
        return self.desk.window(within)

    def _sign_out(self) -> str:
        words = self._menu("Sign Out")
        self._leaves = self._leaves or words == "clicked"
        return words

    def _sign_in(self, password: str) -> str:
        window = self._open_login(3.0)
        if window is None:
            return "there is no window"
        self.desk.fill_in(window, self.telex.email, password)
        return "submitted"

    def _renew(self, chance: random.Random) -> str:
        """The access token has ended: Login beside the session, right or wrong, slow or at once, cancelled or not."""
        right, slow, cancels = (chance.random() < 0.5 for _ in range(3))
        if not self._signed_in():
            return "nobody is signed in"
        self.telex.fault("organisations", status=401, message="Session is invalid!")
        deadline = time.monotonic() + _REFUSED_WITHIN
        while not self._is_asked_to_renew():
            if time.monotonic() > deadline:
                return "it is not asked for"
            time.sleep(0.1)
        if slow:
            self.telex.fault("login", times=1, delay=chance.choice([1.0, 3.0]))
        refused = self._refused_logins()
        told = self._sign_in(self.telex.password if right else "wrong")
        window = self.desk.window(0.0)
        require(len(self.desk.windows()) <= 1, "tray: there is more than one login window")
        if window is not None and not cancels and not right:  # the person sees that it is wrong, and leaves it at that
            deadline = time.monotonic() + _REFUSED_WITHIN
            while self._refused_logins() == refused and time.monotonic() < deadline:
                time.sleep(0.1)
        if window is not None and (cancels or not right):
            self.desk.escape(window)
        how = {"right": right, "slow": slow, "cancelled": cancels}
        return ", ".join([told, *(word for word, holds in how.items() if holds)])

    def _is_asked_to_renew(self) -> bool:
        try:
            item = self._item()
            enabled = {entry.label for entry in item.menu() if entry.enabled} if item is not None else set()
        except (*_NO_ANSWER, ValueError):
            return False
        return {"Login", "Sign Out"} <= enabled

    def _close_after_failure(self) -> None:
        """A login window that offers its form to who is signed in is closed; one that is busy ends by itself."""
        deadline = time.monotonic() + _BUSY_WITHIN
        while (window := self.desk.window(0.0)) is not None:
            if self.desk.offers_form(window):
                self.desk.escape(window)
            require(time.monotonic() < deadline, "tray: the login window of who is signed in is busy without end")
            time.sleep(0.2)

    def _cancel(self, submit: bool) -> str:
        window = self._open_login(3.0)
        if window is None:
            return "there is no window"
        if submit:
            self.desk.fill_in(window, self.telex.email, self.telex.password)
        self.desk.escape(window)
        return "submitted and cancelled" if submit else "cancelled"

    # --- ends and beginnings ----------------------------------------------------------------------------------------

    def _second_start(self) -> str:
        with Program(self.folder, environ={**self.telex.environ, **self.environ()}) as second:
            require(second.ended() == 0, f"a second start ended badly: {second.errors}")
        return "opens what is to be seen"

    def _exit_and_start(self) -> str:
        self.look()
        began = time.monotonic()
        if self._menu("Exit") == "clicked":
            self._ended(began)
        else:
            self.exit()
        self.start()
        return "started again"

    # --- what a person does in the end ------------------------------------------------------------------------------

    def reconnect(self) -> str:
        words = self._menu("Reconnect Now")
        return "Reconnect Now" if words == "clicked" else words

    def sign_in_anew(self) -> str:
        """
        Raises:
            Failed: it cannot be done, although nothing is in its way.
        """
        if self._signed_in():
            self._menu("Sign Out")
            self.await_true(lambda: not self._signed_in(), "signed out", _SIGNED_IN_WITHIN)
        return f"signed out, {self.sign_in()}"

    def sign_in(self) -> str:
        """Sign in by the window, where that is needed.

        Raises:
            Failed: it cannot be done, although nothing is in its way.
        """
        if self._leaves:
            self.await_true(lambda: not self._signed_in(), "signed out", _SIGNED_IN_WITHIN)
            self._leaves = False
        self.await_true(lambda: self.status() not in ("", "Signing in"), "a settled status", _SIGNED_IN_WITHIN)
        if self._signed_in():
            self._close_after_failure()
            return "is signed in"
        for _ in range(_TYPING_TRIES):
            window = self._open_login(_WINDOW_WITHIN)
            if window is None:
                require(self._signed_in(), f"tray: no login window; {self.status()!r}")
                return "is signed in meanwhile"
            refused = self._refused_logins()
            self.desk.fill_in(window, self.telex.email, self.telex.password)
            self.await_true(
                lambda refused=refused: self._signed_in() or self._refused_logins() > refused,  # type: ignore[misc]
                "signed in",
                _SIGNED_IN_WITHIN,
            )
            if self._signed_in():
                return "signed in"
        raise Failed(f"tray: the password was refused {_TYPING_TRIES} times")

    def _refused_logins(self) -> int:
        return int(self.telex.status()["refused_logins"])

    def _signed_in(self) -> bool:
        return self.status().startswith(("Online", "Connecting", "Reconnecting"))
