"""A window in a process of its own, as the agent has it. The window's side is ``desktop/tk/process.py``.

So the agent never holds what a window needs: Tk would stay with it after the window was closed. The process is
``python -m telex_start …``. What it is to show goes to it as a line of JSON on its standard input, never in its
arguments, which anybody on the machine can read; what it says comes back as lines of JSON on its standard output. It
ends where its standard input does: with the agent, however that ends. Imports no Tk.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any

from ..errors import NO_THREAD
from ..events import ChildEnded, ChildSaid, Event
from ..process import itself
from .starting import environment

log = logging.getLogger(__name__)

END_WITHIN = 0.3
"""Seconds that it has to end by itself once it was told to."""
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
                self._begin(data)
                name = f"window: {self._name}"
                thread = threading.Thread(target=self._live, args=(asked,), name=name, daemon=True)
                thread.start()
                self._thread, self._open = thread, True
            elif self._raising is None:  # one at a time, also where it hangs
                self._raising = asked
                self._lines.put(line({"raise": token}))

    def say(self, **said: Any) -> None:
        """Tell it something, where it is open; in their order."""
        self._lines.put(line(said))

    def close(self) -> None:
        """Close it for good: nothing is heard of it any more, and one that hangs is killed."""
        with self._state:
            self._ending = True
            self._lines.put(None)

    def end(self) -> None:
        """Close it, and wait until it is gone; takes :data:`END_WITHIN` and :data:`_GONE_WITHIN` at most."""
        self.close()
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
        self._lines.put(line(data))

    # The thread.

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
        writer = threading.Thread(target=_write, args=(lines, process), name="to a window", daemon=True)
        try:
            writer.start()
        except RuntimeError:
            with process:
                process.kill()
            return NO_THREAD
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
        while heard := stream.readline(_LONGEST):
            match object_of(heard):
                case None:
                    log.warning("the window %s: %s", self._name, heard.decode(errors="replace").rstrip())
                case {"raised": _}:
                    with self._state:
                        self._raising = None
                case {"failed": str(words)}:
                    problem = words
                case said if not self._ending:
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


def _write(lines: SimpleQueue[str | None], process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(OSError), process.stdin as stream:  # it has just ended
        while (said := lines.get()) is not None:
            stream.write(said.encode())
            stream.flush()
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()


def line(said: Mapping[str, Any]) -> str:
    """A line of what the two say to each other."""
    return json.dumps(said) + "\n"


def object_of(words: bytes) -> dict[str, Any] | None:
    """An object in JSON; ``None`` for anything else, as of a library that prints."""
    try:
        said = json.loads(words)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
