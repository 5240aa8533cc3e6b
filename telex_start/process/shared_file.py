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

    def replace(source: str, target: str) -> None:
        """Rename it, and remove what had that name; others may have both open.

        Raises:
            OSError: it cannot be done.
        """
        try:
            os.replace(source, target)
        except PermissionError:
            if not os.path.exists(target):
                raise  # it is the source that somebody holds, and has not allowed it
            # A name that is held open is free once what has it is called otherwise.
            old = f"{target}.{os.getpid()}"
            os.rename(target, old)
            os.unlink(old)
            os.replace(source, target)

    def empty(path: str, descriptor: int) -> None:
        """Take away all that is in it.

        Args:
            path: Where it was opened.
            descriptor: By which it is open.

        Raises:
            OSError: it cannot be done.
        """
        os.truncate(path, 0)  # what may only append must not cut

else:

    def append(path: str, flags: int) -> int:
        """Open it for appending; for ``open(path, "a", opener=append)``. It is for its owner alone.

        Raises:
            OSError: it cannot be opened.
        """
        return os.open(path, flags, 0o600)

    replace = os.replace

    def empty(path: str, descriptor: int) -> None:
        """Take away all that is in it.

        Args:
            path: Where it was opened.
            descriptor: By which it is open: it may have another name meanwhile.

        Raises:
            OSError: it cannot be done.
        """
        os.ftruncate(descriptor, 0)
