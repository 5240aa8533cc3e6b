"""pystray's own classes, imported without any of its backends and at little cost."""

from __future__ import annotations

import os
import queue
import sys
from importlib import import_module
from types import MethodType, ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Stands in for a module while pystray 0.19.5 is imported, which uses one thing of it.

    Importing the modules themselves would take a fifth of the time until the icon is there.

    Args:
        name: The module's name.
        used: What pystray uses of it; for anything else the module itself is imported.
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


class _Logger:
    """A logger that is got when it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        import logging

        return getattr(logging.getLogger(self._name), name)


def _is_method(thing: object) -> bool:
    return isinstance(thing, MethodType)


def _import_pystray() -> Any:
    """pystray's base module. Its package imports a backend too, which would bring a toolkit: the dummy brings none."""
    stand_ins = [
        _StandIn("inspect", ismethod=_is_method),
        _StandIn("logging", getLogger=_Logger),
        _StandIn("six"),
        _StandIn("six.moves", queue=queue),
    ]
    own = os.environ.get("PYSTRAY_BACKEND")
    if "pystray" not in sys.modules:
        os.environ["PYSTRAY_BACKEND"] = "dummy"
        for stand_in in stand_ins:
            sys.modules.setdefault(stand_in.__name__, stand_in)
    try:
        from pystray import _base
    finally:
        for stand_in in stand_ins:
            stand_in.leave()
        if own is None:
            os.environ.pop("PYSTRAY_BACKEND", None)
        else:
            os.environ["PYSTRAY_BACKEND"] = own
    return _base


_base = _import_pystray()

BaseIcon: Any = _base.Icon
Menu: Any = _base.Menu
MenuItem: Any = _base.MenuItem
