"""A pystray backend for Linux without GTK: StatusNotifierItem and dbusmenu, served straight over D-Bus.

It is used as pystray is, but for the connection to the session bus, which the caller provides: so the icon needs no
thread of its own, and the program can use the same connection for other things::

    from statusnotifier import Icon, Menu, MenuItem

    bus = ...  # anything that satisfies Connection
    menu = Menu(MenuItem("Exit", lambda icon: icon.stop()))
    icon = Icon("example", [(16, 16, argb)], "Example", menu, connection=bus)
    bus.start()
    icon.run()  # or icon.run_detached()

What may be imported: :class:`Icon`; pystray's own ``Menu`` and ``MenuItem``; :class:`Watcher`, which tells whether
there is a panel that shows icons; and the types :class:`Connection` and :data:`Pixmap`.

Modules, from the ground up: :mod:`.connection` (what is asked of the bus), :mod:`.served` (an object on the bus),
:mod:`.pictures`, :mod:`.layout` (pystray's menu as dbusmenu's tree), :mod:`.menu_object`, :mod:`.item`,
:mod:`.watcher`, :mod:`.notification`, :mod:`.pystray_base`, :mod:`.icon`.
"""

from .connection import Connection
from .icon import Icon
from .pictures import Pixmap
from .pystray_base import Menu, MenuItem
from .watcher import Watcher

__all__ = ["Connection", "Icon", "Menu", "MenuItem", "Pixmap", "Watcher"]
