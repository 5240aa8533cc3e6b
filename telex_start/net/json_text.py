"""JSON as it comes over the wire, read with tolerance. Pure.

Half an emoji (a lone surrogate, of a text or name cut inside it), which Telex and a real Centrifugo pass on, becomes
U+FFFD here, where it comes in: nothing else need know of it, and everything can be written as UTF-8.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u[dD][89a-fA-F]\w\w)+)")
"""Escapes of surrogates in a row, behind an even number of backslashes."""
_PAIR_OR_LONE = re.compile(r"(\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w)|\\u\w{4}")

# NaN and the infinities, which are no JSON, count as null: no number that is read here is prepared for them.
_decoder = json.JSONDecoder(parse_constant=lambda _: None)


def decode(text: str | bytes) -> Any:
    """The value of a JSON text. Bytes that are no UTF-8 become U+FFFD, too.

    Raises:
        ValueError: it is none, or one that is nested too deeply.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    clean = raw.decode("utf-8-sig", "replace")
    if "\\ud" in clean or "\\uD" in clean:
        clean = _SURROGATES.sub(_replace_lone, clean)
    try:
        return _decoder.decode(clean)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _replace_lone(found: re.Match[str]) -> str:
    return found[1] + _PAIR_OR_LONE.sub(lambda each: each[1] or r"\ufffd", found[2])
