"""JSON as it comes over the wire: read fast where it is clean, and tolerantly where it is not. Pure."""

from __future__ import annotations

import json
from typing import Any

import msgspec


def decode(text: str | bytes) -> Any:
    """The value of a JSON text.

    msgspec refuses a whole text for one lone surrogate (a preview or a name cut inside an emoji), which Telex and a
    real Centrifugo pass on; the standard library takes it.

    Raises:
        ValueError: neither decoder takes it.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        try:
            return json.loads(text)
        except RecursionError as error:
            raise ValueError(str(error)) from None
