"""Makes text from the network safe to show: plain, clean and cut to size. Pure.

Text from the network may be megabytes long, and hold control characters, characters that turn the reading direction
around, and halves of emoji; the result is plain text without these. It is not escaped: only the caller who hands it to
a notification daemon knows whether that daemon reads markup.
"""

from __future__ import annotations

import re
import unicodedata

_READ = 20_000
"""Characters of a text that are read; the rest is dropped."""
_LONGEST_CLUSTER = 32
"""Characters that may belong to one visible sign; more than these is no sign but abuse."""

_LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
# Control characters (C0, DEL, C1) and those that embed, isolate or override a reading direction. The zero-width joiners
# stay: emoji, Persian and the languages of India are written with them; so do the left-to-right and right-to-left
# marks, which turn nothing around.
_REMOVED = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
"""Characters that Python calls printable and nobody can see."""


def plain(html: str) -> str:
    """The plain text of the HTML that people write at Telex (see :func:`.markup.plain`)."""
    if "<" not in html and "&" not in html:
        return html.replace("\xa0", " ")
    from .markup import plain as without_markup  # late: without markup no parser and no table of entities is needed

    return without_markup(html)


def clean(text: str) -> str:
    """Text that is safe to show, with its line breaks (as ``\\n``).

    Control and bidirectional-override characters are removed, a tabulator becomes a blank, a lone surrogate U+FFFD.
    """
    text = text[:_READ]
    if text.isprintable():
        return text.strip()
    if _SURROGATE.search(text):
        # Two halves that found each other are one character again; a lone one becomes U+FFFD.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _LINE_BREAK.sub("\n", text).replace("\t", " ")
    return _REMOVED.sub("", text).strip()


def one_line(text: str) -> str:
    """Like :func:`clean`, with each line break (and the blanks around it) made one blank."""
    return " ".join(lines(clean(text)))


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, the last an ellipsis if something was cut; no emoji or letter is cut in half."""
    if len(text) <= limit:
        return text
    end = limit - 1
    for place in range(end, max(end - _LONGEST_CLUSTER, 0), -1):
        if not _joined(text, place):
            end = place
            break
    return text[:end].rstrip() + "…"


def lines(text: str) -> list[str]:
    """The lines that are not blank, without the blanks around them."""
    return [line for line in map(str.strip, text.split("\n")) if line]


def visible(text: str) -> str:
    """The text; empty if nobody could see any of it."""
    if any(char.isprintable() and not char.isspace() and char not in _BLANK for char in text):
        return text
    return ""


def _joined(text: str, place: int) -> bool:
    """Whether the characters before and after this place belong to one visible sign."""
    before, after = text[place - 1], text[place]
    if before == "\u200d" or after in "\u200c\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":  # skin tones, tags of flags
        return True
    if _is_regional(before) and _is_regional(after):
        first = place - 1
        while first > 0 and _is_regional(text[first - 1]):
            first -= 1
        return (place - first) % 2 == 1  # flags are pairs, counted from the first
    return unicodedata.category(after).startswith("M")


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
