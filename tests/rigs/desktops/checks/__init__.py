"""The one list of checks, the same for all desktops: :data:`ALL`, in the order in which they are made.

A check that cannot be made on a desktop is named in the desktop's definition, with the reason
(:attr:`tests.rigs.desktops.known.Desktop.cannot`).
"""

from __future__ import annotations

from . import icon, menu, toasts, windows

ALL = [*icon.CHECKS, *menu.CHECKS, *windows.CHECKS, *toasts.CHECKS, *windows.LOGIN, *icon.ENDS]
"""All checks. Those that share an agent come one after the other; those that crash the desktop come last."""
NAMES = [check.name for check in ALL]
