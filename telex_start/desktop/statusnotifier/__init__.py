"""The icon on Linux without GTK: StatusNotifierItem and dbusmenu, served straight over D-Bus."""
