"""What persons are called in full, as their messages tell: a call gives its caller's user name alone. Pure."""

from __future__ import annotations

from .authors import Written

MOST = 512
"""So many persons are remembered, those who were met last."""


class People:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def met(self, author: Written) -> None:
        """Somebody wrote; remembered if that says their id and more than their user name."""
        if not author.user_id or not author.name or author.name == author.username:
            return
        self._names.pop(author.user_id, None)
        if len(self._names) >= MOST:
            del self._names[next(iter(self._names))]
        self._names[author.user_id] = author.name

    def name(self, user_id: str) -> str | None:
        """The full name of the person with this id, as it came; ``None`` where it is not known."""
        return self._names.get(user_id)

    def clear(self) -> None:
        """Forget everybody."""
        self._names.clear()
