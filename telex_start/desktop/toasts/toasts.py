"""Toasts: one call that never blocks and never raises, whatever the desktop has.

On Linux the notification daemon shows them, asked over the session bus; on Windows, on macOS and where there is no
session bus plyer does. Where toasts cannot be shown, that is dispatched once, not for each toast; and once more when it
happens again after one was shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from ...events import Event, ToastClicked, ToastFailed
from ...process.lazylog import Log
from ...toast import Handle, Toast

if TYPE_CHECKING:
    from ...config import Config
    from ..bus.bus import Bus
    from .toast_queue import ToastQueue

log = Log(__name__)


class _Backend(Protocol):
    sound: str

    @property
    def queue(self) -> ToastQueue: ...

    def show(self, toast: Toast) -> None: ...

    def close(self, handle: Handle) -> None: ...

    def stop(self, timeout: float) -> object: ...


class Toasts:
    """Shows toasts, from any thread.

    On Linux the work is done on the desktop loop's thread, which is that of ``bus``; without ``bus``, and by plyer, on
    a thread named "toasts".

    Args:
        dispatch: Where events go, on that thread: :class:`ToastFailed`, and :class:`ToastClicked` where the desktop
            reports clicks.
        icon: Gives width, height and rows of R, G, B, A bytes, for the notification daemon; asked once, when needed.
        icon_file: Gives the path of an ``.ico`` file, or ``None``; asked once, on Windows without an icon in the tray.
        tray_notify: What shows title and body where plyer cannot, and on Windows anyway (pystray's ``notify``); its
            third argument says whether without a sound. ``None`` on Linux.
        bus: The connection to the session bus, not started yet; the caller stays its owner. By default one is made
            for toasts alone.
        environ: The environment variables.
    """

    def __init__(
        self,
        dispatch: Callable[[Event], object],
        *,
        icon: Callable[[], tuple[int, int, bytes]] | None = None,
        icon_file: Callable[[], str | None] = lambda: None,
        tray_notify: Callable[[str, str, bool], object] | None = None,
        bus: Bus | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._dispatch = dispatch
        self._icon = icon
        self._icon_file = icon_file
        self._tray_notify = tray_notify
        self._bus = bus
        self._environ = environ
        self._sound = "desktop"
        self._backend: _Backend | None = None
        self._stop: Callable[[float], object] | None = None
        self._failing = False
        self.show: Callable[[Toast], object] = _nothing
        """Show a toast soon: the backend's own call. Never blocks, never raises; after :meth:`stop` it does nothing."""
        self.close: Callable[[Handle], object] = _nothing
        """Take a toast away where the desktop can do that: its conversation was read elsewhere, or it holds no more."""
        if bus is not None:
            self._use(self._over(bus))

    def start(self) -> None:
        """Start what shows toasts, where ``bus`` does not; does not wait for it."""
        if self._backend is not None:
            return
        if not sys.platform.startswith("linux") or not self._start_bus():
            self._start_plyer()

    def configure(self, config: Config) -> None:
        """Take up how toasts sound; counts for the next one. From any thread."""
        self._sound = config.sound
        if (backend := self._backend) is not None:
            backend.sound = config.sound

    def stop(self, timeout: float = 0.4) -> None:
        """Stop showing; what waits is dropped, and what the program itself says is taken away.

        Args:
            timeout: Seconds to wait for the daemon and the thread, each half of them at most. A thread that the desktop
                blocks is left behind, as a daemon thread.
        """
        backend, self._backend = self._backend, None
        self.show = self.close = _nothing
        if backend is not None and backend.queue.dropped:
            log.info("toasts: %d were dropped because too many waited", backend.queue.dropped)
        if backend is not None:
            backend.stop(timeout / 2)
        if self._stop is not None:
            self._stop(timeout / 2)
            self._stop = None

    def _use(self, backend: _Backend) -> None:
        backend.sound = self._sound
        self._backend = backend
        self.show, self.close = backend.show, backend.close

    def _start_bus(self) -> bool:
        try:
            from ..bus.bus import Bus, session_address
        except ImportError as error:
            log.warning("toasts: no D-Bus: %s", error)
            return False
        address = session_address(self._environ)
        if not address:
            log.info("toasts: there is no session bus")
            return False
        bus = Bus(address)
        self._use(self._over(bus))
        bus.start()
        self._stop = bus.stop
        return True

    def _over(self, bus: Bus) -> _Backend:
        from .dbus_backend import DBusToasts

        return DBusToasts(
            bus,
            on_shown=self._shown,
            on_failed=self._failed,
            on_clicked=lambda toast, action, token: self._dispatch(ToastClicked(toast, action, token)),
            icon=self._icon,
        )

    def _start_plyer(self) -> None:
        from .plyer_backend import PlyerToasts

        plyer = PlyerToasts(
            on_shown=self._shown, on_failed=self._failed, tray_notify=self._tray_notify, icon_file=self._icon_file
        )
        plyer.start()
        self._use(plyer)

    # --- on the backend's thread ------------------------------------------------------------------------------------

    def _shown(self, toast: Toast) -> None:
        self._failing = False

    def _failed(self, message: str) -> None:
        if not self._failing:
            self._failing = True
            log.warning("toasts: %s", message)
            self._dispatch(ToastFailed(message))


def _nothing(_: object) -> None:
    """What a call does while nothing shows toasts."""
