"""Telex Start: native notifications for Telex from the system tray."""

__version__ = "0.1.0"
