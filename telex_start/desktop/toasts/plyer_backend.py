"""Toasts without a session bus: by plyer on Windows and Linux, by ``osascript`` on macOS. Owner of plyer.

plyer 2.1.0 does not say whether a toast was shown, may block for any time, and fails in another way on each platform.
So it runs on a daemon thread, for which Exit does not wait for long, behind a short queue, and gets cleaned text. Where
it fails, ``tray_notify`` (pystray's) is tried. On Windows that alone is used where there is an icon: plyer's balloon
brings a second one. On macOS plyer calls what Apple has taken away from programs that are no bundle. Every workaround
here is for plyer 2.1.0.
"""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from ...events import Event
from ...news.text import cut, one_line
from ...news.wording import LONGEST_TITLE
from ...toast import Handle, Toast
from .toasts import APP_NAME, EXPIRE, MESSAGE_SOUND, Toasts, escaped, safe_texts

log = logging.getLogger(__name__)

NOTIFY_SEND_TIMEOUT = 2.0
"""Seconds."""
_WINDOWS_TITLE, _WINDOWS_BODY = 63, 255
"""UTF-16 units that fit; a terminator comes after them."""
_LARGE_ICON, _NO_SOUND = 0x20, 0x10
"""``NIIF_LARGE_ICON`` and ``NIIF_NOSOUND`` of the Windows API."""
_SCRIPT = """on run words
display notification (item 3 of words) with title (item 2 of words){}
end run"""
"""For AppleScript; what is shown are its arguments, and never part of it. The toast is Script Editor's: it has that
icon, and its place in the system's settings."""
_MACOS_SOUND = ' sound name "Glass"'
"""One of ``/System/Library/Sounds``."""
_PLATFORMS = {"win32": "win", "cygwin": "win", "darwin": "macosx"}

_SOUND_HINTS: dict[str, dict[str, str | bool]] = {
    "desktop": {},
    "on": {"sound-name": MESSAGE_SOUND},
    "off": {"suppress-sound": True},
}


class PlyerToasts(Toasts):
    """Shows toasts through plyer, on a thread named "toasts".

    More than that plyer (or the tray) has taken a toast without an error is not known. Windows has a sound of its own
    for them, and can leave it out; on macOS they have none but by "on".

    Args:
        dispatch: As in :class:`Toasts`.
        tray_notify: The next try, on Windows the only one; called with title, body, and whether it is to make no
            sound, from this thread.
        icon_file: Gives the path of an ``.ico`` file for plyer on Windows, or ``None``; asked once, when needed.
        platform: Like ``sys.platform``.
        on_shown: As in :class:`Toasts`.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], object],
        *,
        tray_notify: Callable[[str, str, bool], object] | None = None,
        icon_file: Callable[[], str | None] = lambda: None,
        platform: str = sys.platform,
        on_shown: Callable[[Toast], object] = lambda toast: None,
    ) -> None:
        super().__init__(dispatch, on_shown)
        self._tray_notify = tray_notify
        self._platform = _PLATFORMS.get(platform, "linux")
        self._icon_file = icon_file
        self._changed = threading.Condition()
        self._stopping = False
        self._backend: Callable[[str, str], None] | None = None
        self._plyer_unusable = self._platform == "win" and tray_notify is not None
        self._runner = _Runner()
        self._balloon: Any = None
        # plyer is imported with the first toast.
        self._thread = threading.Thread(target=self._run, name="toasts", daemon=True)
        self._thread.start()

    def show(self, toast: Toast) -> None:
        if toast.silent:
            self._queue.put_in_place(toast)  # what is shown cannot be replaced here
            return
        self._queue.put(toast)
        with self._changed:
            self._changed.notify()

    def close(self, handle: Handle) -> None:
        self._queue.remove(handle)
        self._queue.take_closing()  # what is shown cannot be taken back here

    def stop(self, timeout: float = 0.2) -> None:
        super().stop()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._runner.kill()
        self._thread.join(timeout)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                # A balloon takes its icon out of the Windows tray when its time is over.
                seconds = EXPIRE / 1000 if self._balloon is not None else None
                self._changed.wait_for(lambda: self._queue or self._stopping, seconds)
            self._remove_balloon()
            if self._stopping:
                return
            if self._queue.newly_dropped():
                self._failed("Too many toasts at once, or the desktop is too slow: the oldest were dropped.")
            toast = self._queue.take()
            if toast is not None:
                self._show(toast)
                self._queue.done()

    def _show(self, toast: Toast) -> None:
        title, body = safe_texts(toast)
        body = body or " "  # Windows shows no balloon without one
        if self._platform == "win":
            title, body = _cut_utf16(title, _WINDOWS_TITLE), _cut_utf16(body, _WINDOWS_BODY)
        reason = "no way to show toasts was found"
        if not self._plyer_unusable:
            try:
                self._plyer(title, body)
                self._shown(toast)
                return
            except (ImportError, NotImplementedError) as error:
                self._plyer_unusable = True
                reason = str(error)
            except Exception as error:  # of whatever plyer's backends raise
                reason = str(error) or type(error).__name__
            log.debug("plyer could not show a toast: %s", reason)
        if self._tray_notify is not None:
            try:
                self._tray_notify(title, body, self.sound == "off")
                self._shown(toast)
                return
            except Exception as error:  # of whatever pystray's backends raise
                reason = str(error) or type(error).__name__
        self._failed(f"A toast could not be shown: {cut(one_line(reason), LONGEST_TITLE)}.")

    def _plyer(self, title: str, body: str) -> None:
        if self._backend is None:
            self._backend = {"win": self._on_windows, "macosx": self._on_macos, "linux": self._on_linux}[
                self._platform
            ]()
        self._backend(title, body)

    def _on_macos(self) -> Callable[[str, str], None]:
        def show(title: str, body: str) -> None:
            script = _SCRIPT.format(_MACOS_SOUND if self.sound == "on" else "")
            # The first word that is no option ends the options, also for a title that looks like one.
            self._runner.call(["osascript", "-e", script, APP_NAME, title, body])

        return show

    def _on_windows(self) -> Callable[[str, str], None]:
        # plyer itself starts a thread for each toast, which holds up the exit for 10 s, and leaves an icon for each in
        # the tray to the end (kivy/plyer#752). Its balloon can be had without both, and be taken away again.
        module = _platform_module("win.libs.balloontip")
        module.atexit = SimpleNamespace(register=lambda _: None)
        balloon_tip = module.WindowsBalloonTip
        picture = self._icon_file() or ""

        def show(title: str, body: str) -> None:
            # The one constant that it adds to the flags of a balloon that has a picture.
            module.NIIF_LARGE_ICON = _LARGE_ICON | (_NO_SOUND if self.sound == "off" else 0)
            self._balloon = balloon_tip(title=title, message=body, app_name=APP_NAME, app_icon=picture, timeout=0)

        return show

    def _remove_balloon(self) -> None:
        balloon, self._balloon = self._balloon, None
        if balloon is not None:
            try:
                balloon.__del__()
            except Exception as error:
                log.debug("a balloon could not be removed: %s", error)
            # What it freed it must not free again when it is collected.
            balloon._hicon = balloon._wnd_class_ex = balloon._hwnd = None

    def _on_linux(self) -> Callable[[str, str], None]:
        module = _platform_module("linux.notification")
        module.subprocess = self._runner
        with warnings.catch_warnings():  # it would tell the terminal what it misses
            warnings.simplefilter("ignore")
            backend = module.instance()
        portal = type(backend).__name__ == "NotifyDesktopPortals"

        def show(title: str, body: str) -> None:
            if portal:  # it pastes the text into a GVariant between apostrophes
                title, body = (text.replace("\\", "\\\\").replace("'", "\\'") for text in (title, body))
            else:
                # notify-send (libnotify 0.8) takes a leading hyphen for an option, and plyer puts no "--" before the
                # texts. The daemon cannot be asked whether it reads markup in the body, and nearly all do.
                title, body = (f" {text}" if text.startswith("-") else text for text in (title, escaped(body)))
            # Past the public notify(), which passes neither the portal its body nor notify-send an end.
            hints = _SOUND_HINTS[self.sound]
            self._runner.more = _options(hints) if not portal else ()
            backend._notify(
                title=title,
                message=body,
                body=body,
                app_name=APP_NAME,
                timeout=EXPIRE // 1000,
                expire_time=str(EXPIRE),
                hint="string:desktop-entry:telex-start",  # the default is one that notify-send refuses
                hints=hints,
            )

        return show


class _Runner:
    """What plyer's Linux backends use in place of ``subprocess``: bounded, checked, and to be ended from outside."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self) -> None:
        self.more: Sequence[str] = ()
        """What is added to a command: plyer passes notify-send one hint only."""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = False

    def call(self, command: Sequence[str], **_: Any) -> int:
        """Run it for :data:`NOTIFY_SEND_TIMEOUT` at most.

        Raises:
            OSError: it cannot be run, took too long, or failed.
        """
        with self._lock:
            if self._ended:
                raise OSError("the program ends")
            quiet = subprocess.DEVNULL
            words = [*command, *self.more]
            process = self._process = subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            status = process.wait(NOTIFY_SEND_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise OSError(f"{command[0]} does not answer") from None
        finally:
            self._process = None
        if status:
            raise OSError(f"{command[0]} failed with {status}")
        return status

    run = call

    def kill(self) -> None:
        """End what runs, and run nothing any more."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()


def _options(hints: dict[str, str | bool]) -> list[str]:
    """These hints, as notify-send takes them."""
    kinds = {bool: "boolean", str: "string"}
    words = [f"{kinds[type(value)]}:{name}:{str(value).lower()}" for name, value in hints.items()]
    return [option for word in words for option in ("-h", word)]


def _platform_module(name: str) -> Any:
    # Not by plyer's proxy: where a backend cannot be imported it prints a traceback, and all its calls
    # raise NotImplementedError.
    return importlib.import_module(f"plyer.platforms.{name}")


def _cut_utf16(text: str, units: int) -> str:
    """Like :func:`telex_start.news.text.cut`, with the limit in UTF-16 units."""
    limit = units
    while len(cut(text, limit).encode("utf-16-le", "surrogatepass")) // 2 > units:
        limit -= 1
    return cut(text, limit)
