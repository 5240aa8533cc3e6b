"""Turns the HTML that people write at Telex into plain text. Never fetches anything that the HTML names. Pure."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from .publications import LONGEST_TEXT

_BLANKS = re.compile("[ \t\n\r\f\xa0]+")
_COMMENT = re.compile("<!--.*?-->", re.DOTALL)
_TAG = re.compile("<[^<>]*>")
_NO_TAG = re.compile(r"<(?=[^<>]*(?:<|\Z))")
"""A ``<`` that begins no tag. For each of them HTMLParser (Python 3.11 to 3.13) would search all the rest for an end:
10,000 characters of ``<a`` took 1.5 seconds."""
_LINES = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "details", "div", "dl", "dt", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
"""Elements that begin and end a line; cells of a table are among them."""
_UNSEEN = frozenset({"head", "noscript", "script", "style", "template", "title"})


def plain(html: str) -> str:
    """The text of a piece of HTML: a line for each paragraph, break and list item; links by their text.

    Without any tag it is read as text with entities, and its line breaks stay.
    """
    if len(html) >= LONGEST_TEXT and html.rfind("<") > html.rfind(">"):
        html = html[: html.rfind("<")]  # a tag that was cut in half
    if "<" not in html:
        return unescape(html).replace("\xa0", " ")
    end = html.rfind("-->") + 3  # no comment ends after this: the pattern would search to the end for each "<!--"
    html = _NO_TAG.sub("&lt;", _COMMENT.sub("", html[:end]) + html[end:])
    lines = _Lines()
    try:
        lines.feed(html)
        lines.close()
    except AssertionError:  # Python 3.11: "<![>" and the like
        return _BLANKS.sub(" ", unescape(_TAG.sub(" ", html))).strip()
    return lines.text()


class _Lines(HTMLParser):
    """Collects the lines of the text in a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._unseen = 0
        self._kept = 0
        """How many ``pre`` are open: in these, blanks and line breaks are kept."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _LINES:
            self._break()
            self._kept += tag == "pre"
        elif tag == "img" and not self._unseen:
            self._line.append(dict(attrs).get("alt") or "")  # emoji come as images

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN and tag != "pre":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _LINES:
            self._break()
            self._kept = max(0, self._kept - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        first, *rest = data.split("\n") if self._kept else [data]
        self._line.append(first)
        for line in rest:
            self._break()
            self._line.append(line)

    def text(self) -> str:
        """The lines so far, without the empty ones."""
        self._break()
        return "\n".join(self._lines)

    def _break(self) -> None:
        line = "".join(self._line)
        self._line.clear()
        line = line.replace("\xa0", " ").rstrip() if self._kept else _BLANKS.sub(" ", line).strip()
        if line.strip():
            self._lines.append(line)
