"""Starting the person's own programs: with the desktop's token, apart from this one, and known again a moment later.

Each gets the activation token with which it may bring its window to the front, and core dumps as the person has them.
"""

from __future__ import annotations

import logging
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ..process import signals

log = logging.getLogger(__name__)

VIEWER_FAILS_WITHIN = 10.0
"""Seconds after which what still runs is the log's viewer itself: some desktops' `xdg-open` waits for it."""
_TOKENS = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""Variables by which a program gets the token that lets its window take the focus, on Wayland and on X11."""
_TELL_PID = 'echo $$; exec "$0" "$@" >/dev/null'
"""What a shell does in between, which keeps its process."""
_TELL_CODE = '"$0" "$1" >/dev/null 2>&1; echo $?'
"""What a shell does in between, which is nobody's child: a viewer that is closed later leaves no zombie."""


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


def environment(token: str) -> dict[str, str]:
    """The environment for a program that is started.

    Args:
        token: The desktop's activation token for it. Empty for none: our own, with which we may have been started, is
            used up and is not passed on.
    """
    environ = {name: value for name, value in os.environ.items() if name not in _TOKENS}
    if token:
        environ |= dict.fromkeys(_TOKENS, token)
    return environ


def own_token() -> str:
    """The token that this process was started with; empty without one."""
    return next((token for name in _TOKENS if (token := os.environ.get(name))), "")


def detach(command: tuple[str, ...], folder: str | None = None, token: str = "") -> Start:
    """Run a command in a session of its own, with no streams of ours.

    Args:
        command: The program and its arguments.
        folder: Where; by default here.
        token: The desktop's activation token for it; empty for none.

    Raises:
        OSError: it cannot be started.
    """
    options: dict[str, Any] = {"cwd": folder, "env": environment(token)}
    options |= dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    at = time.monotonic()
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return Start(command, at, None, subprocess.Popen(command, creationflags=flags, **options))
    options["start_new_session"] = True
    setsid = shutil.which("setsid")
    if setsid is None:
        process = subprocess.Popen(command, **options)
        return Start(command, at, process.pid, process)
    # A child that ends before this program would stay as a zombie: setsid starts it as nobody's child, and ends.
    words = [setsid, "--fork", *_shell(_TELL_PID), *command]
    told, _ = subprocess.Popen(words, **(options | {"stdout": subprocess.PIPE})).communicate()
    return Start(command, at, int(told) if told.strip().isdigit() else None, None)


def open_log(path: str | None, token: str, failed: Callable[[str], object]) -> None:
    """Have the desktop show the log in whatever shows text there, on a thread that is there for so long.

    Args:
        path: Of the log; ``None`` for none.
        token: The desktop's activation token for the viewer; empty without one.
        failed: Told on that thread why it could not be opened: the rest of a sentence, without a full stop.
    """

    def work() -> None:
        try:
            why = _open_log(path, token)
        except OSError as error:
            why = f"nothing here opens it ({error.strerror})"
        except Exception as error:
            log.exception("the log could not be opened")
            why = f"unexpectedly ({type(error).__name__})"
        if why:
            from . import x11

            x11.end_startup(token)  # no viewer comes to do so
            failed(why)

    threading.Thread(target=work, name="log viewer", daemon=True).start()


def _open_log(path: str | None, token: str) -> str:
    """Open it; why not, where that fails."""
    if path is None or not os.path.exists(path):
        return "there is none"
    if sys.platform == "win32":
        os.startfile(path)
        return ""
    if sys.platform == "darwin":
        code = subprocess.run(["open", "-t", path], stdin=subprocess.DEVNULL, check=False).returncode
        return f"nothing here opens it (code {code})" if code else ""
    opener, setsid = shutil.which("xdg-open"), shutil.which("setsid")
    if opener is None or setsid is None:
        return "xdg-open (of xdg-utils) is not installed"
    with subprocess.Popen(
        [setsid, "--fork", *_shell(_TELL_CODE), opener, path],
        env=environment(token),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], VIEWER_FAILS_WITHIN)
        code = process.stdout.readline().strip() if readable else b"0"
    return "" if code == b"0" else f"nothing here opens it (xdg-open: code {code.decode()})"


def _shell(commands: str) -> list[str]:
    """The words by which a shell runs commands that go on as a program of the person's; its arguments may follow."""
    return ["/bin/sh", "-c", f"{signals.core_dumps_before}; {commands}"]
