"""Telex Start: native notifications for Telex from the system tray."""

__version__ = "0.2.0"
"""The version, here and nowhere else: the package is built with it, and ``--version`` says it."""
