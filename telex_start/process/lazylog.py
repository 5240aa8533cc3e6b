"""A logger that brings ``logging`` when there is something to log.

Importing ``logging`` takes about as long as connecting to the session bus, and nothing that stands between exec and
the icon logs anything unless something is wrong. Modules on that way use :class:`Log`; the others use ``logging``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_prepare: list[Callable[[], object]] = []


def prepare(begin: Callable[[], object]) -> None:
    """Have this called once before the first line is logged: it sets up where lines go."""
    _prepare[:] = [begin]


def begin() -> None:
    """Set up logging now, where that has not been done."""
    while _prepare:
        _prepare.pop()()


class Log:
    """What ``logging.getLogger(name)`` gives, brought by its first use."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, text: str, *arguments: object) -> None:
        """Log it where logging has begun: what is only told to a developer does not hold up the icon."""
        if not _prepare:
            self.__getattr__("debug")(text, *arguments)

    def __getattr__(self, attribute: str) -> Any:
        import logging

        begin()
        return getattr(logging.getLogger(self._name), attribute)
