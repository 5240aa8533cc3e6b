"""Runs a private desktop (window manager, stand-in panel and daemon), a sandbox, and the agent as a process on them."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psutil

from tests.agent import Program, configure
from tests.fake_desktop import FakeNotificationDaemon, FakePanel
from tests.panel_item import PanelItem
from tests.process import TIMEOUT, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox


class Desk:
    """A desktop with a sandbox; starts agents on it, types on the keyboard, and reads icon, toasts and windows.

    Args:
        folder: The person's home.
        options: The sandbox's options.
        panel: Whether there is a panel from the start.
        config: The text of the configuration file; ``None`` for no file.
    """

    def __init__(self, folder: Path, *options: str, panel: bool = True, config: str | None = None) -> None:
        self.folder = folder
        self.file = folder / "config" / "telex-start" / "config.toml"
        self._opened = folder / "opened"
        self._options = options
        self._panel = panel
        self._stack = ExitStack()
        if config is not None:
            configure(folder, config)

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        try:
            self.telex = enter(Sandbox("--organisations", "2", "--rate", "0", *self._options))
            self.desktop = enter(RealDesktop(panel=None, dunst=False))
            self.bus = self.desktop.bus
            self.environ = {"DISPLAY": self.desktop.environ["DISPLAY"], **self.bus.environ, **self.telex.environ}
            if self._panel:
                self.panel_comes()
            self.daemon = enter(FakeNotificationDaemon(self.bus))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def panel_comes(self) -> None:
        self.panel = self._stack.enter_context(FakePanel(self.bus))

    def start(self, *options: str, given: str | None = None) -> Program:
        return self._stack.enter_context(Program(self.folder, *options, environ=self.environ, given=given))

    def sign_in(self) -> Program:
        return self.start("--email", self.telex.email, "--password-stdin", given=self.telex.password + "\n")

    def command(self, *words: str) -> tuple[int, str]:
        """Run ``telex-start`` with these words to its end; gives the exit code and all that it printed."""
        with Program(self.folder, *words, environ=self.environ) as program:
            code = program.ended()
            return code, "\n".join([*program.output, program.errors]).strip()

    def item(self, status: str) -> PanelItem:
        """Wait until the first line of the icon's menu is this status; gives the icon."""
        item = self.panel.wait_for_item()
        self.panel.wait_until(lambda: item.labels()[0] == status, f"the status {status!r}")
        if status == "Online: 2 organisations":
            # A message that comes during the first polls of the unread may be told together with that: wait for them.
            self.telex.wait_until(lambda _: len(self.telex.calls("fetch-bots")) >= 2, timeout=30.0)
        return item

    def toast(self, summary: str) -> str:
        """Wait for a toast with that title; gives its body."""
        return self.daemon.body_of(summary)

    # A browser.

    def browser_comes(self) -> None:
        """Install a stand-in browser, which records the addresses; there is no Telex client."""
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "xdg-open").write_text(f'#!/bin/sh\necho "$1 $XDG_ACTIVATION_TOKEN" >> {self._opened}\n')
        (programs / "xdg-open").chmod(0o700)
        self.environ["PATH"] = f"{programs}:{os.environ['PATH']}"

    def slug_is_known(self, organisation: int) -> None:
        """Wait until the organisation's slug was asked for: that comes last, and a click waits only two seconds."""
        slug = f"organisations/{self.telex.status()['organisations'][organisation]['id']}"
        self.telex.wait_until(lambda _: any(call["path"].endswith(slug) for call in self.telex.calls(slug)), 30.0)

    def opened(self) -> list[str]:
        """Wait for the only address that the browser gets; gives it, and the activation token if there is one."""
        until(lambda: self._opened.exists() and self._opened.read_text().endswith("\n"))
        [line] = self._opened.read_text().splitlines()
        return line.split()

    # Windows, and the keyboard.

    def windows(self) -> list[str]:
        """The ids of the program's visible windows."""
        try:
            return self.desktop.xdotool("search", "--onlyvisible", "--name", "Telex").split()
        except subprocess.CalledProcessError:
            return []

    def window(self, title: str = "Telex", within: float = TIMEOUT) -> str:
        """Wait until a window whose title begins so has the keyboard; gives its id."""
        until(lambda: self.desktop.active_title().startswith(title), f"{title} has not got the keyboard", within)
        return self.desktop.xdotool("getactivewindow")

    def window_is_gone(self) -> None:
        until(lambda: not self.windows(), "it is still there")

    def types(self, *words: str) -> None:
        """Type text; a word in brackets is the name of a key, or of several."""
        for word in words:
            if word.startswith("["):
                self.desktop.xdotool("key", "--delay", "20", *word.strip("[]").split())
            else:
                self.desktop.xdotool("type", "--delay", "2", word)


def children(agent: Program) -> list[psutil.Process]:
    """The processes that the agent has started itself, also those that have ended and were not waited for."""
    return psutil.Process(agent.process.pid).children()
