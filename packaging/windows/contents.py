"""What of Python and the packages a program on Windows does without."""

from __future__ import annotations

EXCLUDED = [
    # Of the house: a Telex for trying and testing, and what writes the man page.
    "telex_start.sandbox",
    "telex_start.reference",
]
"""Modules that something imports, and nothing needs."""


def is_needed(path: str) -> bool:
    """Whether a file is.

    Args:
        path: In the program's folder.
    """
    return True
