"""What a program of the person's gets that is started from here.

The desktop's activation token, with which it may bring its window to the front, and core dumps as the person has them.
"""

from __future__ import annotations

import os

from ..process import signals

_TOKENS = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""Variables by which a program gets the token that lets its window take the focus, on Wayland and on X11."""


def environment(token: str) -> dict[str, str]:
    """The environment for a program that is started.

    Args:
        token: The desktop's activation token for it. Empty for none: our own, with which we may have been started, is
            used up and is not passed on.
    """
    environ = {name: value for name, value in os.environ.items() if name not in _TOKENS}
    if token:
        environ |= dict.fromkeys(_TOKENS, token)
    return environ


def shell(commands: str) -> list[str]:
    """The words by which a shell runs commands that go on as such a program; their arguments may follow."""
    return ["/bin/sh", "-c", f"{signals.core_dumps_before()}; {commands}"]


def own_token() -> str:
    """The token that this process was started with; empty without one."""
    return next((token for name in _TOKENS if (token := os.environ.get(name))), "")
