"""``http.client`` without the package email, of which it uses the reading of header fields alone.

The package and what it brings hold 1.4 MB (docs/weight.md). The module here is a copy of its own: who imports
``http.client`` elsewhere gets it with email.
"""

from __future__ import annotations

import sys
from collections.abc import ItemsView
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..stand_ins import StandIn, standing_in
from . import http_head

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead


class Fields:
    """The header fields of an answer; several of a name are joined by a comma (RFC 9110, section 5.3)."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def read(self, text: str) -> None:
        """Take them from the lines of a head.

        Raises:
            ValueError: they give the body more than one length, or what is none (RFC 9110, section 8.6): http.client
                would read it up to the connection's end.
        """
        self._fields = http_head.fields(text)
        lengths = {length.strip() for length in self._fields.get("content-length", "0").split(",")}
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit()):
            raise ValueError("Content-Length")
        if "content-length" in self._fields:
            self._fields["content-length"] = length

    def get(self, name: str, default: Any = None) -> Any:
        """A field's value."""
        return self._fields.get(name.lower(), default)

    def items(self) -> ItemsView[str, str]:
        """Names, in lower case, and values."""
        return self._fields.items()


class _Parser:
    """As much of ``email.parser.Parser`` as ``http.client.parse_headers`` uses (Python 3.11 to 3.14)."""

    def __init__(self, _class: type[Fields]) -> None:
        self._class = _class

    def parsestr(self, text: str) -> Fields:
        made = self._class()
        made.read(text)
        return made


def _import() -> Any:
    parser, message = StandIn("email.parser", Parser=_Parser), StandIn("email.message", Message=Fields)
    stand_ins = (StandIn("email", parser=parser, message=message), parser, message)
    names = ("http.client", *(stand_in.__name__ for stand_in in stand_ins))
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        with standing_in(*stand_ins):
            return import_module("http.client")
    finally:
        sys.modules.pop("http.client", None)
        sys.modules.update(before)
        package = sys.modules["http"].__dict__
        package.pop("client", None)
        if "http.client" in before:
            package["client"] = before["http.client"]


if not TYPE_CHECKING:
    _client = _import()
    HTTPConnection = _client.HTTPConnection
    HTTPException = _client.HTTPException
    HTTPResponse = _client.HTTPResponse
    IncompleteRead = _client.IncompleteRead

__all__ = ["Fields", "HTTPConnection", "HTTPException", "HTTPResponse", "IncompleteRead"]
