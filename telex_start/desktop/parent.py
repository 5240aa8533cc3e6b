"""The agent, as a window in a process of its own sees it (:mod:`.child` is the other side).

It imports no Tk.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_INPUT = 0
_CHUNK = 65536


class Parent:
    """Talks with the agent by standard input and output. Of one thread, but for :meth:`say`."""

    def __init__(self) -> None:
        self._read = b""

    def data(self) -> dict[str, Any]:
        """What the window is to show: the first line. Waits for it; empty where there is none."""
        return _object(self._line())

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
                match _object(line):
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


def _object(line: bytes) -> dict[str, Any]:
    """An object in JSON; empty for anything else."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
