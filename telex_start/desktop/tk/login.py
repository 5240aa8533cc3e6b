"""The login window in a process of its own, which ends with it: the agent's side, and ``telex-start login`` there.

The smallest window of Tk leaves 10 MB behind in the process that has opened it, whatever is done to free them
(docs/weight.md); the agent goes on for weeks after that. What the person has typed comes back by a pipe. On macOS
:class:`~.login_window.LoginWindow` is opened by the agent itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from ...errors import ConfigError, TelexStartError
from ...events import ChildEnded, ChildSaid, Event, WindowClosed, WindowSubmitted
from ...process.streams import is_terminal
from ..child import Child, Parent

TITLE = "No login window"


class LoginProcess:
    """A login window, opened with this, as the main thread sees it.

    It can do what :class:`~.login_window.LoginWindow` can; its process takes part of a second to show it.

    Args:
        dispatch: Where :class:`WindowSubmitted` and :class:`WindowClosed` go.
        email: What the first field holds.
        take_focus: The person has asked for the window. Otherwise it appears on top and leaves the focus where it is.
        message: Why it opens, where the program opens it.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], email: str = "", *, take_focus: bool, message: str = ""
    ) -> None:
        self._dispatch = dispatch
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._closed = False
        self._ended: ChildEnded | None = None
        self._child = Child("login", self._hear)
        self._child.open(["login"], {"email": email, "take_focus": take_focus, "message": message})

    def wake(self) -> None:
        """Make :meth:`run` take a turn soon. From any thread, at any time; never blocks."""
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
                    self._has_ended(self._ended.problem)
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
        try:
            self._wakes.get(timeout=seconds)
            while True:  # one turn is enough for all that have come
                self._wakes.get_nowait()
        except Empty:
            pass

    def _has_ended(self, problem: str) -> None:
        self._closed = True
        self._dispatch(WindowClosed())
        if problem:
            raise TelexStartError(problem, TITLE)

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
    parent = Parent()
    data = parent.data()

    def tell(event: Event) -> None:
        match event:
            case WindowSubmitted(email, password):
                parent.say(email=email, password=password)
            case WindowClosed():
                parent.say(closed=True)

    try:
        from .login_window import LoginWindow

        window = LoginWindow(tell, data["email"], take_focus=data["take_focus"], message=data["message"])
    except TelexStartError as error:
        parent.say(failed=error.message)
        return 2

    def told(said: dict[str, Any]) -> None:
        match said:
            case {"show": "front"}:
                window.come_forward()
            case {"show": str(what), "message": str(message)}:
                window.show(what, message)

    post = window.calls.post
    parent.listen(lambda token: None, lambda: post(window.close), lambda said: post(partial(told, said)))
    window.run()
    return 0
