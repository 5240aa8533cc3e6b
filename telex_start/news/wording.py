"""Every word of a toast, and what keeps the network's text from doing harm in one.

Pure. What comes from the network may hold control characters, characters that turn the reading direction around, halves
of emoji and megabytes; what leaves here is plain text, cut to size, without them. Markup is not this module's matter:
only who hands the text to a daemon knows whether that daemon reads markup.
"""

from __future__ import annotations

import re
import unicodedata

from ..face import plural
from .toast import Toast
from .unread import News

LONGEST_TITLE = 200
"""Characters, the ellipsis included."""
LONGEST_BODY = 1000
"""Characters, the ellipsis included."""

PROGRAM = "Telex"
"""The title where no name is known."""

_ORGANISATION_SHARE = 80
"""Characters a title keeps for the organisation's name when both names are too long."""
_READ = 20_000
"""Characters of a text that are looked at."""
_LONGEST_CLUSTER = 32
"""Characters that may belong to one visible sign; more are no sign but mischief."""

_LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
# Control characters (C0, DEL, C1) and those that embed, isolate or override a reading direction. The zero-width joiners
# stay: emoji, Persian and the languages of India are written with them; so do the left-to-right and right-to-left
# marks, which turn nothing around.
_REMOVED = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
"""Characters that Python calls printable and nobody can see."""


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
    return " ".join(_lines(clean(text)))


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, the last an ellipsis where something was cut; no emoji or letter is cut in half."""
    if len(text) <= limit:
        return text
    end = limit - 1
    for place in range(end, max(end - _LONGEST_CLUSTER, 0), -1):
        if not _joined(text, place):
            end = place
            break
    return text[:end].rstrip() + "…"


def toast_of(news: News, organisation_name: str, several_organisations: bool) -> Toast:
    """The toast for one piece of news.

    Args:
        news: With its texts as they came.
        organisation_name: The name of the organisation that it came from, as it came.
        several_organisations: The user has more than one, so the title names this one.
    """
    organisation = cut(_visible(one_line(organisation_name)), LONGEST_TITLE)
    name = cut(_visible(one_line(news.name or "")), LONGEST_TITLE)
    title = name or organisation or PROGRAM
    if name and organisation and several_organisations:
        organisation_share = cut(organisation, max(_ORGANISATION_SHARE, LONGEST_TITLE - 3 - len(name)))
        title = f"{cut(name, LONGEST_TITLE - 3 - len(organisation_share))} · {organisation_share}"
    counts = _counts(news.unread, news.mentions)
    text = _visible(clean(news.text or "")) or "New unread message"
    if counts:
        text = f"{cut(text, LONGEST_BODY - 1 - len(counts))}\n{counts}"
    return Toast(
        title=title,
        body=cut(text, LONGEST_BODY),
        organisation=organisation or None,
        channel=name or None,
        unread=news.unread,
        conversation=news.conversation if news.conversation.ident else None,
    )


def flood_summary(count: int, conversations: int) -> Toast:
    """One toast for all that the flood rule held: ``997 more in 12 conversations``."""
    return Toast(
        title=PROGRAM, body=f"{count} more in {plural(conversations, 'conversation')}", unread=count, summary=True
    )


def away_summary(unread: int, conversations: int) -> Toast:
    """One toast for the past: ``While you were away: 12 unread in 4 conversations``."""
    return Toast(
        title="While you were away",
        body=f"{unread} unread in {plural(conversations, 'conversation')}",
        unread=unread,
        summary=True,
    )


def said(title: str, message: str, *, urgent: bool = False) -> Toast:
    """A toast in which the program itself speaks, of a trouble for example; both texts may hold the network's words."""
    return Toast(
        title=cut(_visible(one_line(title)), LONGEST_TITLE) or PROGRAM,
        body=cut(_visible(clean(message)), LONGEST_BODY),
        urgent=urgent,
    )


SIGNED_OUT = Toast(title="Telex Start is signed out", body="Right-click the icon and choose Login.")
"""Said once, at a start without credentials."""

SIGN_IN_NEEDED = Toast(
    title="Please sign in again",
    body="Telex has ended the session. Until you sign in, no notifications come.",
    urgent=True,
)

NO_TRAY = Toast(
    title="No tray for the icon",
    body="Telex Start is running and notifies, but this desktop has no tray now. The icon comes when a tray does.",
)

SAMPLE = Toast(title="General · Telex", body="This is what a notification from Telex looks like.\n2 unread, 1 mention")
"""What Test Notifications shows."""


def console_line(toast: Toast) -> str:
    """The toast as one readable line for a terminal, without its newline and without any control character."""
    body = " · ".join(_lines(clean(toast.body)))
    title = one_line(toast.title)
    return f"{title}: {body}" if body else title


def _lines(text: str) -> list[str]:
    """The lines that hold anything."""
    return [line for line in map(str.strip, text.split("\n")) if line]


def _counts(unread: int, mentions: int) -> str:
    if unread <= 1 and mentions <= 0:
        return ""
    return f"{unread} unread" + (f", {plural(mentions, 'mention')}" if mentions > 0 else "")


def _visible(text: str) -> str:
    """The text, or nothing if it is one that nobody can see."""
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
