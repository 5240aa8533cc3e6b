"""A file that several processes append to while any of them may rename it: the log.

POSIX has that as it is. Windows does not let a file be renamed that somebody has open, unless each of them has allowed
it at opening (``FILE_SHARE_DELETE``, which Python's ``open`` does not give); and a file that may only be appended to is
there the one whose writers never overwrite each other's lines.
"""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    _APPEND = 0x4 | 0x80 | 0x100000
    """``FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE``."""
    _SHARE_ALL = 0x1 | 0x2 | 0x4
    _OPEN_ALWAYS = 4

    def append(path: str, flags: int) -> int:
        """Open it for appending; for ``open(path, "a", opener=append)``.

        Raises:
            OSError: it cannot be opened.
        """
        import _winapi
        import msvcrt

        handle = _winapi.CreateFile(path, _APPEND, _SHARE_ALL, 0, _OPEN_ALWAYS, 0, 0)
        return msvcrt.open_osfhandle(handle, os.O_APPEND | os.O_NOINHERIT)

    def make_room(newer: str, oldest: str) -> None:
        """Remove the oldest file, where a newer one is to have its name; others may have it open.

        Raises:
            OSError: it cannot be done.
        """
        if os.path.exists(newer) and os.path.exists(oldest):
            # A name that is held open is free once what has it is called otherwise.
            old = f"{oldest}.{os.getpid()}"
            os.rename(oldest, old)
            os.unlink(old)

else:

    def append(path: str, flags: int) -> int:
        """Open it for appending; for ``open(path, "a", opener=append)``. It is for its owner alone.

        Raises:
            OSError: it cannot be opened.
        """
        return os.open(path, flags, 0o600)

    def make_room(newer: str, oldest: str) -> None:
        """Nothing is to be done: a name is free once a file is removed."""
