"""The agent's side of the login window, which runs in a process of its own and ends with it.

The smallest window of Tk leaves 10 MB behind in the process that has opened it, whatever is done to free them
(docs/weight.md); the agent goes on for weeks after that. What the person has typed comes back by a pipe.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from ...errors import TelexStartError
from ...events import ChildEnded, ChildSaid, Event, WindowClosed, WindowSubmitted
from ..child import Child

TITLE = "No login window"


class LoginOpening:
    """A login window, opened with this, as the main thread sees it.

    It can do what :class:`~.window.LoginWindow` can; its process takes part of a second to show it.

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

    @property
    def wake(self) -> Callable[[], None]:
        """Makes :meth:`run` take a turn soon. From any thread, at any time; never blocks."""
        return self._wake

    def run(self, turn: Callable[[], float | None]) -> None:
        """Run until :meth:`close`, or until its process has ended.

        Args:
            turn: Called at once, after each :attr:`wake`, and when so many seconds as it answered are over.

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

    def show_busy(self, message: str) -> None:
        """A sign-in is under way: only Cancel is left to do."""
        self._child.say(show="busy", message=message)

    def show_failure(self, message: str) -> None:
        """It did not work: the form is there for another try."""
        self._child.say(show="failure", message=message)

    def show_success(self, message: str) -> None:
        """It worked; the program closes the window when that was readable."""
        self._child.say(show="success", message=message)

    def say(self, message: str) -> None:
        """Change the message alone."""
        self._child.say(show="words", message=message)

    def come_forward(self) -> None:
        """The person asked for the window again: to the front, with the focus."""
        self._child.say(show="front", message="")

    def close(self) -> None:
        """Close it: :meth:`run` returns. Only asks for that, so it may be called from a turn."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._wakes.put(None)

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

    # --- on the thread that listens to it ---------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        match event:
            case ChildSaid(said=said):
                self._said(said)
            case ChildEnded():
                self._ended = event
                self._wake()

    def _said(self, said: dict[str, Any]) -> None:
        match said:
            case {"email": str(email), "password": str(password)}:
                self._dispatch(WindowSubmitted(email, password))
            case {"closed": True}:
                self._dispatch(WindowClosed())
