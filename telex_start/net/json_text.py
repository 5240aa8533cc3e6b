"""JSON as it comes over the wire: read fast where it is clean, and tolerantly where it is not. Pure.

Half an emoji (a lone surrogate, of a text or name cut inside it) becomes U+FFFD here, where it comes in: nothing else
need know of it, and everything can be written as UTF-8.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

REFUSALS = (msgspec.MsgspecError, ValueError, RecursionError)
"""What ``msgspec.json.decode`` raises for a text that it does not take.

Bytes that are no UTF-8 are a ``UnicodeDecodeError`` to msgspec 0.22.0 and a ``DecodeError`` to 0.23.0.
"""

_SURROGATES = re.compile(rb"(?<!\\)(?:\\\\)*((?:\\u[dD][89a-fA-F][0-9a-fA-F]{2})+)")
"""Escapes of surrogates in a row, behind an even number of backslashes."""
_ESCAPE = len(rb"\ud83d")
_REPLACED = rb"\ufffd"


def decode(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: neither decoder takes it.
    """
    try:
        return msgspec.json.decode(text)
    except REFUSALS:
        return decode_tolerantly(text)


def decode_tolerantly(text: str | bytes) -> Any:
    """The value of a JSON text that msgspec has refused.

    msgspec refuses a whole text for one lone surrogate, which Telex and a real Centrifugo pass on.

    Raises:
        ValueError: the standard library does not take it either.
    """
    mended = bytearray(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    mend(mended)
    try:
        return json.loads(mended.decode("utf-8-sig", "replace"))
    except RecursionError as error:
        raise ValueError(str(error)) from None


def mend(text: bytearray | memoryview) -> None:
    """Replace each lone surrogate in JSON text by U+FFFD, in its place."""
    for found in _SURROGATES.finditer(text):
        place, end = found.span(1)
        while place < end:
            pair = place + _ESCAPE < end and text[place + 3] in b"89abAB" and text[place + _ESCAPE + 3] in b"cdefCDEF"
            if not pair:
                text[place : place + _ESCAPE] = _REPLACED
            place += 2 * _ESCAPE if pair else _ESCAPE
