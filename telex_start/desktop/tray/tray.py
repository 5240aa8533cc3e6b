"""The icon in the tray, its title and its menu: by which backend it is shown, and what it shows.

On Linux it is a StatusNotifierItem of our own, which needs a session bus and no toolkit. A desktop that has only a tray
of the old kind (XEmbed) gets pystray's AppIndicator where PyGObject is installed. Elsewhere pystray's backend for the
platform is used.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from ...errors import NoPlaceForIcon
from ...face import Face
from ...process.lazylog import Log

if TYPE_CHECKING:
    from pathlib import Path

    from ...events import Event
    from ..bus.bus import Bus
    from ..macos import Application
    from .pystray_tray import PystrayTray
    from .statusnotifier_tray import StatusNotifierTray

log = Log(__name__)

BUS_WITHIN = 2.0
"""Seconds in which the session bus must have let us in."""
WAIT_FOR_TRAY_SECONDS = 3.0
"""Seconds without a tray after which there is none: at login, and when it is restarted, a panel comes a little later
than its programs."""


class _Shows(Protocol):
    def show(self, face: Face) -> None: ...


class Tray:
    """One icon.

    Args:
        dispatch: Where events go: :class:`MenuClicked`, :class:`IconClicked`, :class:`UnreadClicked`,
            :class:`MuteChosen`, :class:`MenuOpened`, :class:`IconMiddleClicked`, :class:`TrayAppeared`,
            :class:`TrayMissing`, :class:`ThreadFailed`. Called from several threads.
        face: What is shown first.
        bus: On Linux the session bus, not started yet: :meth:`start` does that. ``None`` where there is none.
        cache: The folder of the drawn icons.
        wait_for_tray: Seconds without a tray after which :class:`TrayMissing` is told.
        silent_for: Seconds from now on in which it is not: the desktop is starting too.
        environ: The environment variables.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], object],
        face: Face,
        *,
        bus: Bus | None,
        cache: str | Path,
        wait_for_tray: float = WAIT_FOR_TRAY_SECONDS,
        silent_for: float = 0.0,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._dispatch = dispatch
        self._wait_for_tray = wait_for_tray
        self._silent_for = silent_for
        self._silent_until = time.monotonic() + silent_for
        self._looks_again = False
        self._bus = bus
        self._environ = environ
        self._lock = threading.Lock()
        self._face = face
        self._stopping = False
        self._last_presence: bool | None = None
        self._host: bool | None = None
        self._started = False
        self.main_loop: Application | None = None
        """On macOS, once :meth:`start` was called: where the main thread waits, so that the icon lives."""
        self._item: StatusNotifierTray | None = None
        self._pystray: PystrayTray | None = None
        self._fallback: threading.Thread | None = None
        self._shown: _Shows | None = None
        if sys.platform.startswith("linux") and bus is not None and not environ.get("PYSTRAY_BACKEND"):
            from .statusnotifier_tray import StatusNotifierTray

            self._item = StatusNotifierTray(bus, face, self._tell, self._host_changed, cache)
            self._shown = self._item

    def start(self, connect: Callable[[], object]) -> None:
        """Show the icon as soon as the desktop takes it; events tell when.

        Args:
            connect: Starts the session bus's connection.

        Raises:
            NoPlaceForIcon: there is nowhere to put an icon with a menu; says what to install or to do.
        """
        connect()
        if self._item is not None:
            if not self._item.wait(max(BUS_WITHIN, self._silent_for)):
                raise _refusal("the session bus does not answer")
            self._item.add_menu()
            # Not before: telling brings modules, and the panel would wait for its answers meanwhile.
            self._started = True
            if self._host:
                self._tell_presence(True)
            return
        if not sys.platform.startswith("linux"):
            if sys.platform == "darwin":
                self._become_application()
            self._start_pystray(None)
        elif self._bus is None:
            raise _refusal("there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)")
        else:
            self._start_pystray(self._environ["PYSTRAY_BACKEND"])

    def show(self, face: Face) -> None:
        """Show this face; does nothing where it is shown already. From any thread."""
        with self._lock:
            if face != self._face and not self._stopping:
                self._face = face
                if self._shown is not None:
                    self._shown.show(face)

    @property
    def keeps_menu_open(self) -> bool:
        """Whether an open menu stays open when the face changes."""
        return self._pystray is None or self._pystray.keeps_menu_open

    def notify(self, title: str, body: str, without_sound: bool = False) -> None:
        """Show a toast at the icon, on Windows; the icon is waited for. From any thread but main.

        Args:
            title: At most 63 UTF-16 units, which is what Windows takes.
            body: At most 255 UTF-16 units.
            without_sound: It makes none.

        Raises:
            RuntimeError: there is no icon now, or it cannot do that.
        """
        if self._pystray is None:
            raise RuntimeError("no icon to show a toast at")
        self._pystray.notify(title, body, without_sound)

    def stop(self, timeout: float) -> bool:
        """Take the icon away; after that nothing is dispatched any more.

        Args:
            timeout: Seconds to wait for it. The icon on the shared bus is gone when that is stopped.

        Returns:
            Whether nothing of it is left.
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

    def _tell(self, event: Event) -> None:
        if not self._stopping:
            self._dispatch(event)

    # --- whether there is a tray, on the bus's thread ---------------------------------------------------------------

    def _host_changed(self, there: bool) -> None:
        self._host = there
        if there:
            if self._started:
                self._tell_presence(True)
        elif self._bus is not None:
            self._bus.later(self._wait_for_tray, self._look_again)

    def _look_again(self) -> None:
        if self._host or self._stopping or self._pystray is not None:
            return
        from .. import x11

        if self._fallback is None and x11.has_xembed_tray():
            # GTK takes its time to come, which the bus's thread has not.
            self._fallback = threading.Thread(target=self._fall_back, name="tray fallback", daemon=True)
            self._fallback.start()
        elif (left := self._silent_until - time.monotonic()) > 0 and self._bus is not None:
            # A tray of the old kind says nothing when it comes.
            if not self._looks_again:
                self._looks_again = True
                self._bus.later(min(left + 0.01, self._wait_for_tray), self._look_once_more)
        else:
            from .hosts import missing_host

            self._tell_presence(False, missing_host(self._environ))

    def _look_once_more(self) -> None:
        self._looks_again = False
        self._look_again()

    def _tell_presence(self, there: bool, missing: str = "") -> None:
        if there is not self._last_presence:
            self._last_presence = there
            from ...events import TrayAppeared, TrayMissing

            self._tell(TrayAppeared() if there else TrayMissing(missing))

    # --- pystray's own backends -------------------------------------------------------------------------------------

    def _fall_back(self) -> None:
        """There is but a tray of the old kind."""
        try:
            self._start_pystray("appindicator")
        except NoPlaceForIcon as refusal:
            log.warning("no icon: %s", refusal.message)
            self._tell_presence(False, refusal.message[:1].upper() + refusal.message[1:].rstrip("."))

    def _become_application(self) -> None:
        from ...events import MachineWoke
        from .. import macos
        from ..tk import toolkit

        self.main_loop = macos.Application(toolkit.stand_by, lambda: self._tell(MachineWoke()))

    def _start_pystray(self, name: str | None) -> None:
        from . import pystray_backend
        from .pystray_tray import PystrayTray

        backend = pystray_backend.named(name) if name else pystray_backend.platform_backend()
        with self._lock:
            if self._stopping:
                return
            tray = PystrayTray(backend, self._face, self._tell, lambda: self._tell_presence(True))
            self._pystray = self._shown = tray
            if self._item is not None:
                self._item.stop()  # a StatusNotifier host that comes later gets the icon from AppIndicator (0.5.92)
        tray.start()


def _refusal(reason: str) -> NoPlaceForIcon:
    return NoPlaceForIcon(f"{reason}: start it in a desktop session, or use --headless.")
