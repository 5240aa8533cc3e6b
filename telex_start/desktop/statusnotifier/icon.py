"""A backend of pystray, over an :class:`.item.Item` that is on the bus already.

The menu's callbacks run on the bus's thread, so they should leave long work to another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .item import ACTIVE, NEEDS_ATTENTION, Item
from .menu import MenuObject
from .served import after_the_answer

__all__ = ["Icon", "pystray"]

# With itself, pystray 0.19.5 imports a backend, which brings GTK, AppIndicator or Xlib where they are installed. Its
# environment variable names the dummy instead, for as long as it is imported.
_own = os.environ.get("PYSTRAY_BACKEND")
os.environ["PYSTRAY_BACKEND"] = "dummy"
try:
    import pystray
finally:
    if _own is None:
        del os.environ["PYSTRAY_BACKEND"]
    else:
        os.environ["PYSTRAY_BACKEND"] = _own


class Icon(pystray.Icon):  # type: ignore[misc]
    """pystray's icon. For one thread at a time.

    - It is shown once :attr:`visible` is set, and until :meth:`stop`; there is no loop to run.
    - A click on the icon itself is told by the item, not by the menu's default item.
    - A menu that is open stays open when words, states or visibility of entries change. The menu's callables are
      called when a panel is about to show it, after each click and at :meth:`update_menu`.
    - An item of the menu that is made anew each time may have an attribute ``key``, by which an open menu knows it
      again whatever it says.

    Args:
        item: The item on the bus: name, title and picture are its own.
        menu: As pystray has it.
        on_menu_open: Told on the bus's thread when the person opens the menu, where the panel says so.

    Attributes:
        attention: The icon wants the person's attention, from the next change on: panels show it then even where they
            hide icons.
    """

    HAS_DEFAULT_ACTION = False
    HAS_NOTIFICATION = False

    def __init__(self, item: Item, menu: Any, on_menu_open: Callable[[], object] = lambda: None) -> None:
        title, pictures, _ = item.wanted
        super().__init__(item.name, pictures, title, menu)
        self.attention = False
        self._item = item
        bus = item.bus
        self._menu_object = MenuObject(
            bus,
            lambda: self.menu,
            lambda chosen: after_the_answer(bus, self._handler(chosen)),
            lambda: after_the_answer(bus, on_menu_open),
            item.once,
        )
        item.serve_menu(self._menu_object.answer)

    def stop(self) -> None:
        """Take the icon away, for good. Does not wait."""
        self._item.stop()

    # --- what pystray asks of a backend -----------------------------------------------------------------------------

    def _show(self) -> None:
        self._item.show(self.title, self.icon, NEEDS_ATTENTION if self.attention else ACTIVE)

    def _hide(self) -> None:
        self._item.stop()  # pystray does this when the icon is freed, too

    def _update_icon(self) -> None:
        self._show()

    def _update_title(self) -> None:
        self._show()

    def _update_menu(self) -> None:
        self._item.bus.post(self._menu_object.renew)
