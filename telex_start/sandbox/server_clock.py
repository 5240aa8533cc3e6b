"""The server's wall clock, which can be set wrong on purpose."""

from __future__ import annotations

import time
from email.utils import formatdate


class ServerClock:
    """The server's idea of the time.

    Args:
        offset: Seconds added to this machine's wall clock. With an offset the sandbox is a server whose clock and the
            laptop's disagree: ``exp``, ``iat``, ``expires_in`` and the ``Date`` header all move together.
        date_ahead: Seconds that the ``Date`` header alone is ahead: whoever answers is another machine than whoever
            signs, and their clocks disagree.
    """

    def __init__(self, offset: float = 0.0, date_ahead: float = 0.0) -> None:
        self.offset = offset
        self.date_ahead = date_ahead

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self.offset

    def unix(self) -> int:
        """Whole Unix seconds, which is what tokens carry and what Centrifugo compares."""
        return int(self.now())

    def http_date(self) -> str:
        """The value of a ``Date`` header."""
        return formatdate(self.now() + self.date_ahead, usegmt=True)
