"""What all checks on a desktop share: the desktop, somebody at it, a Telex, and an agent that is signed in to it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from tests.process import Process
from tests.servers import Sandbox

from .known import SCREEN
from .person import Person
from .screen import A_MENU, APPEARS_WITHIN
from .session import OPENED, Session

TYPES = "unread_thread_change,channel_mention,direct_call_initiated"
"""What the agent is told of."""
_PACE = 2.0
"""Seconds from one message to the next."""
_GONE_WITHIN = 20.0
"""Seconds in which toasts of the check before go by themselves, where it has failed."""


class Stage:
    """One run of the checks.

    Attributes:
        session: The desktop.
        desktop: What it is.
        person: Who sits there.
        told: All that is said about notifications.
        telex: For what happens at Telex.
        starts: How often the icon is looked for.
    """

    def __init__(self, session: Session, starts: int) -> None:
        self.session = session
        self.desktop = session.desktop
        self.person = Person(session)
        self.told = session.notifications
        self.telex = Sandbox.announced(os.environ)
        self.starts = starts
        self.email, self.password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
        self._agent: Process | None = None
        self._happened = 0.0
        self._home = Path(session.environ["HOME"])
        self._configure()

    # --- the agent --------------------------------------------------------------------------------------------------

    def signed_in(self) -> Process:
        """The agent that runs, signed in, with its icon; started where none runs."""
        if self._agent is None:
            self.start("--email", self.email, "--password-stdin", given=self.password + "\n")
        assert self.session.wait_for_online_icon() is not None, "no icon of an agent that is online"
        assert self._agent is not None
        return self._agent

    def start(self, *options: str, given: str = "") -> Process:
        """Start an agent, in the place of one that runs."""
        self.leave()
        more = {"TELEX_START_NOTIFICATION_TYPES": TYPES}
        self._agent = self.session.agent(*options, given=given, more=more).__enter__()
        return self._agent

    def calm(self) -> Image.Image:
        """The screen of a desktop on which only an agent's icon is, once it is so."""
        self.signed_in()
        self.outlast_toast(self.session.empty_screen)
        self.session.settle(3.0)
        return self.session.screen()

    def leave(self) -> None:
        """End the agent, if one runs, and wait until its icon has gone."""
        if self._agent is None:
            return
        agent, self._agent = self._agent, None
        look = self.session.tray()
        agent.process.terminate()
        try:
            code, errors = agent.ended(), agent.errors
        finally:
            agent.__exit__(None, None, None)
        assert code == 0 and not errors, f"the agent ended with {code}: {errors}"
        assert self.session.has_gone(look, APPEARS_WITHIN), f"the icon stays: {self.session.registered()}"

    def has_ended(self) -> tuple[int | None, str]:
        """Wait for the end of an agent that was told to end; its exit code, and what it wrote on standard error."""
        assert self._agent is not None
        agent, self._agent = self._agent, None
        with suppress(TimeoutError):
            agent.ended(APPEARS_WITHIN)
        agent.__exit__(None, None, None)
        return agent.process.returncode, agent.errors

    # --- what is to be so -------------------------------------------------------------------------------------------

    def comes(self, condition: Callable[[], bool], otherwise: str, within: float = APPEARS_WITHIN) -> None:
        """Wait until something is so.

        Raises:
            AssertionError: it does not come to that within so many seconds.
        """
        assert self.session.wait_until(condition, within), otherwise

    def menu_comes(self, label: str, otherwise: str, *, enabled: bool = False) -> None:
        """Wait until the icon's menu has an entry with that label, usable if that is asked for."""
        self.comes(
            lambda: any(e.label == label and (e.enabled or not enabled) for e in self.person.entries()), otherwise
        )

    # --- what happens at Telex --------------------------------------------------------------------------------------

    def direct(self, organisation: int, username: str, text: str, **writing: Any) -> None:
        """Somebody writes; as :meth:`tests.servers.Sandbox.direct`."""
        self.pace()
        self.telex.direct(organisation, username, text, **writing)

    def pace(self) -> None:
        """Wait so long that what happens next is no flood, which is told in one summary: three in five seconds."""
        time.sleep(max(0.0, self._happened + _PACE - time.monotonic()))
        self._happened = time.monotonic()

    def outlast_toast(self, empty: Image.Image) -> None:
        """Wait until a toast has gone by itself: in GNOME and Cinnamon it stays until somebody is there to see it."""
        middle = SCREEN[0] // 2, SCREEN[1] // 2

        def gone() -> bool:
            self.person.point((middle[0] + 40, middle[1]))
            self.person.point(middle)
            return self.session.change(empty)[1] < A_MENU

        self.session.wait_until(gone, _GONE_WITHIN)

    # --- what was opened --------------------------------------------------------------------------------------------

    def opened(self) -> list[str]:
        """The addresses and files that were to be opened, in order."""
        file = self._home / OPENED
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_opened(self, before: int) -> str:
        """Wait until one more than so many was to be opened; which."""
        self.session.wait_until(lambda: len(self.opened()) > before, APPEARS_WITHIN)
        return (self.opened()[before:] or [""])[0]

    # --- between two checks -----------------------------------------------------------------------------------------

    def tidy(self, failed: bool) -> None:
        """Leave the desktop as the next check is to find it.

        Args:
            failed: Whatever the check has left is put away: menus, windows, toasts, the agent.
        """
        session = self.session
        if failed:
            self.person.close_menu()
            with suppress(Exception):
                self.leave()
            if self._agent is not None:
                self._agent.process.kill()
                self._agent = None
            self.telex.forget()
            self.telex.clear_faults()
        session.withdraw_pointer()
        self.outlast_toast(session.empty_screen)

    def _configure(self) -> None:
        folder = self._home / ".config/telex-start"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text('[main_app]\nclick = "conversation"\n')
