"""Reading and writing the files that the desktop reads. What cannot be written is said with its path."""

from __future__ import annotations

import os
from itertools import count

from ..errors import TelexStartError
from ..process import paths
from .launch import NOT_DONE
from .record import Record


def read(path: str) -> str | None:
    """Its text; ``None`` where there is none that can be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return None


def write(path: str, text: str, record: Record, mode: int = 0o777) -> None:
    """Write it whole or not at all; its folder is made, and recorded, where it is missing.

    Args:
        mode: Of a folder that is made.

    Raises:
        TelexStartError: it cannot be written.
    """
    if read(path) == text:
        return  # what watches the folder is left in peace
    # One that lies elsewhere, by the person's own doing, stays there.
    path = os.path.realpath(path)
    try:
        record.make_folder(os.path.dirname(path), mode)
        with paths.replacing(path) as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise failed(path, error) from None


def remove(path: str) -> bool:
    """Remove it.

    Returns:
        Whether it was there.

    Raises:
        TelexStartError: it cannot be removed.
    """
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise failed(path, error) from None
    return True


def set_aside(path: str) -> str:
    """Rename it, so that nothing reads it by its name any more.

    Returns:
        Where it is now: beside, with ``.saved`` behind its name, and a number where that is taken.

    Raises:
        TelexStartError: it cannot be renamed.
    """
    names = (f"{path}.saved{number or ''}" for number in count())
    aside = next(name for name in names if not os.path.lexists(name))
    try:
        os.rename(path, aside)
    except OSError as error:
        raise failed(path, error) from None
    return aside


def failed(path: str, error: OSError) -> TelexStartError:
    """What is said of a file that cannot be changed."""
    return TelexStartError(f"{path} cannot be written ({error.strerror}).", NOT_DONE)
