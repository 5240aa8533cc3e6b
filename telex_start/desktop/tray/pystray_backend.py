"""The tray icon by pystray's own backends: Windows, macOS, and on Linux AppIndicator, which falls back to XEmbed trays.

The icon runs on a thread named "tray" (on macOS entirely on the main thread). The backend is chosen by name: left to
itself, pystray chooses at import, takes a backend without a menu if it can import no better one, and can hang when the
desktop lacks something. All workarounds here, and all private names of pystray used here, are for pystray 0.19.5.
"""

from __future__ import annotations

import ctypes
import io
import logging
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from ...errors import NoPlaceForIcon
from ...events import Event, IconMiddleClicked, MenuOpened, ThreadFailed
from ...states import State
from ...tray_view import TrayView
from .menu import import_pystray, make_menu

log = logging.getLogger(__name__)

_READY_WITHIN = 5.0
"""Seconds that the first toast waits for the icon."""
_APPINDICATOR_SIZE = 22
"""Pixels, on a screen of normal density. AppIndicator takes one picture, and this is what most panels show."""
_LARGE_SIZE = 64
"""Pixels, for systems that scale the picture down well."""
_MENU_BAR_POINTS = 18.0
"""Width and height of the picture on macOS: what most icons in the menu bar have."""

# Constants of the Windows API.
_RIGHT_BUTTON_UP = 0x205
_MIDDLE_BUTTON_UP = 0x208
_TOAST_GONE, _TOAST_CLICKED = 0x404, 0x405  # NIN_BALLOONTIMEOUT, NIN_BALLOONUSERCLICK
_MODIFY = 1
_INFO = 0x10
_OUR_OWN_ICON, _LARGE_ICON, _NO_SOUND = 0x4, 0x20, 0x10


class Backend(NamedTuple):
    """How the icon is made."""

    icon_class: Any
    """The class of the icon, in place of ``pystray.Icon``."""
    size: int
    """Width and height of the picture, in pixels."""
    detached: bool = False
    """All work on the icon is done on the main thread, which runs the loop of events (see ``desktop/macos.py``)."""
    keeps_menu_open: bool = False
    """An open menu stays open when the view changes."""


class PystrayTray:
    """One icon, made with a backend of pystray.

    Args:
        backend: How it is made.
        view: The view that is shown first.
        tell: Gets the events (clicks, a failure), on the tray's thread.
        shown: Called when the icon is shown, on pystray's thread for the set-up.
    """

    def __init__(
        self, backend: Backend, view: TrayView, tell: Callable[[Event], object], shown: Callable[[], object]
    ) -> None:
        self._backend = backend
        self._tell = tell
        self._shown = shown
        self._lock = threading.Lock()
        self._wanted = self._view = view
        self._visible = False
        self._stopping = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)
        self._icon: Any = None

    @property
    def keeps_menu_open(self) -> bool:
        """Whether an open menu stays open when the view changes."""
        return self._backend.keeps_menu_open

    def start(self) -> None:
        """Show the icon; does not wait for it. If it is detached, all but :meth:`notify` is for the main thread."""
        if self._backend.detached:
            icon = self._make_icon()
            # pystray calls the set-up that it is given on another thread, and AppKit is for the main thread.
            icon.run_detached(lambda _: None)
            self._set_up(icon)
        else:
            self._thread.start()

    def show(self, view: TrayView) -> None:
        """Show this view. From any thread."""
        with self._lock:
            self._wanted = view
            if self._visible and not self._stopping:
                self._renew()

    def notify(self, title: str, body: str, without_sound: bool, heard: Callable[[bool], object]) -> None:
        """Show a toast at the icon; waits for an icon that is not shown yet. From any thread but main.

        Args:
            title: At most 63 UTF-16 units, which is what Windows takes.
            body: At most 255 UTF-16 units.
            without_sound: The toast makes no sound; on Windows.
            heard: On Windows, called on the tray's thread: ``True`` if a toast was clicked, ``False`` if it has gone.

        Raises:
            RuntimeError: there is no icon now, or it cannot show toasts.
        """
        self._ready.wait(_READY_WITHIN)
        with self._lock:
            if not self._visible or self._stopping or not getattr(self._icon, "HAS_NOTIFICATION", False):
                raise RuntimeError("no icon to show a toast at")
            self._icon.without_sound, self._icon.on_toast = without_sound, heard  # read by the class for Windows
            self._icon.notify(body, title)

    def stop(self, timeout: float) -> bool:
        """Take the icon away.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether the icon is gone and its thread has ended.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            self._stopping = True
        # A stop before the loop of pystray 0.19.5 has begun would be lost (see moses-palmer/pystray#125).
        if self._ready.wait(timeout):
            self._icon.stop()
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        return self._ready.is_set() and not self._thread.is_alive()

    # The tray's thread.

    def _run(self) -> None:
        try:
            self._make_icon().run(self._set_up)
            if not self._stopping:
                raise RuntimeError("pystray's loop ended by itself")  # pystray logs why, and returns
        except Exception as error:
            log.exception("the tray failed")
            if not self._stopping:
                self._tell(ThreadFailed("tray", type(error).__name__))
            # In pystray 0.19.5 the thread for the set-up waits for ever if the loop never began, and would hold up
            # the exit (moses-palmer/pystray#97).
            with suppress(Exception):
                self._icon._mark_ready()

    def _make_icon(self) -> Any:
        menu = make_menu(lambda: self._view, self._tell)
        self._icon = self._backend.icon_class("telex-start", self._picture(self._view), self._view.short_title, menu)
        # Used only by the icon classes that report these events.
        self._icon.on_open = lambda: self._tell(MenuOpened())
        self._icon.on_middle_click = lambda: self._tell(IconMiddleClicked())
        return self._icon

    def _set_up(self, icon: Any) -> None:
        """pystray calls this on a thread of its own when its loop runs, unless the icon is detached."""
        icon.visible = True
        with self._lock:
            self._visible = True
            self._renew()
        self._ready.set()
        self._shown()

    def _renew(self) -> None:
        """Renew all that differs, in one go. Called with the lock held.

        With pystray 0.19.5 and AppIndicator each renewal closes an open menu (moses-palmer/pystray#59).
        """
        old, new = self._view, self._wanted
        if old == new:
            return
        self._view = new
        if old.look != new.look:
            self._icon.icon = self._picture(new)
        self._icon.title = new.short_title
        if old._replace(unread=new.unread, words=new.words, quiet=new.quiet) != new:
            self._icon.update_menu()

    def _picture(self, view: TrayView) -> Any:
        from .. import icons

        return icons.draw(State(view.state), view.unread, self._backend.size, view.quiet)


def platform_backend() -> Backend:
    """pystray's backend for Windows or macOS.

    Raises:
        NoPlaceForIcon: a library that the backend needs is missing.
    """
    if sys.platform == "win32":
        pystray = import_pystray()
        from pystray._util import win32  # private in 0.19.5: calls of Windows, for a toast without a sound

        return Backend(standing(_quiet(pystray.Icon), win32), _LARGE_SIZE, keeps_menu_open=True)
    try:
        pystray = import_pystray()
    except Exception as error:  # ImportError, and what AppKit raises
        log.info("no tray backend darwin: %s: %s", type(error).__name__, error)
        raise NoPlaceForIcon("an icon needs PyObjC, which pystray brings, or use --headless.") from None
    return Backend(_detached(_quiet(pystray.Icon)), _LARGE_SIZE, detached=True)


def appindicator() -> Backend:
    """pystray's AppIndicator backend, which falls back to an XEmbed tray by itself.

    Raises:
        NoPlaceForIcon: a library that the backend needs is missing; says what to install.
    """
    import_pystray()
    try:
        # Private in pystray 0.19.5, which makes public only the backend that it was first imported with.
        module = import_module("pystray._appindicator")
    except Exception as error:  # a backend can raise anything: ImportError, ValueError of gi, Xlib's own
        log.info("no tray backend appindicator: %s: %s", type(error).__name__, error)
        raise NoPlaceForIcon(
            "an icon in a tray of the old kind needs PyGObject and AyatanaAppIndicator3: install python3-gi and "
            "gir1.2-ayatanaappindicator3-0.1 (as Debian and Ubuntu call them), or use --headless."
        ) from None
    _live_without_bus()
    return Backend(_silent(_quiet(module.Icon)), _APPINDICATOR_SIZE * _scale())


class _NoNotifier:
    def hide(self) -> None:
        """Does nothing: toasts are shown elsewhere."""


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
    """Keep GLib from ending the process when the session bus goes, as GLib does by default (``exit-on-close``, seen
    with GLib 2.74). The setting holds for as long as the connection is kept."""
    from gi.repository import Gio, GLib

    try:
        connection = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    except GLib.Error as error:
        raise NoPlaceForIcon(f"the session bus cannot be used ({error.message}): use --headless.") from None
    connection.set_exit_on_close(False)
    _kept[:] = [connection]


def _scale() -> int:
    """The scale of the first monitor: pixels for one pixel of a screen of normal density."""
    from gi.repository import Gdk

    display = Gdk.Display.get_default()
    monitor = display.get_monitor(0) if display is not None else None
    return monitor.get_scale_factor() if monitor is not None else 1


def standing(icon_class: Any, win32: Any) -> Any:
    """The class for Windows, with a menu that stays open and toasts of its own.

    Its callbacks: ``on_open`` before the menu is made, ``on_middle_click``, and ``on_toast`` (``True``: a toast was
    clicked; ``False``: it has gone by itself).

    pystray rebuilds the menu at every update, on the thread of that update, and destroys the old menu even if it is
    open. This class builds the menu when it is opened, on the icon's thread, and keeps it until it is opened again.

    Args:
        icon_class: ``pystray._win32.Icon``, or a subclass.
        win32: ``pystray._util.win32``.
    """

    class StandingIcon(icon_class):  # type: ignore[misc]
        _menu_handle = None
        _menu_is_open = False
        on_open: Callable[[], object] = staticmethod(lambda: None)
        on_middle_click: Callable[[], object] = staticmethod(lambda: None)
        on_toast: Callable[[bool], object] = staticmethod(lambda clicked: None)
        without_sound = False
        """Toasts make no sound, from the next one on."""

        def _update_menu(self) -> None:
            """Does nothing: the menu is made when it is opened."""

        def _on_notify(self, wparam: int, lparam: int) -> Any:
            if lparam == _MIDDLE_BUTTON_UP:
                self.on_middle_click()
                return None
            if lparam in (_TOAST_GONE, _TOAST_CLICKED):
                self.on_toast(lparam == _TOAST_CLICKED)
                return None
            if lparam != _RIGHT_BUTTON_UP:
                return super()._on_notify(wparam, lparam)
            if self._menu_is_open:  # the messages of the icon come while a menu is open, too
                return None
            self._menu_is_open = True
            try:
                self.on_open()
                super()._update_menu()
                return super()._on_notify(wparam, lparam)
            finally:
                self._menu_is_open = False

        def _create_menu_item(self, descriptor: Any, callbacks: list[Any]) -> Any:
            made = super()._create_menu_item(descriptor, callbacks)
            if made.dwTypeData:  # an ampersand marks the next letter as an access key
                made.dwTypeData = made.dwTypeData.replace("&", "&&")
            return made

        def _message(self, code: int, flags: int, **fields: Any) -> bool:
            """Send the tray a message, as pystray does; returns whether the tray has taken it."""
            size = ctypes.sizeof(win32.NOTIFYICONDATAW)
            data = win32.NOTIFYICONDATAW(cbSize=size, hWnd=self._hwnd, uFlags=flags, **fields)
            return bool(win32.Shell_NotifyIcon(code, data))

        def _notify(self, message: str, title: str | None = None) -> None:
            """Show a toast at the icon, with the icon's picture.

            Raises:
                RuntimeError: the tray does not take it.
            """
            if not self._message(
                _MODIFY,
                _INFO,
                szInfo=message,
                szInfoTitle=title or self.title,
                dwInfoFlags=_OUR_OWN_ICON | _LARGE_ICON | (_NO_SOUND if self.without_sound else 0),
                hBalloonIcon=self._icon_handle,
            ):
                raise RuntimeError("the tray takes no toast")

    return StandingIcon


def _detached(icon_class: Any) -> Any:
    """The class for macOS, for a loop of events that is not pystray's own.

    pystray shrinks the picture to as many pixels as the menu bar has points, a quarter of those of a sharp screen, and
    takes the icon away only when its own loop ends.

    Args:
        icon_class: ``pystray._darwin.Icon``, or a subclass.
    """
    from .. import macos

    class DetachedIcon(icon_class):  # type: ignore[misc]
        _icon_image: Any

        def _assert_image(self) -> None:
            if self._icon_image is None:
                png = io.BytesIO()
                self._icon.save(png, "png")
                self._icon_image = macos.picture(png.getvalue(), min(_MENU_BAR_POINTS, self._status_bar.thickness()))
                self._status_item.button().setImage_(self._icon_image)

        def _stop(self) -> None:
            self._status_bar.removeStatusItem_(self._status_item)

    return DetachedIcon
