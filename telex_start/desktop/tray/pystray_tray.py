"""The icon by one of pystray's own backends, on a thread named "tray" (macOS: on the main thread, all of it).

Windows and macOS; on Linux AppIndicator, for a desktop that has but an old-style (XEmbed) tray.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from ...events import Event, ThreadFailed
from ...face import Face
from ...states import State
from .menu import make_menu, tell_middle_click, tell_opened

log = logging.getLogger(__name__)

_READY_WITHIN = 5.0
"""Seconds that the first toast waits for the icon."""


class Backend(NamedTuple):
    """What the icon is made with."""

    name: str
    classes: Any
    """Has pystray's ``Menu`` and ``MenuItem``."""
    icon_class: Any
    """What to make the icon with in place of ``pystray.Icon``."""
    size: int
    """Of the picture, in pixels."""
    detached: bool = False
    """All of it is done on the main thread, which runs the icon's loop (see ``desktop/macos.py``)."""
    keeps_menu_open: bool = False
    """An open menu stays open when the face changes."""


class PystrayTray:
    """One icon.

    Args:
        backend: What it is made with.
        face: What is shown first.
        tell: Gets the clicks, on the tray's thread.
        shown: Called when the icon is shown, on pystray's thread for the set-up.
    """

    def __init__(
        self, backend: Backend, face: Face, tell: Callable[[Event], object], shown: Callable[[], object]
    ) -> None:
        self._backend = backend
        self._tell = tell
        self._shown = shown
        self._lock = threading.Lock()
        self._wanted = self._face = face
        self._visible = False
        self._stopping = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)
        self._icon: Any = None

    @property
    def keeps_menu_open(self) -> bool:
        """Whether an open menu stays open when the face changes."""
        return self._backend.keeps_menu_open

    def start(self) -> None:
        """Show the icon; does not wait for it. Where it is detached, all but :meth:`notify` is for the main thread."""
        if self._backend.detached:
            icon = self._make_icon()
            # What pystray does at once is on a thread of its own, and AppKit is for the main one.
            icon.run_detached(lambda _: None)
            self._set_up(icon)
        else:
            self._thread.start()

    def show(self, face: Face) -> None:
        """Show this face. From any thread."""
        with self._lock:
            self._wanted = face
            if self._visible and not self._stopping:
                self._renew()

    def notify(self, title: str, body: str, without_sound: bool = False) -> None:
        """Show a toast at the icon; one that is not shown yet is waited for. From any thread but main.

        Args:
            title: At most 63 UTF-16 units, which is what Windows takes.
            body: At most 255 UTF-16 units.
            without_sound: It makes none; on Windows.

        Raises:
            RuntimeError: there is no icon now, or it cannot do that.
        """
        self._ready.wait(_READY_WITHIN)
        with self._lock:
            if not self._visible or self._stopping or not getattr(self._icon, "HAS_NOTIFICATION", False):
                raise RuntimeError("no icon to show a toast at")
            self._icon.without_sound = without_sound  # heeded by the one for Windows
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

    # --- the tray's thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._make_icon().run(self._set_up)
            if not self._stopping:
                raise RuntimeError("pystray's loop ended by itself")  # pystray logs why, and returns
        except Exception as error:
            log.exception("the tray failed")
            if not self._stopping:
                self._tell(ThreadFailed("tray", type(error).__name__))
            # In pystray 0.19.5 the thread for the set-up waits for ever where the loop never began, and would hold up
            # the exit (moses-palmer/pystray#97).
            with suppress(Exception):
                self._icon._mark_ready()

    def _make_icon(self) -> Any:
        menu = make_menu(self._backend.classes, lambda: self._face, self._tell)
        self._icon = self._backend.icon_class("telex-start", self._picture(self._face), self._face.short_title, menu)
        # For those that tell these.
        self._icon.on_open = lambda: tell_opened(self._tell)
        self._icon.on_middle_click = lambda: tell_middle_click(self._tell)
        return self._icon

    def _set_up(self, icon: Any) -> None:
        """pystray calls this on a thread of its own when its loop runs, unless it is detached."""
        icon.visible = True
        with self._lock:
            self._visible = True
            self._renew()
        self._ready.set()
        self._shown()

    def _renew(self) -> None:
        """Renew what differs, together. Called with the lock held.

        With pystray 0.19.5 and AppIndicator each renewal closes an open menu (moses-palmer/pystray#59).
        """
        old, new = self._face, self._wanted
        if old == new:
            return
        self._face = new
        if (old.state, old.unread, old.quiet) != (new.state, new.unread, new.quiet):
            self._icon.icon = self._picture(new)
        self._icon.title = new.short_title
        if old._replace(unread=new.unread, words=new.words, quiet=new.quiet) != new:
            self._icon.update_menu()

    def _picture(self, face: Face) -> Any:
        from .. import icons

        return icons.draw(State(face.state), face.unread, self._backend.size, face.quiet)
