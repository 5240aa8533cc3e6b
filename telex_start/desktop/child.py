"""A window in a process of its own: the agent's side of it (:class:`Child`), and the window's (:func:`show`).

So the agent never holds what a window needs: Tk would stay with it after the window was closed. The process is
``python -m telex_start …``. What it is to show goes to it as a line of JSON on its standard input, never in its
arguments, which anybody on the machine can read; what it says comes back as lines of JSON on its standard output. It
ends where its standard input does: with the agent, however that ends. Imports no Tk.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any, Protocol

from ..errors import TelexStartError
from ..events import ChildEnded, ChildSaid, Event
from ..process import itself
from .starting import environment

log = logging.getLogger(__name__)

END_WITHIN = 0.3
"""Seconds that :meth:`Child.end` gives it to end by itself."""
_GONE_WITHIN = 0.3
"""Seconds in which a process that was killed is gone."""
_LONGEST = 1_000_000
"""Bytes of one line."""
_Asked = tuple[Sequence[str], Mapping[str, Any], str]
"""What :meth:`Child.open` was called with."""


class Child:
    """One such window. For the main thread; no call but :meth:`end`, which is the last, waits for anything.

    Args:
        name: What :class:`ChildSaid` and :class:`ChildEnded` call it.
        dispatch: Where these go, on a thread that is there only while the window is.
    """

    def __init__(self, name: str, dispatch: Callable[[Event], object]) -> None:
        self._name = name
        self._dispatch = dispatch
        self._state = threading.Lock()
        # Guarded by it.
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        """What it is to hear: another thread writes it, as a window that hangs would have the writer wait."""
        self._raising: _Asked | None = None
        """What the window was asked to come forward for, and has not done yet."""
        self._open = False
        self._ending = False

    def open(self, argv: Sequence[str], data: Mapping[str, Any], token: str = "") -> None:
        """Open the window, or bring it to the front where it is open.

        Args:
            argv: The command and its options, as after ``telex-start``.
            data: What it is to show.
            token: The desktop's activation token for it; empty without one.
        """
        asked = argv, data, token
        with self._state:
            if not self._open:
                self._open = True
                self._begin(data)
                self._thread = threading.Thread(
                    target=self._live, args=(asked,), name=f"window: {self._name}", daemon=True
                )
                self._thread.start()
            elif self._raising is None:  # one at a time, also where it hangs
                self._raising = asked
                self._lines.put(_line({"raise": token}))

    def say(self, **said: Any) -> None:
        """Tell it something, where it is open; in their order."""
        self._lines.put(_line(said))

    def end(self) -> None:
        """End it, if it is open; takes :data:`END_WITHIN` and :data:`_GONE_WITHIN` at most."""
        with self._state:
            self._ending = True
            self._lines.put(None)
        if self._thread is None:
            return
        self._thread.join(END_WITHIN)
        if self._thread.is_alive():
            log.info("the window %s does not end by itself", self._name)
            if self._process is not None:
                self._process.kill()
            self._thread.join(_GONE_WITHIN)

    def _begin(self, data: Mapping[str, Any]) -> None:
        """What it hears begins with what it is to show."""
        self._lines = SimpleQueue()
        self._lines.put(_line(data))

    # --- the thread -------------------------------------------------------------------------------------------------

    def _live(self, asked: _Asked) -> None:
        """Where the window was asked for when it was just closing, a second process follows."""
        while True:
            problem = self._live_once(asked)
            with self._state:
                again, self._raising = self._raising, None
                self._open = again is not None and not problem and not self._ending
                if again is None or not self._open:
                    break
                asked = again
                self._begin(asked[1])
        if not self._ending:
            self._dispatch(ChildEnded(self._name, problem))

    def _live_once(self, asked: _Asked) -> str:
        """Start it and listen until it has ended; gives what went wrong, in words."""
        try:
            process = _start(asked)
        except OSError as error:
            log.error("the window %s: %s", self._name, error)
            return f"Its window cannot be started ({error.strerror})."
        assert process.stdout is not None
        with self._state:
            self._process, lines = process, self._lines
            if self._ending:
                process.kill()
        writer = threading.Thread(target=_write, args=(lines, process.stdin), name="to a window", daemon=True)
        writer.start()
        with process.stdout as said:
            problem = self._listen(said)
        code = process.wait()
        lines.put(None)
        writer.join()
        if code and not problem:
            problem = f"Its window ended unexpectedly (code {code}); the log tells more."
        return problem

    def _listen(self, stream: IO[bytes]) -> str:
        """Pass on what it says, until it says nothing any more; gives why it could not be shown, if it says so."""
        problem = ""
        while line := stream.readline(_LONGEST):
            match _said(line):
                case None:
                    log.warning("the window %s: %s", self._name, line.decode(errors="replace").rstrip())
                case {"raised": _}:
                    with self._state:
                        self._raising = None
                case {"failed": str(words)}:
                    problem = words
                case said:
                    self._dispatch(ChildSaid(self._name, said))
        return problem


def _start(asked: _Asked) -> subprocess.Popen[bytes]:
    argv, _, token = asked
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(
        [*itself.command(), *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # what is no JSON goes to our log, where secrets are struck
        env=environment(token) | itself.environment(),
        creationflags=flags,
        start_new_session=sys.platform != "win32",  # Ctrl-C on a terminal is for the agent
    )


def _write(lines: SimpleQueue[str | None], stream: IO[bytes]) -> None:
    with suppress(OSError), stream:  # it has just ended
        while (line := lines.get()) is not None:
            stream.write(line.encode())
            stream.flush()


class Shown(Protocol):
    """A window, as the agent's words reach it on another thread than its own (see ``desktop/tk/toolkit.py``)."""

    def come_forward(self, token: str) -> bool:
        """The person asked for it again; gets the desktop's activation token.

        Returns:
            ``False`` where it has just been closed, so the agent has to open another.
        """

    def told(self, said: dict[str, Any]) -> None:
        """The agent says something else."""

    def close(self) -> None:
        """The agent is ending, or has ended."""

    def run(self) -> None:
        """Run until it is closed; on the thread that has made it."""


class Parent:
    """The agent, as such a window sees it: by standard input and output."""

    def __init__(self) -> None:
        # Not sys.stdin: a thread that waits there when the interpreter ends makes it abort.
        self._input = io.FileIO(0, closefd=False)
        self.data = _said(self._input.readline()) or {}
        """What the window is to show: the first line, which is waited for; empty where there is none."""

    def listen(self, window: Shown) -> None:
        """Have the window hear what the agent says from now on, on this thread, until there is no agent."""
        while line := self._input.readline():
            match _said(line):
                case {"raise": str(token)}:
                    if window.come_forward(token):
                        self.say(raised=True)
                case said if said:
                    window.told(said)
        window.close()

    def say(self, **said: Any) -> None:
        """Tell the agent something; nothing where it has gone. From any thread.

        ``failed`` says, in words for the person, why the window cannot be shown.
        """
        with suppress(OSError, ValueError):
            # In one go, so that the line is whole whoever else prints.
            sys.stdout.write(_line(said))
            sys.stdout.flush()


def show(make: Callable[[Parent], Shown]) -> int:
    """Be the window of the agent that has started this process, until it is closed; returns the exit code.

    Args:
        make: Makes it. What it raises as :class:`TelexStartError` is told the agent.
    """
    parent = Parent()
    try:
        window = make(parent)
    except TelexStartError as error:
        parent.say(failed=error.message)
        return 2
    threading.Thread(target=parent.listen, args=(window,), name="agent", daemon=True).start()
    window.run()
    # A daemon thread in a library's C code can crash the interpreter's end (CPython 3.11: code -11).
    os._exit(0)


def _line(said: Mapping[str, Any]) -> str:
    return json.dumps(said) + "\n"


def _said(line: bytes) -> dict[str, Any] | None:
    """An object in JSON; ``None`` for anything else, as of a library that prints."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
