"""Opens, raises and closes the Telex client, and sees whether it is in front. Also opens the web app in the browser.

Only this module uses webbrowser and psutil. It imports them at their first use, as the agent makes a
:class:`MainApp` at its start.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from ...config import Config
from ...events import MainAppAnswered

if TYPE_CHECKING:
    import psutil

    from ..starting import Start
    from .telex_client import Client

log = logging.getLogger(__name__)

CLOSE_WITHIN = 5.0
"""Seconds that the client has to close by itself."""
STARTING = 15.0
"""Seconds after a start in which it is not repeated, if what was started still lives."""
_Answer = TypeVar("_Answer")
_OPENERS = {"xdg-open", "gio", "exo-open", "kde-open", "kde-open5"}
_ENDED_WITHIN = 1.0
"""Seconds to wait until the system has ended a process that was killed."""


class MainApp:
    """The Telex client: does what Open Main App, a click on a toast and Close Main App ask for.

    The calls may take seconds, so they belong on the thread ``main app``; except :meth:`prefers_client`, and
    :meth:`in_front`, which takes milliseconds, or for ever if the display hangs. Those that open and close return what
    to tell the person; ``None`` if the person sees the result anyway.

    Args:
        config: Says what is opened.
        locked: Tells whether the screen is locked, as far as that is known; called last.
    """

    def __init__(self, config: Config, locked: Callable[[], bool]) -> None:
        self._web_url = config.web_url
        self._locked = locked
        self._last_start: Start | None = None
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Take a changed configuration: the client's command, and what a click opens. The web app's address stays."""
        self._command = config.main_app_command
        self._click = config.main_app_click

    def open(self, token: str) -> MainAppAnswered | None:
        """Start the client, or bring it to the front if it runs and the desktop allows that.

        If the client is not installed, the web app is opened instead.

        Args:
            token: The desktop's activation token for it; empty without one.
        """
        from .. import win32, x11

        found, last = _find(self._command), self._last_start
        if found is None:
            why = f"{self._command} (main_app.command) cannot be started" if self._command else ""
            return self._open_web_app(why, token)
        pids = _with_descendants(_running(found)) if found.recognisable else set()
        if pids and (x11.raise_window_of(pids) or win32.raise_window_of(pids)):
            x11.end_startup(token)
            return None
        if last is not None and last.command == found.command and _is_starting(last, bool(pids)):
            x11.end_startup(token)
            return MainAppAnswered("Telex is starting", "It was started a moment ago, and its window comes soon.")
        try:
            # If it runs and cannot be raised, a second start makes it come forward by itself.
            self._last_start = _start(found, token)
        except OSError as error:
            return self._open_web_app(f"{found.command[0]} cannot be started ({error.strerror})", token)
        return None

    def open_place(self, address: str, token: str, in_browser: bool) -> MainAppAnswered | None:
        """Open an address of the web app in the browser, or open the client, if a click is to open that.

        Args:
            token: As for :meth:`open`.
            in_browser: Open it in the browser, even if a click normally opens the client.
        """
        if not in_browser and self.prefers_client():
            return self.open(token)
        return open_address(address, token)

    def prefers_client(self) -> bool:
        """Whether a click on a toast opens the client: as configured, or by default if the client is installed."""
        if self._click is not None:
            return self._click == "client"
        return _find(self._command) is not None

    def in_front(self) -> bool:
        """Whether the person looks at the client: its window has the focus, and they can see it.

        X11 and Windows tell; macOS tells only which application is in front. Wayland tells no program about another's
        windows. There, and wherever it is in doubt, the answer is no, and notifications come.
        """
        if why_front_is_unknown():
            return False
        from .. import macos, win32, x11
        from . import telex_client

        fronts = {"win32": win32.window_in_front, "darwin": macos.application_in_front}
        front = fronts.get(sys.platform, x11.window_in_front)()
        if front is None:
            return False
        pid, classes = front
        if not {name.lower() for name in classes} & telex_client.window_classes(os.environ):
            found = _find(self._command)
            if not pid or found is None or not _is_of(found, pid):
                return False
        return not self._locked()

    def close(self) -> MainAppAnswered | None:
        """End the client: all its processes of this user, whoever started them.

        It is asked first, and ended by force if it has not closed after :data:`CLOSE_WITHIN` seconds. Processes that
        are not certainly the client's are left alone.
        """
        found = _find(self._command)
        if found is None:
            if self._command:
                return MainAppAnswered("Telex was not closed", f"{self._command} (main_app.command) is not there.")
            return MainAppAnswered("Telex is not running", "The Telex app is not installed on this computer.")
        if not found.recognisable:
            words = f"{' '.join(found.command)} runs other programs too. Please close Telex in its own window."
            return MainAppAnswered("Telex was not closed", words)
        processes = _running(found)
        if processes:
            return _end(processes)
        words = ""
        if found.interpreted is not None:
            words = f"If it does run, {found.interpreted[1]} has started another program: close it in its own window."
        return MainAppAnswered("Telex is not running", words)

    def _open_web_app(self, reason: str, token: str) -> MainAppAnswered:
        """Open the web app instead of the client; the answer gives the reason."""
        why = reason or "The Telex app is not installed on this computer"
        if _browse(self._web_url, token):
            return MainAppAnswered("Telex opens in the browser", f"{why}.")
        return MainAppAnswered("Telex cannot be opened", f"{why}, and there is no browser for {self._web_url}.")


def why_front_is_unknown() -> str:
    """Why this desktop does not tell what is in front, as a sentence without its full stop; empty if it does."""
    if not sys.platform.startswith("linux"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return "Wayland does not tell which window is in front"
    return "" if os.environ.get("DISPLAY") else "Without a display nothing is in front"


def open_address(address: str, token: str = "") -> MainAppAnswered | None:
    """Open an address of the web app in the person's browser.

    Returns:
        What to tell the person; ``None`` if the browser opens.
    """
    if _browse(address, token):
        return None
    return MainAppAnswered("The conversation cannot be opened", f"There is no browser for {address}.")


def _find(command: str | None) -> Client | None:
    from . import telex_client

    return telex_client.find(command)


def _asked(question: Callable[..., _Answer], *args: Any, otherwise: _Answer) -> _Answer:
    """What ``question`` returns about a process; ``otherwise`` if the process has ended, or is not ours to ask."""
    import psutil

    try:
        return question(*args)
    except (psutil.Error, OSError):
        return otherwise


def _matches(found: Client, process: psutil.Process) -> bool:
    return found.is_process(process.exe(), process.cmdline(), process.cwd)


def _running(found: Client) -> list[psutil.Process]:
    """This user's processes that are the client's."""
    import psutil

    me = psutil.Process()

    def owner(process: psutil.Process) -> object:
        return process.uids().real if hasattr(process, "uids") else process.username()

    mine = owner(me)

    def of(pid: int) -> psutil.Process | None:
        process = psutil.Process(pid)
        is_ours = owner(process) == mine and pid != me.pid and _runs(process) and _matches(found, process)
        return process if is_ours else None

    # Not process_iter: that of psutil 7.2 remembers what a process ran at first, also after it has run another program.
    processes = [_asked(of, pid, otherwise=None) for pid in psutil.pids()]
    return [process for process in processes if process is not None]


def _is_of(found: Client, pid: int) -> bool:
    """Whether a process is the client's, or was started by one that is: the window of a script is often its child's.

    A process that was started through an opener of addresses is not the client's; it is the browser, for example.
    """
    import psutil

    def ancestry() -> list[psutil.Process]:
        process = psutil.Process(pid)
        return [process, *process.parents()]

    nobody: list[psutil.Process] = []
    for one in _asked(ancestry, otherwise=nobody):
        if _asked(_matches, found, one, otherwise=False):
            return True
        if _asked(one.name, otherwise="") in _OPENERS:
            return False
    return False


def _with_descendants(processes: list[psutil.Process]) -> set[int]:
    """The ids of the processes and of what they started: the window of a script is often its child's."""
    nobody: list[psutil.Process] = []
    started = [_asked(process.children, True, otherwise=nobody) for process in processes]
    return {process.pid for process in chain(processes, *started)}


def _end(processes: list[psutil.Process]) -> MainAppAnswered | None:
    if sys.platform == "win32":
        from .. import win32

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

    # A zombie counts as ended: only its parent has not taken note yet.
    return _asked(lambda: process.is_running() and process.status() != psutil.STATUS_ZOMBIE, otherwise=False)


def _signal(send: Callable[[], object]) -> None:
    """Send a signal by psutil, which never hits another process that got the same number."""
    import psutil

    try:
        send()
    except psutil.Error as error:
        log.info("the main app could not be signalled: %s", error)


def _start(found: Client, token: str) -> Start:
    """Start the client, detached from this program.

    Returns:
        The start, by which its processes can be recognised later.

    Raises:
        OSError: it cannot be started.
    """
    from ..starting import Start, detach

    log.info("starting %s", found.command[0])
    if sys.platform == "win32" and found.command[0].lower().endswith(".lnk"):
        at = time.monotonic()
        os.startfile(found.command[0])
        return Start(found.command, at, None, None)
    return detach(found.command, found.folder, token)


def _is_starting(start: Start, runs: bool) -> bool:
    """Whether the program that was started a moment ago still lives, or one that it has started.

    Args:
        start: The start.
        runs: Whether processes of the client are there. It counts if those of the start cannot be recognised.
    """
    if time.monotonic() >= start.at + STARTING:
        return False
    if start.process is not None and start.process.poll() is None:
        return True
    if start.session is None or sys.platform == "win32":
        return runs and start.process is None
    import psutil

    def is_part(pid: int) -> bool:
        return os.getsid(pid) == start.session and _runs(psutil.Process(pid))

    return any(_asked(is_part, pid, otherwise=False) for pid in psutil.pids())


def _browse(address: str, token: str) -> bool:
    """Open an address in the person's browser; returns whether that worked, as far as is known."""
    import shutil
    import webbrowser

    from .. import x11
    from ..starting import detach

    opener = shutil.which("xdg-open") if sys.platform.startswith("linux") else None
    try:
        if opener is not None:
            detach((opener, address), token=token)
            return True
        x11.end_startup(token)
        browser = webbrowser.get()
        if type(browser) is webbrowser.GenericBrowser:
            return False  # a browser for a terminal, and there is no terminal here
        return browser.open(address)
    except (OSError, webbrowser.Error) as error:
        x11.end_startup(token)
        log.warning("no browser: %s", error)
        return False
