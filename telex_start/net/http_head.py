"""The head of an HTTP/1 answer, read up to its end and no further: what follows belongs to somebody else. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MOST_BYTES = 16 * 1024
"""A head larger than this is not read."""
_MOST_INTERIM = 8
"""Interim answers before the final one, at most."""


class NotHttp(Exception):
    """What came is no head of an HTTP answer, or is too large, or was cut off."""


class Head(NamedTuple):
    """The status and the header fields of an answer."""

    status: int
    fields: dict[str, str]
    """By name in lower case; several of a name joined by a comma (RFC 9110, section 5.3)."""

    def words(self, name: str) -> set[str]:
        """The comma-separated words of a field, in lower case."""
        return {word.strip().lower() for word in self.fields.get(name, "").split(",")} - {""}


def read(receive: Callable[[int], bytes]) -> Head:
    """The head of the final answer.

    Interim answers (RFC 9110, section 15.2) are passed over, but for 101, which is the last that HTTP says.

    Args:
        receive: Gives at most so many bytes of what comes, ``b""`` at its end. It is asked for one at a time.

    Raises:
        NotHttp: there is none.
        Exception: whatever ``receive`` raises.
    """
    for _ in range(_MOST_INTERIM):
        head = _parsed(_bytes(receive))
        if head.status == 101 or head.status >= 200:
            return head
    raise NotHttp("nothing but interim answers")


def _bytes(receive: Callable[[int], bytes]) -> bytes:
    read = bytearray()
    while not read.endswith((b"\r\n\r\n", b"\n\n")):
        byte = receive(1)
        if not byte:
            raise NotHttp("it was cut off" if read else "nothing came")
        read += byte
        if len(read) == 5 and not read.startswith(b"HTTP/"):
            raise NotHttp("it does not begin like an answer")
        if len(read) > MOST_BYTES:
            raise NotHttp("it is too large")
    return bytes(read)


def _parsed(read: bytes) -> Head:
    first, *lines = (line.rstrip("\r") for line in read.decode("latin-1").split("\n"))
    version, _, rest = first.partition(" ")
    code = rest.strip().partition(" ")[0]
    if not version.startswith("HTTP/1.") or not (len(code) == 3 and code.isascii() and code.isdigit()):
        raise NotHttp("its first line is no status line")
    return Head(int(code), _fields(lines))


def fields(text: str) -> dict[str, str]:
    """The header fields in the lines of a head that follow its first, as in :class:`Head`."""
    return _fields([line.rstrip("\r") for line in text.split("\n")])


def _fields(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            name, value = name.strip().lower(), value.strip()
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found
