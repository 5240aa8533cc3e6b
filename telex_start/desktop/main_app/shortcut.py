"""Reads Windows shortcuts: which file one opens. By [MS-SHLLINK], Shell Link Binary File Format.

Pure. Numbers such as 2.1.1 below are sections of that specification. A shortcut's list of item identifiers, which only
the Windows shell understands, is skipped: shortcuts to programs on a local drive name their file elsewhere too.
"""

from __future__ import annotations

import ntpath
import struct
from collections.abc import Iterator, Mapping

LONGEST = 1_000_000
"""Bytes that a shortcut may have; real ones have a few thousand."""

_HEADER = struct.Struct("<I16sI")
_HEADER_SIZE = 0x4C
_CLASS = bytes.fromhex("0114020000000000c000000000000046")
# LinkFlags (2.1.1)
_HAS_ITEM_LIST, _HAS_LINK_INFO = 0x1, 0x2
_HAS_NAME, _HAS_RELATIVE_PATH = 0x4, 0x8
_IS_UNICODE = 0x80
# LinkInfoFlags (2.3)
_LOCAL_PATH, _NETWORK_PATH = 0x1, 0x2
_ENVIRONMENT_BLOCK = 0xA0000001
_MOST_BLOCKS = 100
_PATH_CHARACTERS = 260


def targets(data: bytes, path: str, environ: Mapping[str, str], ansi: str) -> list[str]:
    """The files that a shortcut may open, the likeliest first: absolute paths, of which the first that exists counts.

    Args:
        data: The shortcut.
        path: The shortcut's own path, which its relative path starts from.
        environ: The environment variables, which a path may name.
        ansi: The name of the ANSI code page's codec.

    Returns:
        An empty list if it is no shortcut, or does not open a file.
    """
    try:
        found = list(_targets(data, path, environ, ansi))
    except (struct.error, UnicodeDecodeError):
        return []  # it ends too soon, or gives wrong lengths or texts
    return list(dict.fromkeys(ntpath.normpath(target) for target in found if _is_absolute(target)))


def _is_absolute(path: str) -> bool:
    """Whether a path is absolute and names drive or share; before 3.13 Python calls ``\\folder`` absolute, too."""
    return ntpath.isabs(path) and bool(ntpath.splitdrive(path)[0])


def _targets(data: bytes, path: str, environ: Mapping[str, str], ansi: str) -> Iterator[str]:
    size, kind, flags = _HEADER.unpack_from(data)
    if (size, kind) != (_HEADER_SIZE, _CLASS):
        return
    at = _HEADER_SIZE
    if flags & _HAS_ITEM_LIST:
        at += 2 + _number(data, at, "<H")
    local = ""
    if flags & _HAS_LINK_INFO:
        info = data[at : at + _number(data, at)]
        local = _local_path(info, ansi)
        at += _number(data, at)
    relative = ""
    for which in range(5):  # name, relative path, working folder, arguments, place of the icon (2.4)
        flag = _HAS_NAME << which
        if flags & flag:
            count = _number(data, at, "<H") * (2 if flags & _IS_UNICODE else 1)
            text = data[at + 2 : at + 2 + count]
            if flag == _HAS_RELATIVE_PATH:
                relative = text.decode("utf-16-le" if flags & _IS_UNICODE else ansi)
            at += 2 + count
    # A path with variables is the one that stays right on another machine.
    yield from _with_variables(data, at, environ, ansi)
    yield local
    if relative:
        yield ntpath.join(ntpath.dirname(path), relative)


def _local_path(info: bytes, ansi: str) -> str:
    """The path on a local drive, or in a folder of the network (2.3); empty for none."""
    header, flags, _, base, network, suffix = struct.unpack_from("<6I", info, 4)
    unicode_base, unicode_suffix = struct.unpack_from("<2I", info, 28) if header >= 0x24 else (0, 0)
    end = _wide(info, unicode_suffix) if unicode_suffix else _narrow(info, suffix, ansi)
    if flags & _LOCAL_PATH:
        return (_wide(info, unicode_base) if unicode_base else _narrow(info, base, ansi)) + end
    if flags & _NETWORK_PATH:
        folder = _narrow(info, network + _number(info, network + 8), ansi)
        return ntpath.join(folder, end)
    return ""


def _with_variables(data: bytes, at: int, environ: Mapping[str, str], ansi: str) -> Iterator[str]:
    """The path of the EnvironmentVariableDataBlock (2.5.4), its variables resolved."""
    for _ in range(_MOST_BLOCKS):
        if len(data) < at + 8 or (size := _number(data, at)) < 8:
            return
        if _number(data, at + 4) == _ENVIRONMENT_BLOCK:
            block = data[at + 8 : at + size]
            narrow, wide = block[:_PATH_CHARACTERS], block[_PATH_CHARACTERS:]
            yield _resolved(_wide(wide, 0) if len(wide) >= 2 else _narrow(narrow, 0, ansi), environ)
        at += size


def _resolved(text: str, environ: Mapping[str, str]) -> str:
    """The text with its ``%VARIABLES%``, in whose names small letters and capitals are the same; unknown ones stay."""
    known = {name.upper(): value for name, value in environ.items()}
    parts = text.split("%")
    for place in range(1, len(parts) - 1, 2):
        parts[place] = known.get(parts[place].upper(), f"%{parts[place]}%")
    return "".join(parts) if len(parts) % 2 else text


def _number(data: bytes, at: int, form: str = "<I") -> int:
    number: int = struct.unpack_from(form, data, at)[0]
    return number


def _narrow(data: bytes, at: int, ansi: str) -> str:
    return data[at:].partition(b"\0")[0].decode(ansi)


def _wide(data: bytes, at: int) -> str:
    text = data[at : at + 2 * ((len(data) - at) // 2)].decode("utf-16-le", "replace")
    return text.partition("\0")[0]
