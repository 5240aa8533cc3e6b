"""Writing JSON as Centrifugo does: without spaces, and with payloads passed on exactly as they came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RawJson:
    """JSON text that stands for itself inside a bigger value."""

    text: str


def compact(value: object) -> str:
    """JSON without spaces; non-ASCII as itself, except lone surrogates, which only an escape can carry."""
    if isinstance(value, RawJson):
        return value.text
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{compact(str(key))}:{compact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(compact, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() or _encodable(text) else json.dumps(value)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def one_line(text: str) -> str:
    """JSON text fit to stand in a frame, where a newline would end it.

    A newline in valid JSON is only ever white space between tokens.
    """
    return text.replace("\n", " ").replace("\r", " ")
