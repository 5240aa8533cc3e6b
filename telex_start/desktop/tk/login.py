"""Runs ``telex-start login``: the login window, which the agent starts as a process of its own.

The smallest window of Tk leaves 10 MB behind in the process that has opened it, whatever is done to free them
(docs/weight.md), and the agent runs on for weeks. What the person types goes to the agent by a pipe.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...process.streams import is_terminal
from ..keyring_process import why_none
from .process import Parent, check, show

if TYPE_CHECKING:
    from .login_window import LoginWindow


def main() -> int:
    """Show the window until the agent closes it, or is gone; returns the exit code.

    Raises:
        ConfigError: a person has typed this command.
    """
    if is_terminal(sys.stdin):
        raise ConfigError("login is what the agent runs for its window: use telex-start --login.")
    return show(_make)


def _make(parent: Parent) -> LoginWindow:
    check("The login window", "start telex-start with --email NAME --password-stdin")
    from .login_pages import LoginData
    from .login_window import LoginWindow

    data = LoginData(**parent.data)

    def make() -> LoginWindow:
        return LoginWindow(parent.say, why_none, data)

    if sys.platform == "darwin" and not data.take_focus:
        from .. import macos

        return macos.stay_behind(make)
    return make()
