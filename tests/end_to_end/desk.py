"""A desktop, a sandbox and the agent on them: a window manager, a panel and a notification daemon on a private bus."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psutil

from tests.agent import Program
from tests.fake_desktop import FakeNotificationDaemon, FakePanel
from tests.panel_item import PanelItem
from tests.process import TIMEOUT, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox


class Desk:
    """Such a desktop, with the keyboard.

    Args:
        folder: The person's home.
        options: The sandbox's.
        panel: One is there from the start.
        config: What stands in the configuration file, if there is one.
    """

    def __init__(self, folder: Path, *options: str, panel: bool = True, config: str | None = None) -> None:
        self.folder = folder
        self.file = folder / "config" / "telex-start" / "config.toml"
        self._options = options
        self._panel = panel
        self._stack = ExitStack()
        if config is not None:
            self.configure(config)

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

    def configure(self, text: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text)

    def panel_comes(self) -> None:
        self.panel = self._stack.enter_context(FakePanel(self.bus))

    def start(self, *options: str, given: str | None = None) -> Program:
        return self._stack.enter_context(Program(self.folder, *options, environ=self.environ, given=given))

    def sign_in(self) -> Program:
        return self.start("--email", self.telex.email, "--password-stdin", given=self.telex.password + "\n")

    def item(self, status: str) -> PanelItem:
        """The icon, once its menu says so."""
        item = self.panel.wait_for_item()
        self.panel.wait_until(lambda: item.labels()[0] == status, f"the status {status!r}")
        if status == "Online: 2 organisations":
            # What is written while the agent asks what was unread before may be told with that.
            self.telex.wait_until(lambda _: len(self.telex.calls("fetch-bots")) >= 2, timeout=30.0)
        return item

    def toast(self, summary: str) -> str:
        """The body of the toast with that title, once it is shown."""
        return self.daemon.body_of(summary)

    # Windows, and the keyboard.

    def windows(self) -> list[str]:
        """The ids of the program's windows that are to be seen."""
        try:
            return self.desktop.xdotool("search", "--onlyvisible", "--name", "Telex").split()
        except subprocess.CalledProcessError:
            return []

    def window(self, title: str = "Telex", within: float = TIMEOUT) -> str:
        """Wait for a window whose title begins so to have the keyboard; its id."""
        until(lambda: self.desktop.active_title().startswith(title), f"{title} has not got the keyboard", within)
        return self.desktop.xdotool("getactivewindow")

    def window_is_gone(self) -> None:
        until(lambda: not self.windows(), "it is still there")

    def types(self, *words: str) -> None:
        """Type text; a word in brackets is a key, or several."""
        for word in words:
            if word.startswith("["):
                self.desktop.xdotool("key", "--delay", "20", *word.strip("[]").split())
            else:
                self.desktop.xdotool("type", "--delay", "2", word)


def children(agent: Program) -> list[psutil.Process]:
    """The processes that the agent has started, zombies too."""
    return psutil.Process(agent.process.pid).children()
