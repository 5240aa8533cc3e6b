"""Writes and removes the files for the desktop, and keeps a record of what was made.

With the record, undoing leaves no empty folder behind, and takes nothing that is somebody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import NamedTuple

from ..errors import TelexStartError
from ..process import paths

NOT_DONE = "Not set up"
"""The title of the errors of this package."""
_RECORD = "set-up.json"


class Status(NamedTuple):
    """Whether a thing that can be switched is on, and some words about it."""

    on: bool
    words: str
    """Where it is, or what keeps it off; a sentence without its full stop."""


class Record:
    """The folders that were made, the files as they were written, and on whose behalf the desktop entry is there.

    Kept in a file of the state folder as long as there is something to record. A Record reads that file once, when it
    is made. If something cannot be written, :class:`TelexStartError` is raised.
    """

    def __init__(self) -> None:
        self._path = os.path.join(paths.state_folder(), _RECORD)
        self._folders: list[str] = []
        self._marks: list[str] = []
        self._sums: dict[str, str] = {}
        with suppress(OSError, ValueError, AttributeError):  # AttributeError: the file holds no object
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
            self._folders = [name for name in found.get("folders", []) if isinstance(name, str) and os.path.isabs(name)]
            self._marks = [name for name in found.get("marks", []) if isinstance(name, str)]
            self._sums = {name: str(value) for name, value in found.get("sums", {}).items()}

    def marked(self, mark: str) -> bool:
        """Whether :meth:`mark` has set this mark."""
        return mark in self._marks

    def mark(self, mark: str, on: bool) -> None:
        """Remember a word, or forget it."""
        if on is not self.marked(mark):
            self._marks = [*self._marks, mark] if on else [known for known in self._marks if known != mark]
            self._save()

    def wrote(self, *files: str) -> None:
        """Record that these files have just been written, with their present content."""
        self._sums |= {file: _sum(file) or "" for file in files}
        self._save()

    def is_as_written(self, file: str) -> bool | None:
        """Whether a file is as :meth:`wrote` has recorded it; ``None`` if it was not recorded."""
        return self._sums[file] == _sum(file) if file in self._sums else None

    def make_folder(self, folder: str, mode: int = 0o777) -> None:
        """Make a folder and those above it, and remember which were not there."""
        if missing := self._missing(folder):
            with changing(folder):
                os.makedirs(folder, mode, exist_ok=True)
            self._folders += [name for name in missing if name not in self._folders]
            self._save()

    def tidy(self) -> None:
        """Remove the folders of the record that are empty, the innermost first, and forget what is gone."""
        before, sums = list(self._folders), self._sums
        self._sums = {file: value for file, value in sums.items() if os.path.exists(file)}
        self._sweep()
        if before != self._folders or sums != self._sums:
            self._save()
        if not os.path.exists(self._path):
            # The folders of the record itself go last.
            for name in sorted(filter(self._is_ours, before), key=len, reverse=True):
                with suppress(OSError):
                    os.rmdir(name)

    def _sweep(self) -> None:
        kept = []
        for name in sorted(self._folders, key=len, reverse=True):
            with suppress(OSError):
                os.rmdir(name)  # refused unless it is empty
            if os.path.isdir(name):
                kept.append(name)
        # The folders of the record itself stay as long as something else is recorded.
        self._folders = [name for name in kept if not self._is_ours(name)]
        if self._folders or self._marks or self._sums:
            self._folders += filter(self._is_ours, kept)

    def _is_ours(self, folder: str) -> bool:
        """Whether the record lies in or below a folder."""
        return self._path.startswith(os.path.join(folder, ""))

    @staticmethod
    def _missing(folder: str) -> list[str]:
        missing = []
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        return missing

    def _save(self) -> None:
        if not (self._folders or self._marks or self._sums):
            remove(self._path)
            return
        home = os.path.dirname(self._path)
        self._folders += [name for name in self._missing(home) if name not in self._folders]
        words = json.dumps({"folders": self._folders, "marks": self._marks, "sums": self._sums}, indent=1)
        with changing(self._path):
            os.makedirs(home, 0o700, exist_ok=True)
            with paths.replacing(self._path) as file:
                file.write(words.encode())


def read(path: str) -> str | None:
    """The text of a file; ``None`` if there is none that can be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return None


def write(path: str, content: str | bytes, record: Record) -> None:
    """Write a file whole or not at all; its folder is made, and recorded, if it is missing.

    Raises:
        TelexStartError: it cannot be written.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    with suppress(OSError), open(path, "rb") as there:
        if there.read() == data:
            return  # programs that watch the folder are left in peace
    # If the person has put a link here, the file stays where the link leads.
    path = os.path.realpath(path)
    record.make_folder(os.path.dirname(path))
    with changing(path), paths.replacing(path) as file:
        file.write(data)


def remove(path: str) -> None:
    """Remove a file, if it is there.

    Raises:
        TelexStartError: it cannot be removed.
    """
    with changing(path), suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)


def set_aside(path: str) -> str:
    """Rename a file, so that nothing reads it by its name any more.

    Returns:
        Its new path: the old one with ``.saved`` behind it, and a number if that is taken.

    Raises:
        TelexStartError: it cannot be renamed.
    """
    names = (f"{path}.saved{number or ''}" for number in count())
    aside = next(name for name in names if not os.path.lexists(name))
    with changing(path):
        os.rename(path, aside)
    return aside


@contextmanager
def changing(path: str) -> Iterator[None]:
    """Surrounds a change of a file or a folder, and turns its OSError into a TelexStartError.

    Raises:
        TelexStartError: the change has failed.
    """
    try:
        yield
    except OSError as error:
        raise TelexStartError(f"{path} cannot be written ({error.strerror}).", NOT_DONE) from None


def _sum(path: str) -> str | None:
    """A checksum of a file's content; ``None`` if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None
