"""pystray's icon on Windows (0.19.5), with a menu that stays open and toasts of its own. Pure but for its base class.

pystray makes the menu anew at every update, on whatever thread that comes from, and destroys the one before, be it open
or not. Here it is made when it is opened, on the icon's thread, and lives until it is opened again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

_RIGHT_BUTTON_UP = 0x205
_MIDDLE_BUTTON_UP = 0x208
_MODIFY = 1
_INFO = 0x10
_OUR_OWN_ICON, _LARGE_ICON, _NO_SOUND = 0x4, 0x20, 0x10


def standing(icon_class: Any, win32: Any) -> Any:
    """The class with these changes, and two callbacks: ``on_open`` before its menu is made, and ``on_middle_click``.

    Args:
        icon_class: ``pystray._win32.Icon``, or a class of it.
        win32: ``pystray._util.win32``.
    """

    class StandingIcon(icon_class):  # type: ignore[misc]
        _menu_handle = None
        _menu_is_open = False
        on_open: Callable[[], object] = staticmethod(lambda: None)
        on_middle_click: Callable[[], object] = staticmethod(lambda: None)
        without_sound = False
        """Toasts make none, from the next one on."""

        def _update_menu(self) -> None:
            """The next menu is made when it is opened."""

        def _on_notify(self, wparam: int, lparam: int) -> Any:
            if lparam == _MIDDLE_BUTTON_UP:
                self.on_middle_click()
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
            """As pystray does it; whether the tray has taken it."""
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
