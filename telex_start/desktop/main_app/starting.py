"""Starting a program so that it has nothing to do with this one any more, and knowing it again a moment later."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from typing import NamedTuple

from ..activation import environment, shell

_TELL_PID = 'echo $$; exec "$0" "$@" >/dev/null'
"""What a shell does in between, which keeps its process."""


class Start(NamedTuple):
    """A start of a program.

    Attributes:
        command: What was started.
        at: When, in seconds of the monotonic clock.
        session: The session that it and what it starts live in, where the system has such; else ``None``.
        process: It itself, where it is this program's child; its session counts all the same.
    """

    command: tuple[str, ...]
    at: float
    session: int | None
    process: subprocess.Popen[bytes] | None


def detach(command: tuple[str, ...], folder: str | None = None, token: str = "") -> Start:
    """Run a command in a session of its own, with no streams of ours.

    Args:
        command: The program and its arguments.
        folder: Where; by default here.
        token: The desktop's activation token for it; empty for none.

    Raises:
        OSError: it cannot be started.
    """
    null = subprocess.DEVNULL
    environ = environment(token)
    at = time.monotonic()
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=null, stdout=null, stderr=null, creationflags=flags
        )
        return Start(command, at, None, process)
    setsid = shutil.which("setsid")
    if setsid is None:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=null, stdout=null, stderr=null, start_new_session=True
        )
        return Start(command, at, process.pid, process)
    # A child that ends before this program would stay as a zombie: setsid starts it as nobody's child, and ends.
    process = subprocess.Popen(
        [setsid, "--fork", *shell(_TELL_PID), *command],
        cwd=folder,
        env=environ,
        stdin=null,
        stdout=subprocess.PIPE,
        stderr=null,
        start_new_session=True,
    )
    words, _ = process.communicate()
    return Start(command, at, int(words) if words.strip().isdigit() else None, None)
