"""For an agent of 0.2.0 that runs on while this version is installed over it: it loads this for its login window."""

from __future__ import annotations

from typing import Any

from ...errors import TelexStartError


class LoginOpening:
    """Says that the agent is to be started anew: what it has imported does not go with what is installed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TelexStartError("Exit Telex Start and start it again, and sign in then.", "Telex Start was updated")
