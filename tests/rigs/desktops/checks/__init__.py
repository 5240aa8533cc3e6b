"""The one list of checks, the same for all desktops: :data:`ALL`, in the order in which they are made.

What a desktop cannot do is said with the reason in its definition (:attr:`tests.rigs.desktops.known.Desktop.cannot`),
by the check's name.
"""

from __future__ import annotations

from . import icon, menu, toasts, windows

ALL = [*icon.CHECKS, *menu.CHECKS, *windows.CHECKS, *toasts.CHECKS, *windows.LOGIN, *icon.ENDS]
"""All checks. Those that share an agent come one after the other; those that crash the desktop come last."""
NAMES = [check.name for check in ALL]
