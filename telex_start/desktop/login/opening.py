"""For an agent of 0.2.0 that still runs after an update: in place of its login window, this asks for a restart.

It can be deleted when updates from 0.2.0 need not be supported.
"""

from __future__ import annotations

from typing import Any

from ...errors import TelexStartError


class LoginOpening:
    """Asks for a restart of the agent: the modules that it has imported do not fit the installed ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TelexStartError("Exit Telex Start and start it again, and sign in then.", "Telex Start was updated")
