"""A private desktop: an X server, a window manager, a bus, a panel and a notification daemon."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from contextlib import ExitStack
from typing import Any, Self

from jeepney import Message, MessageType

from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus, Xvfb
from tests.process import comes, end
from tests.real_desktop import takes_keys

_XDOTOOL_WITHIN = 8.0
"""Seconds."""
_EMAIL_FIELD = ("180", "122")
_PASSWORD_FIELD = ("150", "188")
"""Where in the login window the two fields are, in pixels."""


class Daemon(FakeNotificationDaemon):
    """One that, while it hangs, leaves what comes in its queue; when it goes on it shows and answers all of it, late.

    Attributes:
        on_screen: The titles of the toasts that are there now, by their ids.
    """

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self.on_screen: dict[int, str] = {}
        self._queue: deque[Message] = deque()

    def leave(self) -> None:
        self._queue.clear()
        self.on_screen.clear()
        super().leave()

    def received(self, message: Message) -> None:
        if self.mode == "silent" and message.header.message_type is MessageType.method_call:
            self._queue.append(message)
        else:
            super().received(message)

    def go_on(self) -> None:
        """It hangs no more."""
        self.mode = "answer"
        while self._queue:
            super().received(self._queue.popleft())

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        answer = super().answer(call, interface, member)
        if member == "Notify":
            self.on_screen[self.shown[-1].id] = self.shown[-1].summary
        elif member == "CloseNotification":
            self.on_screen.pop(call.body[0], None)
        return answer


class Desk:
    """The desktop and the hands of who sits at it.

    Attributes:
        panel: Shows icons, and clicks.
        daemon: Shows toasts.
        environ: For the programs on it.
    """

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            enter = stack.enter_context
            xvfb, bus = enter(Xvfb()), enter(PrivateBus())
            self.environ = {**xvfb.environ, **bus.environ}
            self._environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **self.environ}
            self.panel, self.daemon = enter(FakePanel(bus)), enter(Daemon(bus))
            quiet = subprocess.DEVNULL
            manager = subprocess.Popen(["openbox"], env=self._environ, stdin=quiet, stdout=quiet, stderr=quiet)
            stack.callback(end, manager)
            self._stack = stack.pop_all()
        self._gone: set[str] = set()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- its parts come and go --------------------------------------------------------------------------------------

    def calm(self) -> None:
        """All of it is there and works."""
        self.daemon.go_on()
        for name in [*self._gone]:
            self.toggle(name)

    def toggle(self, name: str) -> str:
        """The panel or the notification daemon crashes, or starts again."""
        part = self.panel if name == "panel" else self.daemon
        if name in self._gone:
            self._gone.remove(name)
            part.come_back()
            return "comes"
        self._gone.add(name)
        part.leave()
        return "goes"

    def hang_daemon(self) -> str:
        """The notification daemon hangs, or goes on."""
        if self.daemon.mode == "silent":
            self.daemon.go_on()
        else:
            self.daemon.mode = "silent"
        return self.daemon.mode

    # --- the login window -------------------------------------------------------------------------------------------

    def window(self, within: float) -> str | None:
        """The login window, once it is there; `None` where it does not come in so many seconds."""
        found = comes(self.windows, within)
        return found[0] if found else None

    def windows(self) -> list[str]:
        """All login windows that are there."""
        return self._xdotool("search", "--onlyvisible", "--name", "^Telex").split()

    def offers_form(self, window: str) -> bool:
        """Whether the login window is there for another try, and not busy."""
        self._xdotool("windowactivate", "--sync", window)
        return takes_keys(self._environ, window)

    def fill_in(self, window: str, email: str, password: str) -> None:
        """Fill the form in and press Return; in vain where the window goes meanwhile."""
        self._xdotool("windowactivate", window)
        for field, text in ((_EMAIL_FIELD, email), (_PASSWORD_FIELD, password)):
            self._xdotool("mousemove", "--window", window, *field, "click", "1", "key", "ctrl+a")
            self._xdotool("type", "--delay", "1", text)
        self._xdotool("key", "Return")

    def escape(self, window: str) -> None:
        """Close the login window by its key."""
        self._xdotool("windowactivate", window)
        self._xdotool("mousemove", "--window", window, *_EMAIL_FIELD, "click", "1", "key", "Escape")

    def _xdotool(self, *words: str) -> str:
        """What it says; nothing where it fails, or hangs as the window has gone."""
        command = ["timeout", str(_XDOTOOL_WITHIN), "xdotool", *words]
        done = subprocess.run(command, env=self._environ, capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else ""
