"""What people write at Telex, which is HTML, as plain text. Nothing in it is ever fetched. Pure."""

from __future__ import annotations

import re

MOST_READ = 10_000
"""Characters of HTML that are looked at."""

_BLANKS = re.compile("[ \t\n\r\f\xa0]+")
_TAG = re.compile("<[^<>]*>")
_NO_TAG = re.compile(r"<(?=[^<>]*(?:<|\Z))")
"""A ``<`` that begins no tag. HTMLParser (Python 3.11 to 3.13) would look for its end through all the rest, once for
each of them: 10,000 characters of ``<a`` took 1.5 seconds."""


def plain(html: str) -> str:
    """The text of a piece of HTML: a line for each paragraph, break and list item; links by their text.

    What holds no tag is taken for text with entities, whose line breaks stay.
    """
    if len(html) > MOST_READ:
        html = html[:MOST_READ]
        start = html.rfind("<")
        if start > html.rfind(">"):
            html = html[:start]  # a tag that was cut in half
    if "<" not in html:
        return _unescaped(html).replace("\xa0", " ")
    html = _NO_TAG.sub("&lt;", _without_comments(html))
    from .html_lines import HtmlLines  # late: who gets no markup needs no parser

    parser = HtmlLines()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # Python 3.11: "<![>" and the like
        return _BLANKS.sub(" ", _unescaped(_TAG.sub(" ", html))).strip()
    return parser.text()


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    from html import unescape  # late: its table of entities is large

    return unescape(text)


def _without_comments(html: str) -> str:
    parts = []
    at = 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start)) >= 0:
        parts.append(html[at:start])
        at = end + 3
    return "".join([*parts, html[at:]])
