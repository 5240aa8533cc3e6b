"""pystray's own backends, for Windows, macOS and old trays: chosen by name, with workarounds for pystray 0.19.5.

Left to itself, pystray chooses its backend at import, takes one without a menu where nothing better can be imported,
and can hang when the desktop lacks something.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ...errors import NoPlaceForIcon
from .pystray_tray import Backend
from .pystray_windows import standing

log = logging.getLogger(__name__)

_APPINDICATOR_SIZE = 22
"""Pixels, on a screen of normal density. AppIndicator takes one picture, and this is what most panels show."""
_LARGE_SIZE = 64
"""Pixels, for who scales it down well."""


def platform_backend() -> Backend:
    """pystray's backend for Windows or macOS.

    Raises:
        NoPlaceForIcon: what it needs is missing.
    """
    if sys.platform == "win32":
        import pystray
        from pystray._util import win32  # private in 0.19.5: Windows' calls, for a toast without a sound

        icon_class = standing(_quiet(pystray.Icon), win32)
        return Backend("win32", pystray, icon_class, _LARGE_SIZE, keeps_menu_open=True)
    try:
        import pystray
    except Exception as error:  # ImportError, and what AppKit raises
        log.info("no tray backend darwin: %s: %s", type(error).__name__, error)
        raise NoPlaceForIcon("an icon needs PyObjC, which pystray brings, or use --headless.") from None
    from .pystray_macos import detached

    return Backend("darwin", pystray, detached(_quiet(pystray.Icon)), _LARGE_SIZE, detached=True)


def appindicator() -> Backend:
    """pystray's AppIndicator backend, which falls back to an XEmbed tray by itself.

    Raises:
        NoPlaceForIcon: what it needs is missing; says what to install.
    """
    backend = _backend("appindicator", _APPINDICATOR_SIZE)
    _live_without_bus()
    return backend._replace(icon_class=_silent(backend.icon_class), size=_APPINDICATOR_SIZE * _scale())


def named(name: str) -> Backend:
    """The backend that ``PYSTRAY_BACKEND`` names, on Linux.

    Raises:
        NoPlaceForIcon: it cannot be used, or has no menu.
    """
    if name == "appindicator":
        return appindicator()
    backend = _backend(name, _LARGE_SIZE)
    if not backend.icon_class.HAS_MENU:
        raise NoPlaceForIcon(f"the tray backend {name} has no menu (PYSTRAY_BACKEND): unset it, or use --headless.")
    return backend


def _backend(name: str, size: int) -> Backend:
    from ..statusnotifier.icon import pystray

    try:
        # Private in pystray 0.19.5, which gives out only the one that it was first imported with.
        module = import_module(f"pystray._{name}")
    except Exception as error:  # a backend can raise anything: ImportError, ValueError of gi, Xlib's own
        log.info("no tray backend %s: %s: %s", name, type(error).__name__, error)
        raise NoPlaceForIcon(
            "an icon in a tray of the old kind needs PyGObject and AyatanaAppIndicator3: install python3-gi and "
            "gir1.2-ayatanaappindicator3-0.1 (as Debian and Ubuntu call them), or use --headless."
        ) from None
    return Backend(name, pystray, _quiet(module.Icon), size)


class _NoNotifier:
    def hide(self) -> None:
        """Nothing was shown: toasts are shown elsewhere."""


def _silent(icon_class: Any) -> Any:
    """The class, but without the notifier of pystray 0.19.5, which calls the notification daemon when the icon starts
    and stops: a daemon that does not answer holds up both for half a minute."""

    class SilentIcon(icon_class):  # type: ignore[misc]
        def _initialize(self) -> None:
            self._notifier = _NoNotifier()
            self._mark_ready()

    return SilentIcon


def _quiet(icon_class: Any) -> Any:
    """The class, but without rebuilding the whole menu after each click as pystray 0.19.5 does: that changes nothing
    here, closes a menu that is open again already, and loses a click that is under way.

    That a rebuilt menu closes is noted in https://github.com/moses-palmer/pystray/pull/59.
    """

    class QuietIcon(icon_class):  # type: ignore[misc]
        def _handler(self, callback: Callable[[Any], object]) -> Callable[..., None]:
            def clicked(*_: object) -> None:
                callback(self)

            return clicked

        def __call__(self) -> None:
            if self.menu is not None:
                self.menu(self)

    return QuietIcon


_kept: list[Any] = []


def _live_without_bus() -> None:
    """Keep GLib from ending the process when the session bus goes, as it does by default (``exit-on-close``, seen with
    GLib 2.74). That holds for as long as the connection is kept."""
    from gi.repository import Gio, GLib

    try:
        connection = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    except GLib.Error as error:
        raise NoPlaceForIcon(f"the session bus cannot be used ({error.message}): use --headless.") from None
    connection.set_exit_on_close(False)
    _kept[:] = [connection]


def _scale() -> int:
    """How many pixels a panel of this screen makes of one."""
    from gi.repository import Gdk

    display = Gdk.Display.get_default()
    monitor = display.get_monitor(0) if display is not None else None
    return monitor.get_scale_factor() if monitor is not None else 1
