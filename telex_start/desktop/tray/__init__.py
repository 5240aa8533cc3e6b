"""The icon and its menu, over our own StatusNotifierItem or by pystray."""
