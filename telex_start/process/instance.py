"""One instance per user and API address: the first start holds a lock and listens at the *instance socket*.

A second start sends a request to that socket and ends. A small thread of the first one answers it, and sleeps while
nobody connects. On Linux and macOS lock and socket are files in this user's runtime folder, on Windows one named pipe
is both. The system releases either, however the process ends.

A caller sends one line: a :class:`~telex_start.menu.Request`, with an argument behind a blank if it takes one, or any
other word to learn only what runs. The answer is the instance's kind, ``tray`` or ``headless``. After Exit was
requested, the connection stays open until the process of the instance has ended, so that a caller can wait for that.
"""

from __future__ import annotations

import sys
from zlib import crc32

from ..menu import Request

if sys.platform == "win32":
    from . import instance_windows as _platform
else:
    from . import instance_unix as _platform

Instance = _platform.Instance
"""This process is the one instance: ``serve`` and ``close``."""


def claim(folder: str, api_url: str, kind: str) -> Instance | None:
    """Become the one instance; ``None`` if another process is it already.

    Args:
        folder: This user's runtime folder.
        api_url: The API address: each has an instance of its own.
        kind: ``tray`` or ``headless``, or ``window`` for the preferences without an agent: what a caller is told.

    Raises:
        OSError: the folder cannot be used.
    """
    return _platform.claim(folder, name_of(api_url), kind)


def ask(folder: str, api_url: str, request: Request | None, wait: float = 0.0, *, argument: str = "") -> str | None:
    """Ask something of the running instance.

    Args:
        folder, api_url: As for :func:`claim`.
        request: What to ask; ``None`` asks only for the kind of the instance.
        wait: For ``Request.EXIT``: seconds to wait for the instance to end; 0 does not wait.
        argument: The request's argument, if it takes one; 16 ASCII characters at most.

    Returns:
        The kind of the instance; ``None`` if none is running or, without ``wait``, if it does not answer.

    Raises:
        TimeoutError: with ``wait``: the instance does not answer, or is still running after ``wait``.
    """
    line = f"{request.value} {argument}".rstrip() if request else "hello"
    return _platform.ask(folder, name_of(api_url), line, wait)


def ask_all(folder: str, request: Request) -> int:
    """Ask something of every agent of this user that runs, whatever its address.

    Returns:
        How many agents have answered.
    """
    kinds = [_platform.ask(folder, name, request.value, 0.0) for name in _platform.names(folder)]
    return sum(kind in ("tray", "headless") for kind in kinds)


def name_of(api_url: str) -> str:
    """A file name for the instance of an address; a person can see which: ``api.telex.im-3d5a2f01``."""
    address = api_url.lower()
    host = address.partition("://")[2].partition("/")[0][:40]
    readable = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "_" for c in host)
    return f"{readable}-{crc32(address.encode()):08x}"
