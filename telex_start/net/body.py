"""An answer's body while it comes."""

from __future__ import annotations

import mmap

_LARGE = 1024 * 1024
"""A body larger than this has pages of its own.

What is freed of this size glibc (2.36) keeps for whoever asks next, 17 MB after a 16 MB answer; a mapping goes back to
the system with the last reference to it.
"""


class Body:
    """Collects the pieces of a body."""

    def __init__(self, most: int) -> None:
        """``most``: the bytes that it may have."""
        self._most = most
        self._small = bytearray()
        self._large: mmap.mmap | None = None
        self._length = 0

    def add(self, piece: bytes) -> bool:
        """Take the next piece; ``False`` where that is more than it may have."""
        end = self._length + len(piece)
        if end > self._most:
            return False
        if self._large is None and end > _LARGE:
            self._large = mmap.mmap(-1, self._most)  # of which the system gives what is written to
            self._large[: self._length] = bytes(self._small)
            self._small.clear()
        if self._large is None:
            self._small += piece
        else:
            self._large[self._length : end] = piece
        self._length = end
        return True

    def whole(self) -> bytes | memoryview:
        """All that came; nothing more is to be added. A large body can be written to."""
        return bytes(self._small) if self._large is None else memoryview(self._large)[: self._length]
