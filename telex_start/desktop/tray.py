"""The icon in the tray, its title and its menu.

pystray's loop runs on a thread of its own, named "tray". Its callbacks do one thing: put an event on the dispatch
queue. :meth:`Tray.show` may be called from any thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..events import Event, IconClicked, MenuClicked, MenuItem, ThreadFailed, TrayAppeared, TrayMissing
from ..face import Face
from . import tray_backend

log = logging.getLogger(__name__)

_NAME = "telex-start"


class Tray:
    """One icon.

    Args:
        dispatch: Where events go: :class:`MenuClicked`, :class:`IconClicked`, :class:`TrayAppeared`,
            :class:`TrayMissing`, :class:`ThreadFailed`. Called from several threads.
        face: What is shown first.
        patience: Seconds without a tray after which :class:`TrayMissing` is told.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], face: Face, *, patience: float = tray_backend.PATIENCE
    ) -> None:
        self._dispatch = dispatch
        self._patience = patience
        self._lock = threading.Lock()
        self._face = face
        self._shown = face
        self._backend: tray_backend.Backend | None = None
        self._icon: Any = None
        self._visible = False
        self._stopping = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)
        self._hosted: bool | None = None

    def start(self) -> None:
        """Show the icon as soon as the desktop takes it. Does not wait for that; events tell.

        Raises:
            NoPlaceForIcon: there is nowhere to put an icon with a menu; says what to install or to do.
        """
        self._backend = tray_backend.choose(patience=self._patience)
        if self._backend.watch is not None:
            self._backend.watch(self._host_changed)
        else:
            self._hosted = True
        if self._backend.detached:
            self._make_icon().run_detached(self._set_up)
        else:
            self._thread.start()

    def show(self, face: Face) -> None:
        """Show this face; does nothing where it is shown already. From any thread."""
        with self._lock:
            self._face = face
            if self._visible and not self._stopping:
                self._renew()

    def notify(self, title: str, body: str) -> None:
        """Show a toast at the icon, on Windows and macOS, where nothing better can. From any thread.

        Args:
            title: At most 63 UTF-16 units, which is what Windows takes.
            body: At most 255 UTF-16 units.

        Raises:
            RuntimeError: there is no icon now, or it cannot do that.
        """
        with self._lock:
            if not self._visible or self._stopping or not getattr(self._icon, "HAS_NOTIFICATION", False):
                raise RuntimeError("no icon to show a toast at")
            self._icon.notify(body, title)

    def stop(self, timeout: float) -> bool:
        """Take the icon away; after that nothing is dispatched any more.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether the icon is gone and its thread has ended.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            self._stopping = True
        if self._backend is None:
            return True
        # A stop before pystray's loop has begun would be lost.
        if self._ready.wait(timeout):
            self._icon.stop()
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        self._backend.close()
        return self._ready.is_set() and not self._thread.is_alive()

    # --- the tray's thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._make_icon().run(self._set_up)
            if not self._stopping:
                raise RuntimeError("pystray's loop ended by itself")  # it logs why, and returns
        except Exception as error:
            log.exception("the tray failed")
            self._tell(ThreadFailed("tray", type(error).__name__))
            # pystray's thread for the set-up waits for ever where the loop never began, and would hold up the exit.
            with suppress(Exception):
                self._icon._mark_ready()

    def _make_icon(self) -> Any:
        assert self._backend is not None
        with self._lock:
            self._shown = self._face
        icon = self._backend.icon_class(_NAME, self._picture(self._shown), self._shown.title, self._make_menu())
        self._icon = icon
        return icon

    def _set_up(self, icon: Any) -> None:
        """pystray calls this on a thread of its own when its loop runs."""
        icon.visible = True
        with self._lock:
            self._visible = True
            self._renew()
            appeared = self._hosted is True
        self._ready.set()
        if appeared:
            self._tell(TrayAppeared())

    def _host_changed(self, there: bool) -> None:
        with self._lock:
            self._hosted = there
            appeared = there and self._visible
        if appeared:
            self._tell(TrayAppeared())
        elif not there:
            self._tell(TrayMissing())

    def _tell(self, event: Event) -> None:
        if not self._stopping:
            self._dispatch(event)

    # --- what it shows ----------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        """Renew what differs, together: a panel may close an open menu at each renewal. Called with the lock held."""
        old, new = self._shown, self._face
        self._shown = new
        if (old.state, old.unread) != (new.state, new.unread):
            self._icon.icon = self._picture(new)
        self._icon.title = new.title
        if (old.status, old.state) != (new.status, new.state):
            self._icon.update_menu()

    def _picture(self, face: Face) -> Any:
        assert self._backend is not None
        return self._backend.picture(face.state, face.unread)

    def _make_menu(self) -> Any:
        """The menu. Its callables are called on the tray's thread and read one immutable value, the shown face."""
        assert self._backend is not None
        pystray = self._backend.pystray

        def clicked() -> None:
            self._tell(IconClicked())

        def item(which: MenuItem, **when: Callable[[Any], bool]) -> Any:
            return pystray.MenuItem(which.value, lambda: self._tell(MenuClicked(which)), **when)

        return pystray.Menu(
            # What a click on the icon itself does, where the backend knows that; in no menu.
            pystray.MenuItem("", clicked, default=True, visible=False),
            pystray.MenuItem(lambda _: self._shown.status, None, enabled=False),
            pystray.Menu.SEPARATOR,
            item(MenuItem.LOGIN, enabled=lambda _: not self._shown.signed_in),
            item(MenuItem.RECONNECT_NOW, visible=lambda _: self._shown.reconnecting),
            pystray.Menu.SEPARATOR,
            item(MenuItem.OPEN_MAIN_APP),
            item(MenuItem.CLOSE_MAIN_APP),
            pystray.Menu.SEPARATOR,
            item(MenuItem.TEST_NOTIFICATIONS),
            pystray.Menu.SEPARATOR,
            item(MenuItem.SIGN_OUT, visible=lambda _: self._shown.signed_in),
            item(MenuItem.EXIT),
        )
