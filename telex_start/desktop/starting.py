"""Starts the person's own programs: detached from this one, with the desktop's token, and recognisable a moment later.

Each program gets the activation token with which it may bring its window to the front, and the person's own setting for
core dumps. Also opens the log in the desktop's viewer.
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
"""Seconds after which an ``xdg-open`` that still runs has opened the log: on some desktops it waits for the viewer."""
_TOKENS = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""Environment variables with the token that lets a program's window take the focus, on Wayland and on X11."""
_TELL_PID = 'echo $$; exec "$0" "$@" >/dev/null'
"""Has a shell print its process id and then become the program, which keeps that id."""
_TELL_CODE = '"$0" "$1" >/dev/null 2>&1; echo $?'
"""Has a shell that is not our child run the viewer and print its exit code: a viewer closed later leaves no zombie."""


class Start(NamedTuple):
    """A start of a program.

    Attributes:
        command: What was started.
        at: When, in seconds of the monotonic clock.
        session: The id of the session that the program and its children live in; ``None`` if there is none or it is
            unknown.
        process: The program's process, if it is our child; the session counts all the same.
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
    """Run a command in a session of its own, without our standard streams.

    Args:
        command: The program and its arguments.
        folder: The working directory; by default ours.
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
    """Have the desktop show the log in its viewer for text. Does not wait: a short-lived thread does it.

    Args:
        path: The path of the log; ``None`` if there is no log.
        token: The desktop's activation token for the viewer; empty without one.
        failed: Called on that thread with why it could not be opened: the rest of a sentence, without a full stop.
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

            x11.end_startup(token)  # no viewer will end it
            failed(why)

    threading.Thread(target=work, name="log viewer", daemon=True).start()


def _open_log(path: str | None, token: str) -> str:
    """Open the log; returns why that failed, or an empty text."""
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
    """The command line of a shell that undoes our core dump limit and runs ``commands``; arguments may follow."""
    return ["/bin/sh", "-c", f"{signals.core_dumps_before}; {commands}"]
