"""Has the desktop show the log in whatever shows text there."""

from __future__ import annotations

import logging
import os
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable

from .. import x11
from ..activation import environment, shell

log = logging.getLogger(__name__)

FAILED_WITHIN = 10.0
"""Seconds after which what still runs is the viewer itself: some desktops' `xdg-open` waits for it."""
_TELL_CODE = '"$0" "$1" >/dev/null 2>&1; echo $?'
"""What a shell does in between, which is nobody's child: a viewer that is closed later leaves no zombie."""


def open_log(path: str | None, token: str, failed: Callable[[str], object]) -> None:
    """Open it, on a thread that is there for so long.

    Args:
        path: Of the log; ``None`` for none.
        token: The desktop's activation token for the viewer; empty without one.
        failed: Told on that thread why it could not be opened: the rest of a sentence, without a full stop.
    """

    def work() -> None:
        try:
            why = _open(path, token)
        except OSError as error:
            why = f"nothing here opens it ({error.strerror})"
        except Exception as error:
            log.exception("the log could not be opened")
            why = f"unexpectedly ({type(error).__name__})"
        if why:
            x11.end_startup(token)  # no viewer comes to do so
            failed(why)

    threading.Thread(target=work, name="log viewer", daemon=True).start()


def _open(path: str | None, token: str) -> str:
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
        [setsid, "--fork", *shell(_TELL_CODE), opener, path],
        env=environment(token),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], FAILED_WITHIN)
        code = process.stdout.readline().strip() if readable else b"0"
    return "" if code == b"0" else f"nothing here opens it (xdg-open: code {code.decode()})"
