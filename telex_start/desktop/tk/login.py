"""The login window in a process of its own, which ends with it: the agent's side, and ``telex-start login`` there.

The smallest window of Tk leaves 10 MB behind in the process that has opened it, whatever is done to free them
(docs/weight.md); the agent goes on for weeks after that. What the person has typed comes back by a pipe.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ...errors import ConfigError, TelexStartError
from ...events import ChildEnded, ChildSaid, Event, WindowClosed, WindowSubmitted
from ...process.streams import is_terminal
from ..child import Child, Parent, show
from . import check, title

if TYPE_CHECKING:
    from ..macos import Application
    from .login_window import LoginWindow

_WHAT = "The login window"


class LoginProcess:
    """A login window, opened with this, as the main thread sees it; its process takes part of a second to show it.

    Args:
        dispatch: Where :class:`WindowSubmitted` and :class:`WindowClosed` go.
        email: What the first field holds.
        take_focus: The person has asked for the window. Otherwise it appears on top and leaves the focus where it is.
        message: Why it opens, where the program opens it.
        main_loop: Where the main thread waits, on macOS.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], object],
        email: str,
        *,
        take_focus: bool,
        message: str,
        main_loop: Application | None = None,
    ) -> None:
        self._dispatch = dispatch
        self._main_loop = main_loop
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._closed = False
        self._ended: ChildEnded | None = None
        self._child = Child("login", self._hear)
        self._child.open(["login"], {"email": email, "take_focus": take_focus, "message": message})

    def wake(self) -> None:
        """Make :meth:`run` take a turn soon. From any thread, at any time; never blocks."""
        if self._main_loop is not None:
            self._main_loop.wake()
        else:
            self._wakes.put(None)

    def run(self, turn: Callable[[], float | None]) -> None:
        """Run until :meth:`close`, or until its process has ended.

        Args:
            turn: Called at once, after each :meth:`wake`, and when so many seconds as it answered are over.

        Raises:
            TelexStartError: the window could not be shown, or went away by itself.
        """
        try:
            while not self._closed:
                due_in = turn()
                if self._ended is not None:
                    self._closed = True
                    self._dispatch(WindowClosed())
                    if self._ended.problem:
                        raise TelexStartError(self._ended.problem, title(_WHAT))
                elif not self._closed:
                    self._wait(due_in)
        finally:
            self._closed = True
            self._child.end()

    def show(self, what: str, message: str) -> None:
        """Say how the sign-in goes: see :meth:`.login_window.LoginWindow.show`."""
        self._child.say(show=what, message=message)

    def come_forward(self) -> None:
        """The person asked for the window again: to the front, with the focus."""
        self.show("front", "")

    def close(self) -> None:
        """Close it: :meth:`run` returns. Only asks for that, so it may be called from a turn."""
        self._closed = True
        self.wake()

    def _wait(self, seconds: float | None) -> None:
        if self._main_loop is not None:
            self._main_loop.wait(seconds)
            return
        try:
            self._wakes.get(timeout=seconds)
            while True:  # one turn is enough for all that have come
                self._wakes.get_nowait()
        except Empty:
            pass

    def _hear(self, event: Event) -> None:
        """On the thread that listens to it."""
        match event:
            case ChildSaid(said={"email": str(email), "password": str(password)}):
                self._dispatch(WindowSubmitted(email, password))
            case ChildSaid(said={"closed": True}):
                self._dispatch(WindowClosed())
            case ChildEnded():
                self._ended = event
                self.wake()


def main() -> int:
    """Show the window until the agent has it closed, or is gone; returns the exit code.

    Raises:
        ConfigError: a person has typed it.
    """
    if is_terminal(sys.stdin):
        raise ConfigError("login is what the agent runs for its window: use telex-start --login.")
    return show(_make)


def _make(parent: Parent) -> LoginWindow:
    check(_WHAT, "sign in with --email and --password-stdin")
    from .login_window import LoginWindow

    def make() -> LoginWindow:
        return LoginWindow(parent.say, **parent.data)

    if sys.platform == "darwin" and not parent.data["take_focus"]:
        from .. import macos

        return macos.stay_behind(make)
    return make()
