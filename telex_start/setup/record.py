"""What was made besides files that are known by name: the folders, and on whose behalf the desktop entry is there.

So that what is undone leaves no empty folder behind, and takes none that was there before. Kept in a file of the state
folder as long as there is something to say.
"""

from __future__ import annotations

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
        with suppress(OSError, ValueError, AttributeError):  # AttributeError: it holds no object
            with open(self._path, encoding="utf-8") as file:
                found = json.load(file)
            self._folders = [name for name in found.get("folders", []) if isinstance(name, str) and os.path.isabs(name)]
            self._marks = [name for name in found.get("marks", []) if isinstance(name, str)]

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
        """Remove the folders of the record that are empty, the innermost first, and forget those that are gone."""
        before = list(self._folders)
        self._sweep()
        if before != self._folders:
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
        if self._folders or self._marks:
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
        if not self._folders and not self._marks:
            with suppress(FileNotFoundError):
                os.unlink(self._path)
            return
        home = os.path.dirname(self._path)
        self._folders += [name for name in self._missing(home) if name not in self._folders]
        os.makedirs(home, 0o700, exist_ok=True)
        beside = f"{self._path}.{os.getpid()}"
        with open(beside, "w", encoding="utf-8") as file:
            json.dump({"folders": self._folders, "marks": self._marks}, file, indent=1)
        os.replace(beside, self._path)
