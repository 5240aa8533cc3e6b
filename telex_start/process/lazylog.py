"""A logger that imports ``logging`` only when there is something to log.

Importing ``logging`` takes about as long as connecting to the session bus, and before the icon is shown there is
nothing to log unless something is wrong. Modules imported by then use :class:`Log`; the others use ``logging``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_prepare: list[Callable[[], object]] = []
_preparing = threading.RLock()
"""While logging is set up, other threads' lines wait: ``logging`` would write them to standard error."""


def prepare(begin: Callable[[], object]) -> None:
    """Have ``begin`` called once before the first line is logged: it sets up where lines go."""
    _prepare[:] = [begin]


def begin() -> None:
    """Set up logging now, if that has not been done."""
    with _preparing:
        while _prepare:
            _prepare.pop()()


class Log:
    """Stands for ``logging.getLogger(name)``, and makes that logger when it is first used."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, text: str, *arguments: object) -> None:
        """Log it if logging has begun; before, drop it: a line for developers must not delay the icon."""
        if not _prepare:
            self.__getattr__("debug")(text, *arguments)

    def __getattr__(self, attribute: str) -> Any:
        import logging

        begin()
        return getattr(logging.getLogger(self._name), attribute)
