"""What was sent, and what came of it: for ``make soak`` and ``make chaos``."""

from __future__ import annotations

from collections.abc import Hashable


class Ledger:
    """Each message is to come once. One that no server holds any more, or ever took, may be missing."""

    def __init__(self) -> None:
        self.sent = self.came = self.twice = self.lost = self.forgotten = 0
        self._open: set[Hashable] = set()
        """Sent, and not come yet."""
        self._excused: set[Hashable] = set()

    def send(self, message: Hashable, *, may_be_missing: bool = False) -> None:
        """It is sent; before it goes, as it may come before whoever sends it knows."""
        self.sent += 1
        self._open.add(message)
        if may_be_missing:
            self._excused.add(message)

    def excuse(self, message: Hashable) -> None:
        """Whether a server took it is not known."""
        self._excused.add(message)

    def server_forgets(self) -> None:
        """The server forgets what it held."""
        self._excused |= self._open

    def arrived(self, message: Hashable) -> str:
        """It came; gives what is wrong with that, or nothing."""
        if message in self._open:
            self._open.discard(message)
            self.came += 1
            return ""
        self.twice += 1
        return f"{message} came twice"

    @property
    def missing(self) -> set[Hashable]:
        """What has not come, although a server holds it."""
        return self._open - self._excused

    def settle(self) -> str:
        """In a calm moment, in which all has come that will: gives what is wrong, or nothing."""
        lost = self.missing
        self.lost += len(lost)
        self.forgotten += len(self._open) - len(lost)
        self._open.clear()
        self._excused.clear()
        return f"{len(lost)} messages are lost, one of them is {min(lost, key=str)}" if lost else ""
