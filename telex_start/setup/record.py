"""What was made: the folders, the files as they were written, and on whose behalf the desktop entry is there.

So that what is undone leaves no empty folder behind, and takes nothing that is somebody else's. Kept in a file of the
state folder as long as there is something to say.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress

from ..process import paths

_NAME = "set-up.json"


class Record:
    """The record, as it was when it was read.

    Args:
        folder: The state folder, which need not exist; empty for this user's.
    """

    def __init__(self, folder: str = "") -> None:
        self._path = os.path.join(folder or paths.state_folder(), _NAME)
        self._folders: list[str] = []
        self._marks: list[str] = []
        self._sums: dict[str, str] = {}
        with suppress(OSError, ValueError, AttributeError):  # AttributeError: it holds no object
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
            self._folders = [name for name in found.get("folders", []) if isinstance(name, str) and os.path.isabs(name)]
            self._marks = [name for name in found.get("marks", []) if isinstance(name, str)]
            self._sums = {name: str(value) for name, value in found.get("sums", {}).items()}

    def marked(self, mark: str) -> bool:
        """Whether :meth:`mark` has set it."""
        return mark in self._marks

    def mark(self, mark: str, on: bool) -> None:
        """Remember a word, or forget it.

        Raises:
            OSError: the record cannot be written.
        """
        if on is not self.marked(mark):
            self._marks = [*self._marks, mark] if on else [known for known in self._marks if known != mark]
            self._save()

    def wrote(self, *files: str) -> None:
        """These files are there as they were written here.

        Raises:
            OSError: one cannot be read, or the record cannot be written.
        """
        self._sums |= {file: _sum(file) for file in files}
        self._save()

    def is_as_written(self, file: str) -> bool | None:
        """Whether a file is as :meth:`wrote` has seen it; ``None`` where it has not."""
        try:
            return self._sums[file] == _sum(file) if file in self._sums else None
        except OSError:
            return False

    def make_folder(self, folder: str, mode: int = 0o777) -> None:
        """Make a folder and those above it, and remember which were not there.

        Raises:
            OSError: it cannot be made.
        """
        missing = self._missing(folder)
        if missing:
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
            # The folder of the record itself is the last.
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
        # That of the record is there as long as something else is to be remembered.
        self._folders = [name for name in kept if not self._is_ours(name)]
        if self._folders or self._marks or self._sums:
            self._folders += filter(self._is_ours, kept)

    def _is_ours(self, folder: str) -> bool:
        """Whether the record lies in it."""
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
            with suppress(FileNotFoundError):
                os.unlink(self._path)
            return
        home = os.path.dirname(self._path)
        self._folders += [name for name in self._missing(home) if name not in self._folders]
        os.makedirs(home, 0o700, exist_ok=True)
        kept = {"folders": self._folders, "marks": self._marks, "sums": self._sums}
        with paths.replacing(self._path) as file:
            file.write(json.dumps(kept, indent=1).encode())


def _sum(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
