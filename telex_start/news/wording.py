"""Every word of a toast. Pure; the network's text in it is made fit to show by :mod:`.text`."""

from __future__ import annotations

from ..face import plural
from ..toast import Toast
from .text import clean, cut, lines, one_line, visible
from .unread import News

LONGEST_TITLE = 200
"""Characters, the ellipsis included."""
LONGEST_BODY = 1000
"""Characters, the ellipsis included."""

PROGRAM = "Telex"
"""The title where no name is known."""

_ORGANISATION_SHARE = 80
"""Characters a title keeps for the organisation's name when both names are too long."""


def toast_of(news: News, organisation_name: str, several_organisations: bool) -> Toast:
    """The toast for one piece of news.

    Args:
        news: With its texts as they came.
        organisation_name: The name of the organisation that it came from, as it came.
        several_organisations: The user has more than one, so the title names this one.
    """
    organisation = cut(visible(one_line(organisation_name)), LONGEST_TITLE)
    name = cut(visible(one_line(news.name or "")), LONGEST_TITLE)
    title = name or organisation or PROGRAM
    if name and organisation and several_organisations:
        organisation_share = cut(organisation, max(_ORGANISATION_SHARE, LONGEST_TITLE - 3 - len(name)))
        title = f"{cut(name, LONGEST_TITLE - 3 - len(organisation_share))} · {organisation_share}"
    counts = _counts(news.unread, news.mentions)
    text = visible(clean(news.text or "")) or "New unread message"
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


def said(title: str, message: str, *, key: str | None = None) -> Toast:
    """A toast in which the program itself speaks, of a trouble for example; both texts may hold the network's words.

    Args:
        key: By what it is replaced and taken away; by default its title, so that the same trouble is there once. By an
            empty one it is not, and stays when the program ends.
    """
    words = cut(visible(one_line(title)), LONGEST_TITLE) or PROGRAM
    return Toast(title=words, body=cut(visible(clean(message)), LONGEST_BODY), key=words if key is None else key)


SIGNING_IN = "signing in"
"""The key of what is said about signing in: it holds until somebody does."""
TRAY = "tray"
"""The key of what is said about a missing tray: it holds until one comes."""

SIGNED_OUT = Toast(
    title="Telex Start is signed out",
    body="Right-click the icon and choose Login.",
    key=SIGNING_IN,
    transient=True,
)
"""Said once, at a start without credentials."""

SIGN_IN_NEEDED = Toast(
    title="Please sign in again",
    body="Telex has ended the session. Until you sign in, no notifications come.",
    key=SIGNING_IN,
)
"""Said where there are no windows."""

SIGN_IN_BY_CLICK = Toast(title=SIGN_IN_NEEDED.title, body=f"{SIGN_IN_NEEDED.body} Click here.", key=SIGNING_IN)
"""Said where the login window is not to be opened unasked; a click opens it."""


def no_tray(missing: str, signed_in: bool) -> Toast:
    """There is nowhere to put the icon.

    Args:
        missing: What is missing for it; a sentence without its full stop.
        signed_in: Somebody is, so the icon's menu is not needed for that.
    """
    what_then = "Notifications come all the same." if signed_in else f"{SIGN_IN_WITHOUT_ICON}."
    return said("No tray for the icon", f"{missing}. {what_then}", key=TRAY)


SIGN_IN_WITHOUT_ICON = "To sign in, click here, or start telex-start with --email NAME --password-stdin"
"""What to do without a menu; a sentence without its full stop."""

SAMPLE = Toast(title="General · Telex", body="This is what a notification from Telex looks like.\n2 unread, 1 mention")
"""What Test Notifications shows."""


def console_line(toast: Toast) -> str:
    """The toast as one readable line for a terminal, without its newline and without any control character."""
    body = " · ".join(lines(clean(toast.body)))
    title = one_line(toast.title)
    return f"{title}: {body}" if body else title


def _counts(unread: int, mentions: int) -> str:
    if unread <= 1 and mentions <= 0:
        return ""
    return f"{unread} unread" + (f", {plural(mentions, 'mention')}" if mentions > 0 else "")
