"""A pystray backend for Linux without GTK: StatusNotifierItem and dbusmenu, served straight over D-Bus.

The connection to the session bus is the caller's, so the icon needs no thread of its own. It comes to the screen in two
steps: an item (:mod:`.item`), which needs no pystray, and while the panel draws it, pystray's icon with its menu
(:mod:`.icon`, :mod:`.menu`)::

    item = Item(bus, name="example", title="Example", pictures=[(16, 16, argb)])
    bus.start()
    item.wait_until_read(0.1)

    from .icon import Icon, pystray

    icon = Icon(item, pystray.Menu(pystray.MenuItem("Exit", lambda icon: icon.stop())))
    icon.visible = True
"""
