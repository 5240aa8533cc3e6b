"""Gives the command, and the environment, that run a module of this program in a process of its own.

A distribution's package has the program and its libraries in a folder that no interpreter looks into by itself, with an
entry beside them that does (``packaging/debian/entry.py``). That entry takes ``-m MODULE``, as an interpreter does,
for the program's own modules. So no variable is needed; each program opened from there would inherit it.
"""

from __future__ import annotations

import os
import site
import sys

_FLAGS = "-IS"
"""The interpreter's options, as in the entry's first line: it ignores variables, the person's packages and the folder
that it is started in."""


def is_frozen() -> bool:
    """Whether this is the program that PyInstaller makes (``packaging/windows``): no interpreter is beside it."""
    return bool(getattr(sys, "frozen", False))


def command(module: str = "telex_start") -> list[str]:
    """The words that run a module of this program; its arguments may follow.

    Args:
        module: Its full name.
    """
    if is_frozen():  # telex_start/__main__.py takes the same words
        return [sys.executable, "-m", module]
    entry = os.path.join(_folder(), "__main__.py")
    if os.path.isfile(entry):
        return [sys.executable, _FLAGS, entry, "-m", module]
    return [sys.executable, "-P", "-m", module]


def environment() -> dict[str, str]:
    """The variables to set for :func:`command`, besides the present ones: none if an interpreter finds this package by
    itself."""
    here = _folder()
    if (
        is_frozen()
        or here in {*site.getsitepackages(), site.getusersitepackages()}
        or os.path.isfile(f"{here}/__main__.py")
    ):
        return {}
    known = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{here}{os.pathsep}{known}" if known else here}


def _folder() -> str:
    """The folder that the package ``telex_start`` lies in."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
