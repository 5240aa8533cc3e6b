"""JSON as it comes over the wire, read with tolerance; and the elements of a list, while the text comes. Pure.

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


def decode(text: bytes | bytearray) -> Any:
    """The value of a JSON text. Bytes that are no UTF-8 become U+FFFD, too.

    Raises:
        ValueError: it is none, or one that is nested too deeply.
    """
    clean = text.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\\ud" in clean or "\\uD" in clean:
        clean = _SURROGATES.sub(_replace_lone, clean)
    try:
        return _decoder.decode(clean)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _replace_lone(found: re.Match[str]) -> str:
    return found[1] + _PAIR_OR_LONE.sub(lambda each: each[1] or r"\ufffd", found[2])


# No possessive quantifiers: up to Python 3.11.4 they miss matches (https://github.com/python/cpython/issues/106052).
_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
"""Up to the end of the string, or to a backslash that escapes what has not come."""
_PLAIN = re.compile(rb'[^"\[\]{}]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"\[\]{}]*)*', re.DOTALL)
"""Up to a bracket, or to a string whose end has not come."""
_BETWEEN = re.compile(rb'[^"\[\]{},]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"\[\]{},]*)*', re.DOTALL)
"""Likewise, or up to a comma."""
_SMALL = rb'[{\[][^"\[\]{}]{0,40}(?:"[^"\\]{0,40}"[^"\[\]{}]{0,40}){0,8}[\]}]'
"""A small object or list that holds no others: many of them bracket by bracket would take a second."""
_SMALL_ELEMENT = re.compile(_SMALL)
_INSIDE = re.compile(rb'[^"\[\]{}]*(?:(?:"[^"\\]*(?:\\.[^"\\]*)*"|' + _SMALL + rb')[^"\[\]{}]*)*', re.DOTALL)
"""As :data:`_PLAIN`, of an element, and past the small ones that it holds."""
_ROW = re.compile(rb"[\[{]+|[\]}]+")
_ELEMENT_DEPTH = 2
"""Brackets that are open around an element."""
_KEY = re.compile(rb'[{,]\s*"data"\s*:\s*\Z')
_LONGEST_KEY = 100
"""Bytes of that, white space included."""


class TooLarge(Exception):
    """The text is too large without its elements."""


class Elements:
    """Cuts the elements out of the list ``data`` of an object, as in ``{"status": "success", "data": [{}, {}]}``.

    No more of the text is held than one element and :attr:`rest`. What is looked at is strings and brackets alone:
    whether a text is JSON, whoever decodes it will see.
    """

    def __init__(self, most: int) -> None:
        """``most``: bytes of an element, and of the rest. A larger element is left out, and costs no other."""
        self.rest = bytearray()
        """The text without what stands in the list."""
        self.left_out = 0
        """Elements that were too large."""
        self._most = most
        self._half = b""
        """A backslash at the end of what came."""
        self._in_string = False
        self._depth = 0
        self._in_list = False
        self._element: bytearray | None = None
        self._ended: list[bytes] = []
        self._over = False
        """This element is too large."""
        self._commas = 0
        self._any = False

    @property
    def there(self) -> int:
        """How many elements there were, of any kind and size."""
        return self._commas + self._any

    def feed(self, piece: bytes) -> list[bytes]:
        """Take the next piece of the text.

        Returns:
            The elements that end in it, of those that are objects or lists.

        Raises:
            TooLarge: the rest is.
        """
        piece, self._half = self._half + piece, b""
        at = 0
        while at < len(piece):
            outside = _INSIDE if self._element is not None else _BETWEEN if self._in_list else _PLAIN
            found = (_STRING if self._in_string else outside).match(piece, at)
            assert found is not None  # each of them matches nothing, too
            end = found.end()
            self._keep(piece[at:end])
            sign = piece[end : end + 1]
            if sign == b"\\":
                self._half = piece[end:]
                break
            if sign == b",":
                self._commas += 1
            elif sign == b'"':
                self._keep(sign)
                self._in_string = not self._in_string
            elif sign and self._in_list and self._element is None and (small := _SMALL_ELEMENT.match(piece, end)):
                self._any = True
                self._ended.append(small[0])
                end = small.end() - 1
            elif sign:
                end += self._brackets(piece, end, sign) - 1
            at = end + 1
        ended, self._ended = self._ended, []
        return ended

    def _brackets(self, piece: bytes, at: int, sign: bytes) -> int:
        """Take the bracket there, or a row of its like; gives how many."""
        row = _ROW.match(piece, at)
        assert row is not None
        depth = self._depth + (len(row[0]) if sign in b"{[" else -len(row[0]))
        if min(self._depth, depth) <= _ELEMENT_DEPTH:
            self._bracket(sign)
            return 1
        self._depth = depth  # nothing begins or ends in it: 100,000 brackets one by one take a second
        self._keep(row[0])
        return len(row[0])

    def _bracket(self, sign: bytes) -> None:
        if sign in b"{[":
            if self._in_list and self._element is None:
                self._element, self._any = bytearray(), True
            self._depth += 1
            if (
                sign == b"["
                and self._depth == _ELEMENT_DEPTH
                and not self._in_list
                and _KEY.search(self.rest[-_LONGEST_KEY:])
            ):
                self._keep(sign)
                self._in_list = True
                return
        else:
            self._depth -= 1
            if self._depth == 1:
                self._in_list = False
        self._keep(sign)
        if self._element is not None and self._depth == _ELEMENT_DEPTH:
            self._end_element(self._element)

    def _end_element(self, element: bytearray) -> None:
        over, self._over, self._element = self._over, False, None
        if over:
            self.left_out += 1
        else:
            self._ended.append(bytes(element))

    def _keep(self, text: bytes) -> None:
        if self._element is not None:
            if not self._over:
                self._element += text
                if len(self._element) > self._most:
                    self._over = True
                    self._element.clear()
        elif self._in_list:
            self._any = self._any or bool(text.strip())
        else:
            self.rest += text
            if len(self.rest) > self._most:
                raise TooLarge
