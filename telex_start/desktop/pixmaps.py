"""A cache on disk of drawn icons, as raw pixels: Pillow is imported only for an icon that is not cached yet.

Importing Pillow and drawing cost several megabytes and tens of milliseconds; reading 35 kB costs neither. So a process
of its own draws, the painter. An icon is drawn again if its cached file is damaged, unreadable or of another version of
the drawing; one that cannot be written, as on a full disk, is kept in memory. Also makes PNG files of raw pixels.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from contextlib import suppress
from functools import cache

from ..process import paths
from ..process.lazylog import Log
from ..states import SIGNED_IN, State

Pixmap = tuple[int, int, bytes]
"""Width and height in pixels, and the pixels as A, R, G, B, one byte each, row by row: ``(iiay)`` on the bus."""

SIZES = (16, 22, 24, 32, 48, 64)
"""Pixels; the sizes that panels ask for. Budgie takes the first that is large enough."""
KEPT_FILES = 48
"""Looks kept in the cache, 35 kB each; the longest unused go first."""

PAINTED_WITHIN = 2.0
"""Seconds to wait for a painter. It takes some tenths of a second; this thread does nothing else meanwhile."""

_MAGIC = b"TXP1"
_SUFFIX = ".argb"
_log = Log(__name__)

_unwritten: dict[str, bytes] = {}
"""Looks that could not be written to the cache, by their names. There are some 200, of 4 kB each, compressed."""
_too_slow: set[str] = set()
"""Looks whose painter did not end in time. When wanted again, they are drawn in this process."""


def pixmaps(state: State, unread: int, directory: str | os.PathLike[str], quiet: bool = False) -> list[Pixmap]:
    """The icon in all :data:`SIZES`, from the cache in ``directory``; if it is not there, it is drawn and put there.

    If the drawing takes too long, it is the cached icon of the same state with the nearest number, if there is one.

    Args:
        state: The state that the icon shows.
        unread: The number on the badge; 0 for none.
        directory: Holds only this cache; made if it is missing.
        quiet: Notifications are paused.
    """
    # Badges say 99+ at most, and there are none without a good session: so there are fewer looks than numbers.
    shown = min(unread, 100) if state in SIGNED_IN else 0
    quiet = quiet and state in SIGNED_IN
    name = _name(state, shown, quiet)
    if (kept := _kept(name, directory)) is not None:
        return kept
    pictures = None
    if name not in _too_slow:
        try:
            pictures = _painted(state, shown, quiet)
        except TimeoutError:
            _too_slow.add(name)
            for other in sorted(range(101), key=lambda number: abs(number - shown)):
                if (nearest := _kept(_name(state, other, quiet), directory)) is not None:
                    return nearest
    pictures = pictures or _draw(state, shown, quiet)
    packed = _pack(pictures)
    try:
        _store(os.fspath(directory), name, packed)
    except OSError as error:
        _log.debug("icon cache %s cannot be written: %s", directory, error)
        _unwritten[name] = zlib.compress(packed)
    return pictures


def _kept(name: str, directory: str | os.PathLike[str]) -> list[Pixmap] | None:
    """This look, if it was drawn before and can be read."""
    path = os.path.join(directory, name)
    try:
        if (packed := _unwritten.get(name)) is not None:
            return _unpack(zlib.decompress(packed))
        pictures = _unpack(_read(path))
        with suppress(OSError):
            os.utime(path)
        return pictures
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        _log.debug("cached icon %s is unusable (%s), drawn anew", path, error)
    return None


def _draw(state: State, shown: int, quiet: bool) -> list[Pixmap]:
    from . import icons

    return [(size, size, icons.argb32(icons.draw(state, shown, size, quiet))) for size in SIZES]


def _name(state: State, shown: int, quiet: bool) -> str:
    return f"{state.value}-{shown}{'-quiet' if quiet else ''}-{_drawing():08x}{_SUFFIX}"


def _painted(state: State, shown: int, quiet: bool) -> list[Pixmap] | None:
    """The look, drawn by a painter, so that this process never holds Pillow's megabytes; ``None`` if that fails.

    Raises:
        TimeoutError: the painter did not end in time, and was killed.
    """
    if sys.platform == "win32" or not sys.executable:
        return None
    import subprocess

    from ..process import itself

    command = [*itself.command(__name__), state.value, str(shown), *(["quiet"] if quiet else [])]
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    try:
        environ = os.environ | itself.environment()
        painter = subprocess.Popen(command, env=environ, stdin=null, stdout=pipe, stderr=null)
    except OSError as error:
        _log.debug("no process could be had to draw an icon: %s", error)
        return None
    try:
        return _unpack(painter.communicate(timeout=PAINTED_WITHIN)[0])
    except subprocess.TimeoutExpired:
        _log.debug("no icon was drawn within %s s", PAINTED_WITHIN)
        raise TimeoutError from None
    except ValueError as error:
        _log.debug("the drawn icon is unusable: %s", error)
    finally:
        painter.kill()
        with suppress(subprocess.TimeoutExpired):  # a process that waits for a disk does not end even if killed
            painter.wait(0.1)
    return None


def rgba(pixmap: Pixmap) -> Pixmap:
    """The same picture with its pixels as R, G, B, A: what a toast's hint ``image-data`` takes."""
    width, height, argb = pixmap
    turned = bytearray(len(argb))
    turned[0::4], turned[1::4], turned[2::4], turned[3::4] = argb[1::4], argb[2::4], argb[3::4], argb[0::4]
    return width, height, bytes(turned)


def png(pixmap: Pixmap) -> bytes:
    """The picture as a PNG file, for callers that take no raw pixels; made without Pillow."""
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
    """A number that changes when the code that draws changes."""
    from .. import __version__

    seed = zlib.crc32(repr((__version__, SIZES)).encode())
    try:
        return zlib.crc32(_read(os.path.join(os.path.dirname(__file__), "icons.py")), seed)
    except OSError:
        # The program is frozen into one file: then the version alone tells drawings apart.
        return seed


def _pack(pictures: list[Pixmap]) -> bytes:
    body = b"".join(struct.pack("<II", width, height) + pixels for width, height, pixels in pictures)
    return _MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def _unpack(data: bytes) -> list[Pixmap]:
    """The pictures in a cached file.

    Raises:
        ValueError: the file is damaged, or has other sizes.
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


def _store(directory: str, name: str, packed: bytes) -> None:
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, name)
    with paths.replacing(path) as file:
        file.write(packed)
    with os.scandir(directory) as entries:
        files = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(_SUFFIX)]
    for _, old in sorted(files, reverse=True)[KEPT_FILES:]:
        with suppress(OSError):
            os.unlink(old)


if __name__ == "__main__":
    sys.stdout.buffer.write(_pack(_draw(State(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["quiet"])))
