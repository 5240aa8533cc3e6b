"""What lies between a TLS connection and a reader of WebSocket frames: as much as is there is read at once. Pure.

A frame read by its parts (two bytes, its length, its payload) costs three reads through TLS and sixty function calls,
10 microseconds more than one that is cut out of what one read has given.

Source: RFC 6455, section 5.2 (the frame).
"""

from __future__ import annotations

from collections.abc import Callable

AT_ONCE = 16 * 1024
"""Bytes that are read at once, at most: what one TLS record holds (RFC 8446, section 5.1)."""
MOST_GATHERED = 256 * 1024
"""Bytes that are held, at most and one reading more."""

_WHOLE_TEXT = 0x81
"""A frame's first byte: text, all of the message in one frame, no extension."""
_TWO_BYTES = 126
"""A length that says: it is in the next two bytes. Longer ones, and a mask, have higher values in that byte."""


class ReadAhead:
    """Owned by the thread that reads."""

    def __init__(self, recv: Callable[[int], bytes]) -> None:
        """
        Args:
            recv: Gives so many bytes at most, as a socket's; it waits, and raises, as it likes.
        """
        self._recv = recv
        self._held = b""
        self._at = 0

    def fill(self) -> None:
        """Wait until something is held."""
        if self._at >= len(self._held):
            self._held, self._at = self._recv(AT_ONCE), 0

    def gather(self, read: Callable[[int], bytes]) -> None:
        """Hold also what has come meanwhile, up to :data:`MOST_GATHERED` bytes.

        Args:
            read: As ``recv``, but it does not wait: it raises ``OSError`` where nothing is there
                (:class:`ssl.SSLWantReadError`), or at the connection's end.
        """
        pieces = [self._held[self._at :]]
        size = len(pieces[0])
        try:
            while size < MOST_GATHERED and (piece := read(AT_ONCE)):
                pieces.append(piece)
                size += len(piece)
        except (OSError, ValueError):
            pass  # whoever reads next finds an end again
        self._held, self._at = b"".join(pieces), 0

    def recv(self, size: int) -> bytes:
        """So many bytes at most, as a socket's ``recv``: what is held, else what comes."""
        self.fill()
        data = self._held[self._at : self._at + size]
        self._at += len(data)
        return data

    def text(self) -> bytes | None:
        """The payload of the next frame, where that is here to its end and a whole message of text; it is taken out.

        ``None``: it is for the general reader. Only to be called between two frames.
        """
        held, begin = self._held, self._at + 2
        if len(held) < begin or held[begin - 2] != _WHOLE_TEXT or held[begin - 1] > _TWO_BYTES:
            return None
        length = held[begin - 1]
        if length == _TWO_BYTES:
            length = int.from_bytes(held[begin : begin + 2], "big")
            begin += 2
        if len(held) < begin + length:
            return None
        self._at = begin + length
        return held[begin : self._at]
