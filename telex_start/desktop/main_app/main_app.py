"""Opening, raising and closing the Telex client. The owner of webbrowser, and of psutil, imported at its first use.

:func:`open_main_app` and :func:`close_main_app` may take seconds, so they are called on a thread of their own. They
return what the person should be told.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...config import ENVIRONMENTS
from ...events import MainAppAnswered
from .. import win32, x11
from . import telex_client
from .starting import Start, detach

if TYPE_CHECKING:
    import psutil

log = logging.getLogger(__name__)

CLOSE_WITHIN = 5.0
"""Seconds that the client has to close by itself."""
STARTING = 15.0
"""Seconds in which a start that still lives is not repeated."""
_OPENERS = {"xdg-open", "gio", "exo-open", "kde-open", "kde-open5"}
_ENDED_WITHIN = 1.0
"""Seconds within which the system has ended what was ended by force."""


def find(command: str | None) -> telex_client.Client | None:
    """The client as it is installed, or ``None``.

    Args:
        command: ``main_app.command`` of the configuration.
    """
    return telex_client.find(command)


def open_main_app(
    command: str | None, token: str = "", last: Start | None = None, web_url: str = ENVIRONMENTS["production"].web_url
) -> tuple[MainAppAnswered | None, Start | None]:
    """Start the client, or bring it to the front where it runs and the desktop allows that.

    Where it is not installed, the web app is opened instead.

    Args:
        command: ``main_app.command`` of the configuration.
        token: The desktop's activation token for this; empty without one.
        last: The start before, as this has returned it.
        web_url: The web app.

    Returns:
        What the person should be told, ``None`` where the client itself is answer enough; and the last start, if any.
    """
    found = find(command)
    if found is None:
        why = f"{command} (main_app.command) cannot be started" if command else ""
        return _open_web_app(web_url, why, token), last
    pids = _with_descendants(_running(found)) if found.recognisable else set()
    if pids and (x11.raise_window_of(pids) or win32.raise_window_of(pids)):
        x11.end_startup(token)
        return None, last
    if last is not None and last.command == found.command and _is_starting(last, bool(pids)):
        x11.end_startup(token)
        return MainAppAnswered("Telex is starting", "It was started a moment ago, and its window comes soon."), last
    try:
        # Where it runs and cannot be raised: a second start makes it come forward by itself.
        return None, _start(found, token)
    except OSError as error:
        return _open_web_app(web_url, f"{found.command[0]} cannot be started ({error.strerror})", token), last


def close_main_app(command: str | None) -> MainAppAnswered | None:
    """End the client: all its processes of this user, whoever started them.

    It is asked first, and ended by force when it has not closed after :data:`CLOSE_WITHIN` seconds. Processes that are
    not certainly the client's are left alone.

    Args:
        command: ``main_app.command`` of the configuration.

    Returns:
        What the person should be told; ``None`` where it has closed.
    """
    found = find(command)
    if found is None:
        if command:
            return MainAppAnswered("Telex was not closed", f"{command} (main_app.command) is not there.")
        return MainAppAnswered("Telex is not running", "The Telex app is not installed on this computer.")
    if not found.recognisable:
        words = f"{' '.join(found.command)} runs other programs too. Please close Telex in its own window."
        return MainAppAnswered("Telex was not closed", words)
    processes = _running(found)
    if not processes:
        words = ""
        if found.interpreted is not None:
            words = f"If it does run, {found.interpreted[1]} has started another program: close it in its own window."
        return MainAppAnswered("Telex is not running", words)
    return _end(processes)


def _running(found: telex_client.Client) -> list[psutil.Process]:
    """This user's processes that are the client's."""
    import psutil

    me = psutil.Process()
    owner = me.uids().real if hasattr(me, "uids") else me.username()
    processes = []
    # Not process_iter: that of psutil 7.2 remembers what a process ran at first, also after it has run another program.
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            theirs = process.uids().real if hasattr(process, "uids") else process.username()
            if theirs != owner or pid == me.pid or not _runs(process):
                continue
            if found.is_process(process.exe(), process.cmdline(), process.cwd):
                processes.append(process)
        except (psutil.Error, OSError):
            continue  # it has ended meanwhile, or is none of ours
    return processes


def is_of(found: telex_client.Client, pid: int) -> bool:
    """Whether a process is the client's, or was started by one that is: the window of a script is often its child's.

    What an opener of addresses was started for is another program, such as the browser.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        chain = [process, *process.parents()]
    except psutil.Error:
        return False
    for one in chain:
        try:
            if found.is_process(one.exe(), one.cmdline(), one.cwd):
                return True
            if one.name() in _OPENERS:
                return False
        except (psutil.Error, OSError):
            continue  # it has ended meanwhile, or is none of ours
    return False


def _with_descendants(processes: list[psutil.Process]) -> set[int]:
    """The ids of the processes and of what they started: the window of a script is often its child's."""
    import psutil

    pids = {process.pid for process in processes}
    for process in processes:
        try:
            pids |= {child.pid for child in process.children(recursive=True)}
        except psutil.Error:
            continue
    return pids


def _end(processes: list[psutil.Process]) -> MainAppAnswered | None:
    if sys.platform == "win32":
        win32.ask_to_close({process.pid for process in processes})
    else:
        for process in processes:
            _signal(process.terminate)
    left = _wait(processes, CLOSE_WITHIN)
    if not left:
        return None
    for process in left:
        _signal(process.kill)
    if _wait(left, _ENDED_WITHIN):
        return MainAppAnswered("Telex was not closed", "The system does not allow it, or the app hangs.")
    return MainAppAnswered("Telex is closed", f"It did not close by itself in {CLOSE_WITHIN:.0f} seconds.")


def _wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until the processes have ended, and return those that have not in time."""
    deadline = time.monotonic() + seconds
    left = processes
    while (left := [process for process in left if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _runs(process: psutil.Process) -> bool:
    import psutil

    try:
        # One that nobody has buried yet has ended all the same.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _signal(send: Callable[[], object]) -> None:
    """Send a signal by psutil, which never hits another process that got the same number."""
    import psutil

    try:
        send()
    except psutil.Error as error:
        log.info("the main app could not be signalled: %s", error)


def _start(found: telex_client.Client, token: str) -> Start:
    """Start the client so that it has nothing to do with this program any more.

    Returns:
        By what it can be known again.

    Raises:
        OSError: it cannot be started.
    """
    log.info("starting %s", found.command[0])
    if sys.platform == "win32" and found.command[0].lower().endswith(".lnk"):
        at = time.monotonic()
        os.startfile(found.command[0])
        return Start(found.command, at, None, None)
    return detach(found.command, found.folder, token)


def _is_starting(start: Start, runs: bool = False) -> bool:
    """Whether what was started a moment ago still lives, or something that it has started.

    Args:
        start: The start.
        runs: Whether processes of the client are there. It counts where the start itself cannot be known again.
    """
    if time.monotonic() >= start.at + STARTING:
        return False
    if start.process is not None and start.process.poll() is None:
        return True
    if start.session is None or sys.platform == "win32":
        return runs and start.process is None
    import psutil

    for pid in psutil.pids():
        try:
            if os.getsid(pid) == start.session and _runs(psutil.Process(pid)):
                return True
        except (psutil.Error, OSError):
            continue  # it has ended meanwhile
    return False


def open_address(address: str, token: str = "") -> MainAppAnswered | None:
    """Open an address of the web app in the person's browser.

    Returns:
        What the person should be told; ``None`` where the browser is answer enough.
    """
    if _browse(address, token):
        return None
    return MainAppAnswered("The conversation cannot be opened", f"There is no browser for {address}.")


def _open_web_app(web_url: str, reason: str, token: str) -> MainAppAnswered:
    """Open the web app, and say why that."""
    why = reason or "The Telex app is not installed on this computer"
    if _browse(web_url, token):
        return MainAppAnswered("Telex opens in the browser", f"{why}.")
    return MainAppAnswered("Telex cannot be opened", f"{why}, and there is no browser for {web_url}.")


def _browse(address: str, token: str) -> bool:
    """Open an address in the person's browser; whether that worked, as far as can be told."""
    opener = shutil.which("xdg-open") if sys.platform.startswith("linux") else None
    try:
        if opener is not None:
            detach((opener, address), token=token)
            return True
        x11.end_startup(token)
        browser = webbrowser.get()
        if type(browser) is webbrowser.GenericBrowser:
            return False  # one for a terminal, which there is none here
        return browser.open(address)
    except (OSError, webbrowser.Error) as error:
        x11.end_startup(token)
        log.warning("no browser: %s", error)
        return False
