"""A pystray backend for Linux without GTK: StatusNotifierItem and dbusmenu, served straight over D-Bus.

The connection to the session bus is the caller's, so the icon needs no thread of its own, and the program can use the
same connection for other things. The icon comes to the screen in two steps: an item, which needs no pystray, and while
the panel draws it, pystray's icon with its menu::

    bus = ...  # anything that satisfies Connection
    item = Item(bus, name="example", title="Example", pictures=[(16, 16, argb)])
    bus.start()
    item.wait_until_read(0.1)

    from statusnotifier.icon import Icon, pystray

    menu = pystray.Menu(pystray.MenuItem("Exit", lambda icon: icon.stop()))
    icon = Icon(item, "example", [(16, 16, argb)], "Example", menu)
    icon.visible = True

Modules, from the ground up: :mod:`.connection` (what is asked of the bus), :mod:`.served` (an object on the bus),
:mod:`.watcher` (the desktop's side), :mod:`.item`; then :mod:`.layout` (pystray's menu as dbusmenu's tree),
:mod:`.menu_object`, :mod:`.icon`.
"""
