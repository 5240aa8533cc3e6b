"""The program's name and icon where the desktop looks for them, on each platform by its own means."""

from __future__ import annotations

import sys

from .status import Status


def status() -> Status:
    """Whether the desktop knows the program."""
    if sys.platform == "win32":
        from . import windows

        return windows.integration()
    if sys.platform == "darwin":
        return Status(False, "macOS knows applications alone, which this is not")
    from . import integration_linux

    return integration_linux.status()


def turn(on: bool) -> str:
    """Tell the desktop the program's name and icon, or take them away.

    Returns:
        What was left as it is, and why; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    if sys.platform == "win32":
        from . import windows

        return windows.turn_integration(on)
    if sys.platform == "darwin":
        return "macOS knows applications alone, which this is not."
    from . import integration_linux

    return integration_linux.turn(on)
