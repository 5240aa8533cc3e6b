"""One instance per user and API address: a local endpoint is both lock and bell.

The first start holds the lock and answers the bell on a small thread of its own, which sleeps until somebody rings; a
second one rings and ends. The endpoint is a socket in this user's runtime folder, on Windows a named pipe; either is
let go of by the system however the process ends.

A caller says one word (:class:`~telex_start.menu.Ring`'s, or any other just to ask) and is answered with the
instance's kind. The connection of a caller that asked for Exit ends when the process is gone.
"""

from __future__ import annotations

import sys
from zlib import crc32

from ..menu import Ring

if sys.platform == "win32":
    from . import instance_windows as _endpoint
else:
    from . import instance_unix as _endpoint

Instance = _endpoint.Instance
"""This process is the one instance: ``serve`` and ``close``."""


def claim(folder: str, api_url: str, kind: str) -> Instance | None:
    """Become the one instance, or ``None`` where another process is it.

    Args:
        folder: This user's runtime folder.
        api_url: One instance for each.
        kind: ``tray`` or ``headless``: what a caller is told.

    Raises:
        OSError: the folder cannot be used.
    """
    return _endpoint.claim(folder, _name(api_url), kind)


def ring(folder: str, api_url: str, word: Ring | None, wait: float = 0.0) -> str | None:
    """Ring the running instance's bell.

    Args:
        folder, api_url: As for :func:`claim`.
        word: What is asked of it; ``None``: only what it is.
        wait: Seconds to wait for it to end, for ``Ring.EXIT``; 0 does not wait.

    Returns:
        Its kind; ``None`` where none is running or, without ``wait``, where it does not answer.

    Raises:
        TimeoutError: with ``wait``: it does not answer, or is still running after that.
    """
    return _endpoint.ring(folder, _name(api_url), word.value if word else "hello", wait)


def _name(api_url: str) -> str:
    """A file name that differs from address to address, and tells which it is: ``api.telex.im-3d5a2f01``."""
    address = api_url.lower()
    host = address.partition("://")[2].partition("/")[0][:40]
    readable = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "_" for c in host)
    return f"{readable}-{crc32(address.encode()):08x}"
