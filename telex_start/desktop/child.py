"""A window in a process of its own: the agent's side of it (:class:`Child`), and the window's (:class:`Parent`).

So the agent never holds what a window needs: Tk would stay with it after the window was closed. The process is
``python -m telex_start …``. What it is to show goes to it as a line of JSON on its standard input, never in its
arguments, which anybody on the machine can read; what it says comes back as lines of JSON on its standard output. It
ends where its standard input does: with the agent, however that ends. Imports no Tk.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

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
_INPUT = 0
_CHUNK = 65536


class Child:
    """One such window. For the main thread; no call but :meth:`end` waits for anything.

    Args:
        name: What :class:`ChildSaid` and :class:`ChildEnded` call it.
        dispatch: Where these go, on a thread that is there only while the window is.
    """

    def __init__(self, name: str, dispatch: Callable[[Event], object]) -> None:
        self._name = name
        self._dispatch = dispatch
        self._run: _Run | None = None

    def open(self, argv: Sequence[str], data: Mapping[str, Any], token: str = "") -> None:
        """Open the window, or bring it to the front where it is open.

        Args:
            argv: The command and its options, as after ``telex-start``.
            data: What it is to show.
            token: The desktop's activation token for it; empty without one.
        """
        asked = _Asked(argv, data, token)
        if self._run is None or not self._run.bring_forward(asked):
            self._run = _Run(self._name, self._dispatch, asked)

    def say(self, **said: Any) -> None:
        """Tell it something, where it is open; in their order. Only as much as a person can see: nobody waits for a
        window that hangs, until the pipe to it is full."""
        if self._run is not None:
            self._run.say(said)

    def end(self) -> None:
        """End it, if it is open; takes :data:`END_WITHIN` and :data:`_GONE_WITHIN` at most."""
        run, self._run = self._run, None
        if run is not None:
            run.end()


class _Asked(NamedTuple):
    """What :meth:`Child.open` was called with."""

    argv: Sequence[str]
    data: Mapping[str, Any]
    token: str

    @property
    def command(self) -> list[str]:
        return [*itself.command(), *self.argv]

    @property
    def environ(self) -> dict[str, str]:
        return environment(self.token) | itself.environment()


class _Run:
    """One run of its process, and the thread that starts it and listens to it.

    Where the window was asked for when it was just closing, a second process follows in the same run.
    """

    def __init__(self, name: str, dispatch: Callable[[Event], object], asked: _Asked) -> None:
        self._name = name
        self._dispatch = dispatch
        self._asked = asked
        # Held while something is written to the process. Main never waits for it.
        self._writing = threading.Lock()
        self._state = threading.Lock()
        # Guarded by the lock above.
        self._process: subprocess.Popen[bytes] | None = None
        self._unsent: list[str] = []
        self._raising: _Asked | None = None
        """What the window was asked to come forward for, and has not done yet."""
        self._told = False
        """It has all that it is to show. That may be much, so only the thread writes it."""
        self._ending = False
        self._over = False
        self._thread = threading.Thread(target=self._live, name=f"window: {name}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return not self._over

    def bring_forward(self, asked: _Asked) -> bool:
        """Have the window come to the front; ``False`` where it is gone."""
        with self._state:
            if self._over:
                return False
            # One at a time: a window that hangs must not let them pile up in a pipe, where a write would block.
            if self._raising is None:
                self._raising = asked
                self._unsent.append(_line({"raise": asked.token}))
            told = self._told
        if told:
            self._send()
        return True

    def say(self, said: Mapping[str, Any]) -> None:
        with self._state:
            self._unsent.append(_line(said))
            told = self._told
        if told:
            self._send()

    def end(self) -> None:
        with self._state:
            self._ending = True
            process = self._process
        if process is not None:
            if self._writing.acquire(timeout=END_WITHIN):
                self._close_input(process)
                self._writing.release()
                self._thread.join(END_WITHIN)
            if self._thread.is_alive():
                log.info("the window %s does not end by itself", self._name)
                process.kill()
        self._thread.join(_GONE_WITHIN)

    def _send(self) -> None:
        """Write what is to be written, unless another thread is just at it: then that one does."""
        while self._unsent and self._process is not None and self._writing.acquire(blocking=False):
            try:
                with self._state:
                    process, lines = self._process, "".join(self._unsent)
                    self._unsent.clear()
                if process is not None and process.stdin is not None and not process.stdin.closed:
                    with suppress(OSError):  # it has just ended
                        process.stdin.write(lines.encode())
                        process.stdin.flush()
            finally:
                self._writing.release()

    @staticmethod
    def _close_input(process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    # --- the thread -------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        again = True
        problem = ""
        while again:
            again = False
            try:
                problem = self._live_once()
            finally:
                with self._state:
                    if self._raising is not None and not problem and not self._ending:
                        again, self._asked, self._raising = True, self._raising, None
                        self._unsent.clear()  # it was for the one that has gone
                    self._told = False
                    self._over = not again
        if not self._ending:
            self._dispatch(ChildEnded(self._name, problem))

    def _live_once(self) -> str:
        """Start it and listen until it has ended; gives what went wrong, in words."""
        try:
            process = self._start()
        except OSError as error:
            log.error("the window %s: %s", self._name, error)
            return f"Its window cannot be started ({error.strerror})."
        try:
            problem = self._listen(process)
            code = process.wait()
        finally:
            for stream in (process.stdout, process.stdin):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        if code and not problem:
            problem = f"Its window ended unexpectedly (code {code}); the log tells more."
        return problem

    def _start(self) -> subprocess.Popen[bytes]:
        """Start it, and tell it what it is to show.

        Raises:
            OSError: it cannot be started.
        """
        asked, flags = self._asked, 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        process = subprocess.Popen(
            asked.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # what is no JSON goes to our log, where secrets are struck
            env=asked.environ,
            creationflags=flags,
            start_new_session=sys.platform != "win32",  # Ctrl-C on a terminal is for the agent
        )
        with self._state:
            self._process = process
            self._unsent.insert(0, _line(asked.data))
            ending = self._ending
        if ending:
            process.kill()
        self._send()
        with self._state:
            self._told = True
        self._send()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> str:
        """Pass on what it says, until it says nothing any more; gives why it could not be shown, if it says so."""
        problem = ""
        assert process.stdout is not None
        while line := process.stdout.readline(_LONGEST):
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


class Parent:
    """The agent, as such a window sees it: by standard input and output. Of one thread, but for :meth:`say`."""

    def __init__(self) -> None:
        self._read = b""

    def data(self) -> dict[str, Any]:
        """What the window is to show: the first line. Waits for it; empty where there is none."""
        return _said(self._line()) or {}

    def listen(
        self,
        bring_forward: Callable[[str], bool | None],
        end: Callable[[], object],
        told: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        """Hear what the agent says from now on, on a thread.

        Args:
            bring_forward: The person asked for the window again; gets the desktop's activation token. Called on that
                thread, as ``end``. ``False``: the window has just been closed, so the agent has to open another.
            end: The agent is ending, or has ended.
            told: Gets whatever else it says.
        """

        def hear() -> None:
            while line := self._line():
                match _said(line):
                    case {"raise": str(token)}:
                        if bring_forward(token) is not False:
                            self.say(raised=True)
                    case said if told is not None and said:
                        told(said)
            end()

        threading.Thread(target=hear, name="agent", daemon=True).start()

    def say(self, **said: Any) -> None:
        """Tell the agent something; nothing where it has gone. From any thread.

        ``failed`` says, in words for the person, why the window cannot be shown.
        """
        with suppress(OSError, ValueError):
            # In one go, so that the line is whole whoever else prints.
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()

    def _line(self) -> bytes:
        """The next line; empty at the end."""
        # Not by sys.stdin: a thread that waits there when the interpreter ends makes it abort.
        while b"\n" not in self._read:
            chunk = os.read(_INPUT, _CHUNK)
            if not chunk:
                return b""
            self._read += chunk
        line, _, self._read = self._read.partition(b"\n")
        return line + b"\n"


def _line(data: Mapping[str, Any]) -> str:
    return json.dumps(data) + "\n"


def _said(line: bytes) -> dict[str, Any] | None:
    """An object in JSON; ``None`` for anything else, as of a library that prints."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
