"""pystray's ``Icon`` over StatusNotifierItem: the class that programs use.

Its methods and attributes may be used from any thread: they record what is to be shown, and the connection's thread
brings the panel up to date, several changes at a time. The menu's callbacks run on that thread too, so they should
leave long work to another one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from .connection import Connection, LogOnce, after_the_answer, logger
from .item import PATH, Item, Look
from .menu_object import MenuObject
from .notification import Notification
from .pictures import Pixmap, check, pixmaps_of
from .pystray_base import BaseIcon
from .watcher import Watcher

Picture = Sequence[Pixmap] | Any
"""One or more :data:`Pixmap`, best in all the sizes that panels show; or an image of Pillow's, as pystray takes it."""


class Icon(BaseIcon):  # type: ignore[misc]
    """An icon in the tray; one for each connection.

    Beyond what pystray's icon does:

    - A left click is the menu's default item; without one it opens the menu.
    - A menu that is open stays open when words, states or visibility of entries change. The menu's callables are
      called when a panel is about to show it, after each click and at :meth:`update_menu`.
    - An item of the menu that is made anew each time may have an attribute ``key``, by which an open menu knows it
      again whatever it says.
    - The icon comes by itself when a panel does, and again after the panel or the bus was restarted, or lost it.
    - Hidden it has the status ``Passive``, which lxqt-panel 1.2 does not heed; it is certainly gone when the connection
      has ended.

    Args:
        name: The program's name for panels, which keep their settings for the icon by it.
        icon: The picture.
        title: A few words that panels show when the mouse is on the icon.
        menu: As pystray has it.
        connection: The session bus, of which the caller stays the owner: started by the caller, after this.
        on_host: Told on the connection's thread whether a panel shows icons: once that is known, and at every change.
        on_menu_open: Told there when the person opens the menu, where the panel says so.
        on_middle_click: Told there when the person clicks the icon with the middle button.
        attention_icon: The picture while :attr:`attention` is on; by default the same.
        tooltip: More words than the title, for panels that show them.
        category: ``ApplicationStatus``, ``Communications``, ``SystemServices`` or ``Hardware``.
        icon_name: A name in the icon theme, see :attr:`icon_name`.
        icon_theme_path: A folder that holds the icon theme with that name, in the layout of the XDG icon theme
            specification.
        kwargs: Options of other backends; without effect.

    Raises:
        ValueError: a picture is neither pixmaps nor an image.
    """

    HAS_DEFAULT_ACTION = True
    HAS_MENU = True
    HAS_MENU_RADIO = True
    HAS_NOTIFICATION = True

    def __init__(
        self,
        name: str,
        icon: Picture | None = None,
        title: str | None = None,
        menu: Any = None,
        *,
        connection: Connection,
        on_host: Callable[[bool], object] | None = None,
        on_menu_open: Callable[[], object] = lambda: None,
        on_middle_click: Callable[[], object] = lambda: None,
        attention_icon: Picture | None = None,
        tooltip: str = "",
        category: str = "ApplicationStatus",
        icon_name: str = "",
        icon_theme_path: str = "",
        **kwargs: Any,
    ) -> None:
        check(icon)
        check(attention_icon)
        super().__init__(name, icon, title, menu, **kwargs)
        self._connection = connection
        self._attention = False
        self._attention_icon = attention_icon
        self._tooltip = tooltip
        self._icon_name = icon_name
        self._icon_number = 0
        self._attention_number = 0
        self._token = ""
        self._begun = False
        self._stopped = threading.Event()
        self._all_read = threading.Event()
        self._renewal_posted = False
        self._menu_stale = False
        # From here on, only the connection's thread.
        self._published = False
        self._not_read_yet = {"picture", "menu"}
        self._drawn: dict[bool, tuple[int, list[Pixmap]]] = {}
        self._once = LogOnce()
        self._watcher = Watcher(connection, PATH, on_host, self._once)
        self._item = Item(
            connection,
            name=name,
            category=category,
            icon_theme_path=icon_theme_path,
            look=self._look(),
            pictures=self._read_picture,
            has_default=self._has_default,
            on_activate=self._activated,
            on_middle_click=lambda: after_the_answer(connection, lambda: self._act(on_middle_click)),
            on_token=self._token_came,
            once=self._once,
        )
        self._menu_object = MenuObject(
            connection,
            self._read_menu,
            self._clicked,
            lambda: after_the_answer(connection, lambda: self._act(on_menu_open)),
            self._once,
        )
        self._notification = Notification(connection, name, self._once)

    def __del__(self) -> None:
        """Nothing: the connection holds what is on the bus, and releases it when it ends."""

    # --- what it shows ----------------------------------------------------------------------------------------------

    @property
    def icon(self) -> Any:
        """The picture. An empty one hides the icon.

        Raises:
            ValueError: when set to what is neither pixmaps nor an image.
        """
        return self._icon

    @icon.setter
    def icon(self, value: Any) -> None:
        check(value)
        # An image may have been drawn on since.
        if not isinstance(value, list) or value != self._icon:
            self._icon_number += 1
        BaseIcon.icon.fset(self, value)

    @property
    def attention(self) -> bool:
        """Whether the icon wants the person's attention: panels show it then even where they hide icons."""
        return self._attention

    @attention.setter
    def attention(self, value: bool) -> None:
        self._attention = bool(value)
        self._renew()

    @property
    def attention_icon(self) -> Any:
        """The picture while :attr:`attention` is on; ``None`` for the same as otherwise.

        Raises:
            ValueError: when set to what is neither pixmaps nor an image.
        """
        return self._attention_icon

    @attention_icon.setter
    def attention_icon(self, value: Any) -> None:
        check(value)
        self._attention_icon = value
        self._attention_number += 1
        self._renew()

    @property
    def tooltip(self) -> str:
        """More words than the title."""
        return self._tooltip

    @tooltip.setter
    def tooltip(self, value: str) -> None:
        self._tooltip = value
        self._renew()

    @property
    def icon_name(self) -> str:
        """A name in the icon theme, or the path of a file: panels take it in place of the picture where they find it.
        Some draw it at their very size where they would scale the largest picture down. Empty for none."""
        return self._icon_name

    @icon_name.setter
    def icon_name(self, value: str) -> None:
        self._icon_name = value
        self._renew()

    @property
    def host(self) -> bool | None:
        """Whether a panel shows icons now; ``None`` until it is known."""
        return self._watcher.host

    def take_activation_token(self) -> str:
        """What the panel gave for the click that is being told; empty without one, and when it was taken.

        A program that is started with it as ``XDG_ACTIVATION_TOKEN`` and ``DESKTOP_STARTUP_ID`` may take the focus. The
        desktop may show a busy pointer until that program, or whoever knows the token, says that it has come.
        """
        token, self._token = self._token, ""
        return token

    # --- running ----------------------------------------------------------------------------------------------------

    def run(self, setup: Callable[[Any], object] | None = None) -> None:
        """Show the icon and wait for :meth:`stop`. All work is done on the connection's thread.

        Args:
            setup: Called with the icon in a thread of its own, as pystray does it, since it may go on for long; it
                must make the icon visible. Without it the icon becomes visible, and there is no such thread.
        """
        self.run_detached(setup)
        try:
            self._stopped.wait()
        finally:
            self.stop()

    def run_detached(self, setup: Callable[[Any], object] | None = None) -> None:
        """Show the icon as soon as the connection is there; does not wait.

        Args:
            setup: As for :meth:`run`.
        """
        if self._begun or self._stopped.is_set():
            return
        self._begun = True
        self._mark_ready()
        if setup is None:
            self.visible = True
        else:
            threading.Thread(target=self._set_up, args=(setup,), name=f"{self._name} set-up", daemon=True).start()

    def wait_until_read(self, timeout: float) -> bool:
        """Wait until a panel has read the picture and the menu, which is when it draws the icon.

        A program that has much to do at its start shows its icon sooner if it waits with that: Python's threads take
        turns of up to 5 ms, and several calls are answered until the icon is there.

        Args:
            timeout: Seconds.

        Returns:
            Whether one has.
        """
        return self._all_read.wait(timeout)

    def stop(self) -> None:
        """Take the icon away and end :meth:`run`; for good. Does not wait.

        Before :meth:`run` it is remembered, and :meth:`run` returns at once.
        """
        self._stopped.set()
        self._running = False
        self._visible = False
        self._renew()

    def _mark_ready(self) -> None:
        self._running = True
        self._renew()

    def _set_up(self, setup: Callable[[Any], object]) -> None:
        try:
            setup(self)
        except Exception:
            logger().exception("the icon's set-up failed")

    # --- what pystray's base class calls ----------------------------------------------------------------------------

    def _show(self) -> None:
        self._visible = True
        self._renew()

    def _hide(self) -> None:
        self._visible = False
        self._renew()

    def _update_icon(self) -> None:
        self._icon_valid = True
        self._renew()

    def _update_title(self) -> None:
        self._renew()

    def _update_menu(self) -> None:
        self._menu_stale = True
        self._renew()

    def _notify(self, message: str, title: str | None = None) -> None:
        words = title or self._title

        def show() -> None:
            pictures = self._pictures(False)
            self._notification.show(words, message, pictures[-1] if pictures else None)

        self._connection.post(show)

    def _remove_notification(self) -> None:
        self._connection.post(self._notification.remove)

    # --- on the connection's thread ---------------------------------------------------------------------------------

    def _renew(self) -> None:
        """Bring the panel up to date, soon. From any thread."""
        if not self._renewal_posted:  # two threads may both see this, which costs one look too many
            self._renewal_posted = True
            if not self._connection.post(self._up_to_date):
                self._renewal_posted = False

    def _up_to_date(self) -> None:
        self._renewal_posted = False  # before looking, or a change that comes now would wait for the next one
        if self._menu_stale:
            self._menu_stale = False
            self._menu_object.renew()
        self._item.show(self._look())
        visible = self._visible and self._running
        if visible and not self._published:
            self._watcher.register()
        elif self._published and not visible:
            self._watcher.unregister()
        self._published = visible

    def _look(self) -> Look:
        return Look(
            self._visible and self._running,
            self._attention,
            str(self._title),
            str(self._tooltip),
            self._icon_number,
            # Without a picture of its own, a new picture is new there too.
            self._attention_number if self._attention_icon else -1 - self._icon_number,
            str(self._icon_name),
        )

    def _read_picture(self, attention: bool) -> list[Pixmap]:
        self._was_read("picture")
        return self._pictures(attention)

    def _read_menu(self) -> Any:
        self._was_read("menu")
        return self._menu

    def _was_read(self, what: str) -> None:
        self._not_read_yet.discard(what)
        if not self._not_read_yet:
            self._all_read.set()

    def _pictures(self, attention: bool) -> list[Pixmap]:
        picture, number = self._icon, self._icon_number
        if attention and self._attention_icon:
            picture, number = self._attention_icon, -1 - self._attention_number
        drawn = self._drawn.get(attention)
        if drawn is None or drawn[0] != number:
            try:
                drawn = number, pixmaps_of(picture)
            except Exception:  # Pillow raises many kinds
                self._once.exception("picture", "the icon's picture cannot be used")
                drawn = number, []
            self._drawn[attention] = drawn
        return drawn[1]

    def _has_default(self) -> bool:
        return self._menu is not None and any(item.default for item in self._menu.items)

    def _activated(self) -> None:
        after_the_answer(self._connection, lambda: self._act(self))

    def _clicked(self, item: Any) -> None:
        after_the_answer(self._connection, lambda: self._act(lambda: item(self)))

    def _act(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception:
            logger().exception("a click on the icon or its menu failed")
        self.update_menu()

    def _token_came(self, token: str) -> None:
        self._token = token
