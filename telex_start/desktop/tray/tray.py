"""Shows the program as an icon with a menu: chooses the backend of the icon, and says whether there is a tray.

On Linux the icon is a StatusNotifierItem of our own, which needs a session bus and no toolkit. If a desktop has only a
tray of the old kind (XEmbed), pystray's AppIndicator is used, which needs PyGObject. On other platforms pystray's
backend for the platform is used.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...errors import NoPlaceForIcon
from ...process.lazylog import Log
from ...tray_view import SIGNED_OUT, TrayView

if TYPE_CHECKING:
    from pathlib import Path

    from ...events import Event, StateChanged, Trouble
    from ...news.unread import Counts
    from ...toast import Toast
    from ..bus.buses import Buses
    from ..macos import Application
    from ..statusnotifier.item import StatusNotifierItem
    from .pystray_backend import PystrayTray

log = Log(__name__)

SILENT_AT_LOGIN = 60.0
"""Seconds after a start at log-in in which a missing tray is not reported."""
STOP_WITHIN = 0.7
"""Seconds that Exit waits for the icon to be gone."""
BUS_WITHIN = 2.0
"""Seconds in which the session bus must have accepted our connection."""
WAIT_FOR_TRAY_SECONDS = 3.0
"""Seconds without a tray after which it counts as missing: at log-in, and after a restart of the panel, the panel comes
a little later than the programs."""


class Tray:
    """One icon. Use it only on the main thread, except methods that say otherwise.

    Args:
        dispatch: Where events go: :class:`MenuClicked`, :class:`IconClicked`, :class:`UnreadClicked`,
            :class:`MuteChosen`, :class:`MenuOpened`, :class:`IconMiddleClicked`, :class:`TrayAppeared`,
            :class:`TrayMissing`, :class:`ThreadFailed`. Called from several threads.
        buses: On Linux the connections to the buses, which :meth:`start` starts; elsewhere ``None``.
        cache: The folder of the drawn icons.
        wait_for_tray: Seconds without a tray after which :class:`TrayMissing` is dispatched.
        silent_for: Seconds from now in which :class:`TrayMissing` is not dispatched, as the desktop is starting too.
        environ: The environment variables.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], None],
        buses: Buses | None,
        cache: str | Path,
        *,
        wait_for_tray: float = WAIT_FOR_TRAY_SECONDS,
        silent_for: float = 0.0,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._dispatch = dispatch
        self._buses = buses
        self._bus = buses.session if buses is not None else None
        self._wait_for_tray = wait_for_tray
        self._silent_for = silent_for
        self._silent_until = time.monotonic() + silent_for
        self._looks_again = False
        self._environ = environ
        self._lock = threading.Lock()
        self._view = SIGNED_OUT
        self._stopping = False
        self._last_presence: bool | None = None
        self._host: bool | None = None
        self._started = False
        self.main_loop: Application | None = None
        """On macOS, after :meth:`start`: the loop in which the main thread waits, so that the icon lives."""
        self._item: StatusNotifierItem | None = None
        self._pystray: PystrayTray | None = None
        self._fallback: threading.Thread | None = None
        self._shown: StatusNotifierItem | PystrayTray | None = None
        if self._bus is not None:
            from ..statusnotifier.item import StatusNotifierItem

            self._item = StatusNotifierItem(self._bus, self._view, self._tell, self._host_changed, cache)
            self._shown = self._item

    def start(self) -> None:
        """Connect to the desktop, and show the icon as soon as a panel takes it (:class:`TrayAppeared`).

        Raises:
            NoPlaceForIcon: there is nowhere to put an icon with a menu; says what to install or to do.
        """
        if self._buses is None:
            if sys.platform == "darwin":
                self._become_application()
            self._start_pystray()
            return
        self._buses.start()
        if self._item is None:
            raise _refusal("there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)")
        if not self._item.wait(max(BUS_WITHIN, self._silent_for)):
            raise _refusal("the session bus does not answer")
        # pystray's import takes a fifth of the time from exec to the icon: it comes while the panel draws.
        from .menu import make_menu

        self._item.add_menu(make_menu(lambda: self._view, self._tell, self._item.take_activation_token))
        # Not earlier: an event imports modules, and the panel would wait for its answers meanwhile.
        self._started = True
        if self._host:
            self._tell_presence(True)

    def show(self, view: TrayView) -> None:
        """Show this view; does nothing if it is shown already."""
        with self._lock:
            if view != self._view and not self._stopping:
                self._view = view
                if self._shown is not None:
                    self._shown.show(view)

    def renew_every(self) -> float:
        """Seconds between two views that differ in numbers alone; more if each change closes an open menu."""
        from ...app.renewal import OFTEN, SELDOM

        return OFTEN if self._pystray is None or self._pystray.keeps_menu_open else SELDOM

    def notify(self, title: str, body: str, without_sound: bool, heard: Callable[[bool], object]) -> None:
        """Show a toast at the icon, on Windows; waits for the icon. From any thread but main.

        Args:
            title: At most 63 UTF-16 units, which is what Windows takes.
            body: At most 255 UTF-16 units.
            without_sound: The toast makes no sound.
            heard: Called on the tray's thread: ``True`` if a toast at the icon was clicked, ``False`` if it has gone.

        Raises:
            RuntimeError: there is no icon now, or it cannot show toasts.
        """
        if self._pystray is None:
            raise RuntimeError("no icon to show a toast at")
        self._pystray.notify(title, body, without_sound, heard)

    def stop(self, timeout: float = STOP_WITHIN) -> bool:
        """Take the icon away; after that nothing is dispatched any more.

        Args:
            timeout: Seconds to wait for it. A StatusNotifierItem is certainly gone only when the shared bus is stopped.

        Returns:
            Whether nothing of the icon is left.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            self._stopping = True
        if self._item is not None:
            self._item.stop()
        if self._fallback is not None:
            self._fallback.join(max(0.0, deadline - time.monotonic()))
        gone = self._pystray is None or self._pystray.stop(max(0.0, deadline - time.monotonic()))
        if self.main_loop is not None:
            self.main_loop.stop()
        return gone

    opens_windows = True

    def end_startup(self, token: str) -> None:
        """Tell the desktop to wait no longer (with a busy pointer, for example) for what a click was to open."""
        if token:  # without one, x11 need not be imported
            from .. import x11

            x11.end_startup(token)

    def may_open_unasked(self) -> bool:
        """Whether the window manager can leave the focus where it is. If it cannot (sway 1.7), the window would get the
        keys that are being typed elsewhere."""
        from .. import x11

        return not sys.platform.startswith("linux") or x11.focus_can_be_spared()

    def ask(self, email: str, mailed: bool) -> None:
        """Asks nothing here: a window does that."""

    def state(self, event: StateChanged) -> None:
        """Does nothing: the view shows it."""

    def unread(self, counts: Counts) -> None:
        """Does nothing: the view shows it."""

    def toast(self, toast: Toast) -> None:
        """Does nothing: the desktop shows toasts."""

    def trouble(self, trouble: Trouble) -> None:
        """Does nothing: the view's status line shows it."""

    def _tell(self, event: Event) -> None:
        if not self._stopping:
            self._dispatch(event)

    # Whether there is a tray, on the bus's thread.

    def _host_changed(self, there: bool) -> None:
        self._host = there
        if there:
            if self._started:
                self._tell_presence(True)
        elif self._bus is not None:
            self._bus.loop.later(self._wait_for_tray, self._look_again)

    def _look_again(self) -> None:
        if self._host or self._stopping or self._pystray is not None:
            return
        from .. import x11

        if self._fallback is None and x11.has_xembed_tray():
            # The import of GTK takes longer than the bus's thread may be blocked.
            self._fallback = threading.Thread(target=self._fall_back, name="tray fallback", daemon=True)
            self._fallback.start()
        elif (left := self._silent_until - time.monotonic()) > 0 and self._bus is not None:
            # A tray of the old kind says nothing when it comes.
            if not self._looks_again:
                self._looks_again = True
                self._bus.loop.later(min(left + 0.01, self._wait_for_tray), self._look_once_more)
        else:
            self._tell_presence(False, missing_host(self._environ))

    def _look_once_more(self) -> None:
        self._looks_again = False
        self._look_again()

    def _tell_presence(self, there: bool, missing: str = "") -> None:
        if there is not self._last_presence:
            self._last_presence = there
            from ...events import TrayAppeared, TrayMissing

            self._tell(TrayAppeared() if there else TrayMissing(missing))

    def _fall_back(self) -> None:
        """Show the icon by AppIndicator: there is only a tray of the old kind."""
        try:
            self._start_pystray()
        except NoPlaceForIcon as refusal:
            log.warning("no icon: %s", refusal.message)
            self._tell_presence(False, refusal.message[:1].upper() + refusal.message[1:].rstrip("."))

    def _become_application(self) -> None:
        from ...events import MachineWoke
        from .. import macos

        self.main_loop = macos.Application(lambda: self._tell(MachineWoke()))

    def _start_pystray(self) -> None:
        from . import pystray_backend

        backend = pystray_backend.platform_backend() if self._buses is None else pystray_backend.appindicator()
        with self._lock:
            if self._stopping:
                return
            tray = pystray_backend.PystrayTray(backend, self._view, self._tell, lambda: self._tell_presence(True))
            self._pystray = self._shown = tray
            if self._item is not None:
                self._item.stop()  # a StatusNotifier host that comes later gets the icon from AppIndicator (0.5.92)
        tray.start()


def missing_host(environ: Mapping[str, str]) -> str:
    """What is missing for an icon if there is no StatusNotifier host; a sentence without its full stop.

    Args:
        environ: The environment variables, which name the desktop.
    """
    if "GNOME" in environ.get("XDG_CURRENT_DESKTOP", "").split(":"):
        return (
            "GNOME shows icons only with its extension AppIndicator and KStatusNotifierItem Support: install it "
            "(Debian and Ubuntu: gnome-shell-extension-appindicator) and begin a new session"
        )
    return "No panel here shows icons now: one with a tray for them (StatusNotifier) has to be started or set up"


def _refusal(reason: str) -> NoPlaceForIcon:
    return NoPlaceForIcon(f"{reason}: start it in a desktop session, or use --headless.")
