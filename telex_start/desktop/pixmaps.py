"""The icon as raw pixels, kept on disk: a look that was drawn once is shown again without importing Pillow.

Importing Pillow and drawing cost several megabytes and tens of milliseconds, reading 35 kB costs neither. A cached
file that is damaged, from another drawing or unreadable is drawn anew; a cache that cannot be written is no error.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from ..process.lazylog import Log
from ..states import SIGNED_IN, State

if TYPE_CHECKING:
    from pathlib import Path

Pixmap = tuple[int, int, bytes]
"""Width and height in pixels, and the pixels as A, R, G, B, one byte each, row by row: ``(iiay)`` on the bus."""

SIZES = (16, 22, 24, 32, 48, 64)
"""Pixels; what panels ask for."""
KEPT_FILES = 48
"""Looks kept in the cache, 35 kB each; the longest unused go first."""

_MAGIC = b"TXP1"
_SUFFIX = ".argb"
_log = Log(__name__)


def pixmaps(state: State, unread: int, directory: str | Path, quiet: bool = False) -> list[Pixmap]:
    """The icon in all :data:`SIZES`, from the cache in ``directory`` or else drawn and put there.

    Args:
        state: What the mark says.
        unread: The number on the badge; 0 for none.
        directory: Holds only this cache; made where it is missing.
        quiet: Notifications are paused.
    """
    # Badges say 99+ at most, and there is none without a good session: fewer looks than numbers.
    shown = min(unread, 100) if state in SIGNED_IN else 0
    quiet = quiet and state in SIGNED_IN
    path = os.path.join(directory, _name(state, shown, quiet))
    try:
        pictures = _unpack(_read(path))
        with suppress(OSError):
            os.utime(path)
        return pictures
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        _log.debug("cached icon %s is unusable (%s), drawn anew", path, error)
    if _draw_elsewhere(state, shown, directory, quiet):
        try:
            return _unpack(_read(path))
        except (OSError, ValueError) as error:
            _log.debug("the drawn icon %s cannot be read: %s", path, error)
    return draw(state, shown, directory, quiet)


def draw(state: State, shown: int, directory: str | Path, quiet: bool = False) -> list[Pixmap]:
    """The icon in all :data:`SIZES`, drawn here and put in the cache.

    Args:
        state: What the mark says.
        shown: The number on the badge, as :func:`pixmaps` has cut it.
        directory, quiet: As for :func:`pixmaps`.
    """
    from . import icons

    pictures = [(size, size, icons.argb32(icons.draw(state, shown, size, quiet))) for size in SIZES]
    try:
        _store(os.fspath(directory), _name(state, shown, quiet), pictures)
    except OSError as error:
        _log.debug("icon cache %s cannot be written: %s", directory, error)
    return pictures


def _name(state: State, shown: int, quiet: bool) -> str:
    return f"{state.value}-{shown}{'-quiet' if quiet else ''}-{_drawing():08x}{_SUFFIX}"


def _draw_elsewhere(state: State, shown: int, directory: str | Path, quiet: bool) -> bool:
    """Have a process of its own draw into the cache, so that this one never holds Pillow's megabytes; whether it did.

    It takes some tenths of a second, once for each look.
    """
    if sys.platform == "win32" or not sys.executable:
        return False
    from ..process import itself

    command = [*itself.command(__name__), state.value, str(shown), os.fspath(directory)]
    command += ["quiet"] if quiet else []
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        streams = [(os.POSIX_SPAWN_DUP2, nothing, descriptor) for descriptor in (0, 1, 2)]
        pid = os.posix_spawn(sys.executable, command, os.environ | itself.environment(), file_actions=streams)
        return os.waitpid(pid, 0)[1] == 0
    except OSError as error:
        _log.debug("no process could be had to draw an icon: %s", error)
        return False
    finally:
        os.close(nothing)


def rgba(pixmap: Pixmap) -> Pixmap:
    """The same picture with its pixels as R, G, B, A: what ``image-data`` of a toast wants."""
    width, height, argb = pixmap
    turned = bytearray(len(argb))
    turned[0::4], turned[1::4], turned[2::4], turned[3::4] = argb[1::4], argb[2::4], argb[3::4], argb[0::4]
    return width, height, bytes(turned)


def png(pixmap: Pixmap) -> bytes:
    """A picture as a PNG file, for who takes no raw pixels; needs no Pillow either."""
    width, height, pixels = rgba(pixmap)
    row = width * 4
    # A zero ahead of each row says that it is not filtered.
    lines = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@cache
def _drawing() -> int:
    """A number that changes when the drawing does."""
    from .. import __version__

    seed = zlib.crc32(repr((__version__, SIZES)).encode())
    try:
        return zlib.crc32(_read(os.path.join(os.path.dirname(__file__), "icons.py")), seed)
    except OSError:
        # Frozen into one file: then the version alone tells drawings apart.
        return seed


def _pack(pictures: list[Pixmap]) -> bytes:
    body = b"".join(struct.pack("<II", width, height) + pixels for width, height, pixels in pictures)
    return _MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def _unpack(data: bytes) -> list[Pixmap]:
    """The pictures in a cached file.

    Raises:
        ValueError: it is not whole.
    """
    body = data[8:]
    if data[:8] != _MAGIC + struct.pack("<I", zlib.crc32(body)):
        raise ValueError("damaged")
    pictures: list[Pixmap] = []
    while body:
        width, height = struct.unpack_from("<II", body)
        end = 8 + width * height * 4
        pictures.append((width, height, body[8:end]))
        body = body[end:]
    if [width for width, _, _ in pictures] != list(SIZES):
        raise ValueError("other sizes")
    return pictures


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _store(directory: str, name: str, pictures: list[Pixmap]) -> None:
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    part = f"{path.removesuffix(_SUFFIX)}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            file.write(_pack(pictures))
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
    with os.scandir(directory) as entries:
        files = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(_SUFFIX)]
    for _, old in sorted(files, reverse=True)[KEPT_FILES:]:
        with suppress(OSError):
            os.unlink(old)


if __name__ == "__main__":
    draw(State(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:] == ["quiet"])
