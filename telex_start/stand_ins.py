"""What a library imports and never uses, or hardly ever: stood in for while the library is imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """Stands in for a module, which is imported once something is wanted of it that the stand-in does not have.

    Args:
        name: The module's name.
        used: What the library uses of it.
    """

    def __init__(self, name: str, **used: Any) -> None:
        super().__init__(name)
        self.__dict__.update(used)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what importing looks for
            raise AttributeError(name)
        self.leave()
        return getattr(import_module(self.__name__), name)

    def leave(self) -> None:
        """Make room for the module itself."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]


@contextmanager
def standing_in(*stand_ins: StandIn) -> Iterator[None]:
    """While this lasts they are what is imported by their names, where nothing was imported by them before."""
    for stand_in in stand_ins:
        sys.modules.setdefault(stand_in.__name__, stand_in)
    try:
        yield
    finally:
        for stand_in in stand_ins:
            stand_in.leave()
