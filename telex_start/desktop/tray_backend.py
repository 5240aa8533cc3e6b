"""Which of pystray's backends puts the icon here, and whether any can.

pystray chooses when it is imported, takes a backend without a menu where nothing better is, and can hang when the
desktop lacks something: so the desktop is looked at first, and one backend named.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..errors import NoPlaceForIcon
from ..states import State

log = logging.getLogger(__name__)

BUS_WITHIN = 2.0
"""Seconds in which the session bus must have let us in."""
PATIENCE = 3.0
"""Seconds, see :func:`choose`: at login the panel may come a little later than its programs."""
_APPINDICATOR_SIZE = 22
"""Pixels, on a screen of normal density. AppIndicator takes one picture, and this is what most panels show."""
_LARGE_SIZE = 64
"""Pixels, for who scales it down well."""

Watch = Callable[[Callable[[bool], object]], object]


class Backend(NamedTuple):
    """What a tray is made with."""

    name: str
    pystray: Any
    """The module, imported with this backend."""
    icon_class: Any
    """What to make the icon with in place of ``pystray.Icon``."""
    picture: Callable[[State, int], Any]
    """The picture for a state and a number of unread threads, as the backend's icon wants it."""
    detached: bool = False
    """The icon must be made on the main thread, and another loop there runs it."""
    watch: Watch | None = None
    """Has its argument told whether there is a tray that shows the icon, now and at every change, on a thread of the
    backend's. ``None`` where there always is one."""
    close: Callable[[], object] = lambda: None
    """Ends what was begun for the backend, once its icon is gone."""


def choose(environ: Mapping[str, str] = os.environ, patience: float = PATIENCE) -> Backend:
    """The backend for this desktop, imported and ready to run.

    Args:
        environ: The environment variables.
        patience: Seconds without a tray after which the watch tells that there is none.

    Raises:
        NoPlaceForIcon: there is none; says what to install or to do.
    """
    if sys.platform.startswith("linux"):
        return _appindicator(environ, patience)
    import pystray

    return Backend(
        sys.platform, pystray, _quiet(pystray.Icon), _picture(_LARGE_SIZE), detached=sys.platform == "darwin"
    )


def _appindicator(environ: Mapping[str, str], patience: float) -> Backend:
    from . import x11
    from .bus import Bus, session_address
    from .tray_host import TrayHost

    address = session_address(environ)
    if not address:
        raise _refusal("there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)")
    if not environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY"):
        raise _refusal("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)")
    bus = Bus(address, keep=True, thread_name="tray host")
    # AppIndicator falls back to an old-style tray by itself.
    host = TrayHost(bus, x11.has_xembed_tray, patience)
    bus.start()
    try:
        # GTK takes longer to import than the bus to answer: both at once.
        pystray = _import_pystray(environ)
        if not host.wait_for_bus(BUS_WITHIN):
            raise _refusal(f"the session bus does not answer ({address})")
        connection = _keep_alive_without_bus()
    except BaseException:
        bus.stop()
        raise

    def close() -> None:
        nonlocal connection
        connection = None
        bus.stop()

    picture = _picture(_APPINDICATOR_SIZE * _scale())
    return Backend("appindicator", pystray, _quiet(pystray.Icon), picture, watch=host.watch, close=close)


def _import_pystray(environ: Mapping[str, str]) -> Any:
    """Import pystray with AppIndicator, or with what ``PYSTRAY_BACKEND`` names."""
    own = os.environ.get("PYSTRAY_BACKEND")
    os.environ["PYSTRAY_BACKEND"] = own or "appindicator"
    try:
        import pystray
    except Exception as error:  # a backend can raise anything: ImportError, ValueError of gi, Xlib's own
        log.info("no tray backend: %s: %s", type(error).__name__, error)
        raise _why_none(environ) from None
    finally:
        if own is None:
            del os.environ["PYSTRAY_BACKEND"]
    if not pystray.Icon.HAS_MENU:
        raise _refusal(f"the tray backend {own} has no menu (PYSTRAY_BACKEND)")
    _silence_notifier()
    return pystray


def _why_none(environ: Mapping[str, str]) -> NoPlaceForIcon:
    from . import x11

    display = environ.get("DISPLAY")
    if display and not environ.get("WAYLAND_DISPLAY") and not x11.reachable():
        return _refusal(f"the display {display} cannot be opened")
    return NoPlaceForIcon(
        "a tray icon with a menu needs PyGObject and AyatanaAppIndicator3: install python3-gi and "
        "gir1.2-ayatanaappindicator3-0.1 (as Debian and Ubuntu call them), or use --headless."
    )


def _refusal(reason: str) -> NoPlaceForIcon:
    return NoPlaceForIcon(f"{reason}: start it in a desktop session, or use --headless.")


class _NoNotifier:
    """Stands in for pystray's own notifier: that one calls the notification daemon when the icon starts and stops,
    and a daemon that does not answer holds up both for half a minute."""

    def notify(self, title: str, message: str, icon: str) -> None:
        """Toasts are shown elsewhere."""

    def hide(self) -> None:
        """Nothing was shown."""


def _silence_notifier() -> None:
    from pystray._util import notify_dbus

    notify_dbus.Notifier = _NoNotifier


def _quiet(icon_class: Any) -> Any:
    """The class without its rebuilding of the whole menu after each click, which changes nothing here, closes a menu
    that is open again already, and loses a click that is under way."""

    class QuietIcon(icon_class):  # type: ignore[misc]
        def _handler(self, callback: Callable[[Any], object]) -> Callable[..., None]:
            def clicked(*_: object) -> None:
                callback(self)

            return clicked

        def __call__(self) -> None:
            if self.menu is not None:
                self.menu(self)

    return QuietIcon


def _keep_alive_without_bus() -> Any:
    """GLib ends the process when the session bus goes, unless told not to. Returns what must be kept for that."""
    from gi.repository import Gio, GLib

    try:
        connection = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    except GLib.Error as error:
        raise _refusal(f"the session bus cannot be used ({error.message})") from None
    connection.set_exit_on_close(False)
    return connection


def _scale() -> int:
    """How many pixels a panel of this screen makes of one."""
    from gi.repository import Gdk

    display = Gdk.Display.get_default()
    monitor = display.get_monitor(0) if display is not None else None
    return monitor.get_scale_factor() if monitor is not None else 1


def _picture(size: int) -> Callable[[State, int], Any]:
    def picture(state: State, unread: int) -> Any:
        from . import icons

        return icons.draw(state, unread, size)

    return picture
