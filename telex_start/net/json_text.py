"""JSON as it comes over the wire: read fast where it is clean, and tolerantly where it is not. Pure."""

from __future__ import annotations

import json
from typing import Any

import msgspec

REFUSALS = (msgspec.MsgspecError, ValueError, RecursionError)
"""What ``msgspec.json.decode`` raises for a text that it does not take.

Bytes that are no UTF-8 are a ``UnicodeDecodeError`` to msgspec 0.22.0 and a ``DecodeError`` to 0.23.0.
"""


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

    msgspec refuses a whole text for one lone surrogate (a preview or a name cut inside an emoji), which Telex and a
    real Centrifugo pass on; the standard library takes it.

    Raises:
        ValueError: the standard library does not take it either.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None
