"""The program's windows, by Tk, each in a process of its own."""

import os
import sys

from ...errors import TelexStartError


def check(what: str, otherwise: str) -> None:
    """Whether there can be a window; imports Tk.

    Args:
        what: Which window: ``The login window``.
        otherwise: What else the person can do.

    Raises:
        TelexStartError: there is no Tk, or no X display.
    """
    lacking = ""
    try:
        import tkinter  # noqa: F401
    except ImportError:
        install = (
            "python3-tk (as Debian and Ubuntu call it)" if sys.platform.startswith("linux") else "a Python with Tk"
        )
        lacking = f"Tk: install {install}"
    else:
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            lacking = "an X display, which a Wayland desktop has with XWayland: install that"
    if lacking:
        raise TelexStartError(f"{what} needs {lacking}, or {otherwise}.", title(what))


def title(what: str) -> str:
    """The title of what is said where a window cannot be shown."""
    return f"No {what.removeprefix('The ')}"
