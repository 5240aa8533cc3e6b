"""Shows toasts where there is no session bus: by plyer, by macOS's ``osascript``, or at the tray icon (Windows).

Only this module uses plyer. None of these ways says whether a toast was shown, and each may block for some time. So
they run on a daemon thread, for which Exit does not wait for long, and get cleaned text. On Windows, plyer's balloon
adds an icon of its own, so it is used only if the agent runs without a tray icon. On Linux, plyer's backends may find a
bus that this process does not know of. On macOS plyer is not used: it calls what Apple has taken away from programs
that are no bundle. All workarounds here are for plyer 2.1.0.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from ...events import Event, ToastClicked
from ...news.text import cut, one_line
from ...news.wording import LONGEST_TITLE
from ...toast import Handle, Place, Toast
from .toasts import APP_NAME, EXPIRE, MESSAGE_SOUND, MOST_WAITING, Toasts, escaped, safe_texts

log = logging.getLogger(__name__)

PROGRAM_TIMEOUT = 2.0
"""Seconds that a program which shows a toast may take."""
_WINDOWS_TITLE, _WINDOWS_BODY = 63, 255
"""UTF-16 units that fit, without the terminator."""
_LARGE_ICON, _NO_SOUND = 0x20, 0x10
"""``NIIF_LARGE_ICON`` and ``NIIF_NOSOUND`` of the Windows API."""
_SCRIPT = """on run words
display notification (item 3 of words) with title (item 2 of words){}
end run"""
"""In AppleScript. The texts are arguments of the script, never part of it. macOS takes the toast for one of Script
Editor's: the toast has its icon, and its place in the system's settings."""
_MACOS_SOUND = ' sound name "Glass"'
"""One of ``/System/Library/Sounds``."""
_HINTS = {
    "desktop": "string:desktop-entry:telex-start",
    "on": f"string:sound-name:{MESSAGE_SOUND}",
    "off": "boolean:suppress-sound:true",
}
"""In the form that notify-send takes; plyer passes only one hint to it."""


class PlyerToasts(Toasts):
    """Shows toasts on a thread named "toasts".

    All that is known of a toast is that it was accepted without an error. On Windows toasts have the system's sound,
    unless :attr:`sound` is "off"; on macOS they have a sound only if it is "on".

    Args:
        dispatch: As in :class:`Toasts`.
        tray_notify: If given, toasts on Windows are shown only by it; called with title, body, whether the toast is to
            make no sound, and :meth:`at_icon`.
        icon_file: Gives the path of an ``.ico`` file for plyer on Windows, or ``None``.
        platform: Like ``sys.platform``.
        on_shown: As in :class:`Toasts`.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], object],
        *,
        tray_notify: Callable[[str, str, bool, Callable[[bool], None]], object] | None = None,
        icon_file: Callable[[], str | None] = lambda: None,
        platform: str = sys.platform,
        on_shown: Callable[[Toast], object] = lambda toast: None,
    ) -> None:
        super().__init__(dispatch, on_shown)
        self._tray_notify = tray_notify
        self._icon_file = icon_file
        self._platform = platform
        self._changed = threading.Condition()
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._on_screen: list[Toast] = []
        """The toasts at the icon on Windows, as far as Windows tells."""
        self._gone: list[Toast] = []
        """Toasts that have gone from the icon since the last click: they may still be in the list of notifications."""
        self._balloon: Any = None
        # plyer is imported with the first toast.
        self._thread = threading.Thread(target=self._run, name="toasts", daemon=True)
        self._thread.start()

    def show(self, toast: Toast) -> None:
        with self._changed:
            if not toast.silent:
                self._add(toast, "the desktop")
                self._changed.notify()
            else:
                self._put_in_place(toast)  # what is shown cannot be replaced here

    def close(self, handle: Handle) -> None:
        with self._changed:
            self._drop(handle)  # what is shown cannot be taken back here
            for some in (self._on_screen, self._gone):
                some[:] = [toast for toast in some if toast.handle != handle]

    def at_icon(self, clicked: bool) -> None:
        """Windows tells that a toast at the icon was clicked, or else has gone by itself; it never tells which toast.

        If several may be meant, a click leads to what they have in common: their organisation, or the web app.
        """
        with self._changed:
            meant = self._on_screen or self._gone if clicked else []
            self._gone = [] if clicked else [*self._gone, *self._on_screen][-MOST_WAITING:]
            self._on_screen = []
        places = {toast.place for toast in meant}
        if len(places) > 1:
            channels = {place.channel if place is not None else "" for place in places}
            places = {Place(channels.pop() if len(channels) == 1 else "")}
        for place in places:
            self._dispatch(ToastClicked(meant[-1]._replace(place=place)))

    def stop(self, timeout: float = 0.2) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
            if self._process is not None:
                self._process.kill()
        self._thread.join(timeout)

    # The thread.

    def _run(self) -> None:
        while True:
            with self._changed:
                # When a balloon's time is over, its icon has to be taken out of the Windows tray.
                seconds = EXPIRE / 1000 if self._balloon is not None else None
                self._changed.wait_for(lambda: self._waiting or self._stopping, seconds)
                toast = self._waiting.popleft()[0] if self._waiting else None
            self._remove_balloon()
            if self._stopping:
                return
            if toast is not None:
                try:
                    self._show(*safe_texts(toast))
                    if self._tray_notify is not None:
                        with self._changed:
                            self._on_screen.append(toast)
                    self._shown(toast)
                except Exception as error:  # plyer's and pystray's backends can raise anything
                    reason = str(error) or type(error).__name__
                    self._failed(f"A toast could not be shown: {cut(one_line(reason), LONGEST_TITLE)}.")

    def _show(self, title: str, body: str) -> None:
        if self._platform in ("win32", "cygwin"):
            # Windows shows no balloon without a body.
            title, body = _cut_utf16(title, _WINDOWS_TITLE), _cut_utf16(body or " ", _WINDOWS_BODY)
            if self._tray_notify is not None:
                self._tray_notify(title, body, self.sound == "off", self.at_icon)
            else:
                self._show_balloon(title, body)
        elif self._platform == "darwin":
            # The first word that is no option ends the options: after it, a title may look like one.
            script = _SCRIPT.format(_MACOS_SOUND if self.sound == "on" else "")
            self._call("osascript", "-e", script, APP_NAME, title, body)
        else:
            self._notify(title, body)

    def _notify(self, title: str, body: str) -> None:
        # Not by plyer's proxy, which prints a traceback if a backend cannot be imported.
        with warnings.catch_warnings():  # plyer warns on the terminal of what it lacks
            warnings.simplefilter("ignore")
            backend = import_module("plyer.platforms.linux.notification").instance()
        if type(backend).__name__ == "NotifyDesktopPortals":  # puts the text between apostrophes into a GVariant
            title, body = (text.replace("\\", "\\\\").replace("'", "\\'") for text in (title, body))
        else:
            # notify-send (libnotify 0.8) takes a leading hyphen for an option, and plyer puts no "--" before the texts.
            # The daemon cannot be asked whether it reads markup in the body, and nearly all do.
            title, body = (f" {text}" if text.startswith("-") else text for text in (title, escaped(body)))
        # The public notify() passes notify-send a hint that notify-send refuses, and no time to expire.
        backend._notify(
            title=title,
            message=body,
            app_name=APP_NAME,
            timeout=EXPIRE // 1000,
            expire_time=str(EXPIRE),
            hint=_HINTS[self.sound],
        )

    def _show_balloon(self, title: str, body: str) -> None:
        # plyer itself starts a thread for each toast, which holds up the exit for 10 s, and leaves an icon for each in
        # the tray to the end (kivy/plyer#752). The balloon itself needs neither, and can be taken away again.
        module = import_module("plyer.platforms.win.libs.balloontip")
        module.atexit = SimpleNamespace(register=lambda _: None)  # type: ignore[attr-defined]
        # The one constant that plyer adds to the flags of a balloon that has a picture.
        module.NIIF_LARGE_ICON = _LARGE_ICON | (_NO_SOUND if self.sound == "off" else 0)  # type: ignore[attr-defined]
        picture = self._icon_file() or ""
        self._balloon = module.WindowsBalloonTip(
            title=title, message=body, app_name=APP_NAME, app_icon=picture, timeout=0
        )

    def _remove_balloon(self) -> None:
        balloon, self._balloon = self._balloon, None
        if balloon is not None:
            try:
                balloon.__del__()
            except Exception as error:
                log.debug("a balloon could not be removed: %s", error)
            # When the balloon is collected, it must not free the same handles again.
            balloon._hicon = balloon._wnd_class_ex = balloon._hwnd = None

    def _call(self, *command: str) -> None:
        """Run a program for :data:`PROGRAM_TIMEOUT` at most.

        Raises:
            OSError: it cannot be run, took too long, or failed.
        """
        with self._changed:
            if self._stopping:
                return
            quiet = subprocess.DEVNULL
            process = self._process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            status = process.wait(PROGRAM_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise OSError(f"{command[0]} does not answer") from None
        finally:
            self._process = None
        if status:
            raise OSError(f"{command[0]} failed with {status}")


def _cut_utf16(text: str, units: int) -> str:
    """Like :func:`telex_start.news.text.cut`, with the limit in UTF-16 units."""
    limit = units
    while len(cut(text, limit).encode("utf-16-le", "surrogatepass")) // 2 > units:
        limit -= 1
    return cut(text, limit)
