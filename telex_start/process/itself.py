"""How a module of this program is run in a process of its own: by which words, and in which environment.

A distribution's package has the program and its libraries in a folder that no interpreter looks into by itself, with an
entry beside them that does (``packaging/debian/entry.py``). That entry takes ``-m MODULE``, as an interpreter does,
for the program's own modules. It needs no variable, which every program that is opened from there would inherit.
"""

from __future__ import annotations

import os
import site
import sys

_FLAGS = "-IS"
"""As the entry's first line has them: neither variables nor the person's packages nor the folder that it is started in
have a say."""


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
    """The variables that :func:`command` needs beside those that are there: none, where an interpreter finds this
    package by itself."""
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
    """What this package lies in."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
