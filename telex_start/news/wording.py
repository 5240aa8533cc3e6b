"""Writes all words of a toast, of news and of what the program itself says. Pure; :mod:`.text` cleans Telex's texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..events import SignInFailed, SignInFailure
from ..toast import Action, Place, Toast
from .calls import Call
from .publications import AGENTS, CHANNELS, DIRECT, THREAD_REPLY, News
from .text import clean, cut, lines, one_line, plain, visible

LONGEST_TITLE = 200
"""Characters, the ellipsis included."""
LONGEST_BODY = 1000
"""Characters, the ellipsis included."""

PROGRAM = "Telex"
"""The title if no name is known."""
UNKNOWN = "New unread message"
"""The body if it is not known what was written."""
NEW_MESSAGE = "New message"
"""The body if the text is not to be shown (``show_text``)."""

_NAMED = 6
"""The most conversations that are named in one line; the rest is counted."""
_NAME_SHARE = 60
"""Characters of each name in such a line."""

_ORGANISATION_SHARE = 80
"""Characters that a title keeps for the organisation's name if both names are too long."""


def toast_of(news: News, organisation_name: str, several_organisations: bool, show_text: bool = True) -> Toast:
    """The toast for one piece of news.

    Args:
        news: The news; its texts are as they came from the network.
        organisation_name: The name of the news's organisation, as it came.
        several_organisations: The user has more than one, so the title names this one.
        show_text: ``False``: the title only, nothing of what was written.
    """
    organisation, sender = _name(organisation_name), _name(news.sender)
    to_me_alone = news.direct and not news.group
    name = _name(news.name) or (sender if to_me_alone else "")
    text = visible(clean(plain(news.message or ""))) or news.attached
    body = _with_counts(_said(news, sender, text), news) if show_text else NEW_MESSAGE
    return Toast(
        title=_title(name or _unnamed(news), organisation, several_organisations),
        body=cut(body, LONGEST_BODY),
        organisation=organisation or None,
        channel=name or None,
        unread=news.unread,
        conversation=news.conversation if news.conversation.ident else None,
        sender=sender or (name if to_me_alone else "") or None,
        text=(cut(text, LONGEST_BODY) if show_text else "") or None,
        place=news.place,
        group=news.group,
        actions=_actions(news),
    )


def call_toast(call: Call, organisation_name: str, several_organisations: bool) -> Toast:
    """The toast for a call.

    Args:
        call: The call; its caller's name is as it came.
        organisation_name, several_organisations: As for :func:`toast_of`.
    """
    organisation = _name(organisation_name)
    caller = _name(call.caller)
    return Toast(
        title=cut(f"{caller or 'Somebody'} is calling", LONGEST_TITLE),
        body=organisation if organisation and several_organisations else "Click to join the call.",
        organisation=organisation or None,
        channel=caller or None,
        key=call.key,
        transient=True,
        sender=caller or None,
        place=Place(call.conversation.channel, ("buzz", call.buzz)),
        actions=(Action.JOIN, Action.DECLINE),
        urgent=True,
    )


AWAY = "While you were away"
"""The title of a summary of what was unread before the sign-in."""
PAUSED = "While paused"
"""The title of a summary of what came while the person wanted none."""


def summary(title: str, unread: int, conversations: int, channel: str = "") -> Toast:
    """The toast of a summary: ``While you were away: 12 unread in 4 conversations``.

    Args:
        title: :data:`AWAY`, :data:`PAUSED`, or :data:`PROGRAM` for news that the flood rule held.
        channel: The push channel, if all are of one organisation; else empty.
    """
    body = f"{unread} {'more' if title == PROGRAM else 'unread'} in {plural(conversations, 'conversation')}"
    return Toast(title=title, body=body, unread=unread, summary=True, place=Place(channel))


def plural(count: int, one: str) -> str:
    """``1 organisation``, ``2 organisations``."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def not_marked(failed: Mapping[str, Sequence[str]]) -> Toast:
    """The toast if conversations could not be marked as read; all texts may come from the network.

    Args:
        failed: For each reason (a sentence), the names of the conversations; a name may be empty.
    """
    said_of = []
    for why, names in failed.items():
        known = [cut(visible(one_line(name)), _NAME_SHARE) for name in names if name]
        more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
        said_of.append(f"{', '.join(known[:_NAMED])}{more}: {why}" if known else why)
    return said("Not marked as read", "\n".join(said_of))


NOT_MARKABLE = "What an agent wrote can be marked as read in Telex alone."
"""Why an agent's conversation was not marked as read."""


def said(title: str, message: str, *, key: str | None = None) -> Toast:
    """A toast in which the program itself speaks, of a trouble for example; both texts may come from the network.

    Args:
        key: A toast with the same key replaces it; by default the title, so that the same trouble is shown once. With
            an empty key the toast is never replaced or taken away, and stays when the program ends.
    """
    words = cut(visible(one_line(title)), LONGEST_TITLE) or PROGRAM
    return Toast(title=words, body=cut(visible(clean(message)), LONGEST_BODY), key=words if key is None else key)


SIGNING_IN = "signing in"
"""The key of toasts about signing in: one stays until somebody signs in."""
CONFIGURATION = "configuration"
"""The key of toasts about the configuration: one stays until the configuration is read again."""
_MOST_NAMED = 3
ORGANISATIONS = "organisations"
"""The key of toasts about unknown organisations in the configuration: one stays until it names none any more."""
TRAY = "tray"
"""The key of toasts about a missing tray: one stays until a tray appears."""

SIGNED_OUT = Toast(
    title="Telex Start is signed out",
    body="Right-click the icon and choose Login.",
    key=SIGNING_IN,
    transient=True,
)
"""Shown once, after a start without credentials."""

SIGNED_OUT_BY_CLICK = Toast(title=SIGNED_OUT.title, body="Click here to sign in.", key=SIGNING_IN)
"""Shown after the start if the login window may not open unasked; a click opens it."""

SIGN_IN_NEEDED = Toast(
    title="Please sign in again",
    body="Telex has ended the session. Until you sign in, no notifications come.",
    key=SIGNING_IN,
)
"""Shown if there are no windows."""

SIGN_IN_BY_CLICK = Toast(title=SIGN_IN_NEEDED.title, body=f"{SIGN_IN_NEEDED.body} Click here.", key=SIGNING_IN)
"""Shown if the login window may not open unasked; a click opens it."""

SIGN_IN_AGAIN = (
    "Sign in again to see new organisations",
    "Telex does not say any more which organisations you are in. Notifications from those known go on meanwhile.",
)
"""Title and text of the toast if Telex refuses to list the organisations, while the connection lives."""


def failed_sign_in(failure: SignInFailed, other_name: str | None) -> str:
    """The words for a failed sign-in: its cause, maybe in Telex's own words.

    Args:
        other_name: The name of the environment to try if Telex is not reached; ``None`` if there is none.
    """
    if failure.kind is SignInFailure.NETWORK and other_name is not None:
        hint = f'If other pages can be reached: Telex is called Zedu too, try environment = "{other_name}".'
        return f"{failure.message} {hint}"
    if failure.kind is SignInFailure.TELEX and not failure.message.endswith((".", "?")):
        return f"{failure.title}: {failure.message}."  # Telex's own words that are no sentence, like "HTTP 404"
    return failure.message


def at_the_next_start(keys: Iterable[str]) -> Toast:
    """The toast if settings have changed that the program cannot take up while it runs."""
    words = " and ".join(", ".join(keys).rsplit(", ", 1))
    body = f"{words}; whatever else was changed counts at once."
    return said("Some settings count at the next start", body, key=CONFIGURATION)


def no_such_organisation(named: Sequence[str], known: Sequence[str]) -> Toast:
    """The toast if the configuration names organisations that are none of the signed-in user's.

    Args:
        named: Those organisations, as the configuration names them.
        known: The names of the user's organisations.
    """
    keys = ", ".join(f'organisations."{name}"' for name in named[:_MOST_NAMED])
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    body = f"Without effect: {keys}{more}. Yours: {', '.join(known)}."
    return said("Unknown organisation in the configuration", body, key=ORGANISATIONS)


def no_tray(missing: str, signed_in: bool) -> Toast:
    """The toast if there is nowhere to put the icon.

    Args:
        missing: What is missing for the icon; a sentence without its full stop.
        signed_in: Somebody is signed in, so the icon's menu is not needed for signing in.
    """
    sign_in = "To sign in, click here, or start telex-start with --email NAME --password-stdin."
    what_then = "Notifications come all the same." if signed_in else sign_in
    return said("No tray for the icon", f"{missing}. {what_then}", key=TRAY)


SAMPLE = Toast(title="General · Telex", body="This is what a notification from Telex looks like.\n2 unread, 1 mention")
"""The toast that Test Notifications shows."""


def console_line(toast: Toast) -> str:
    """The toast as one readable line for a terminal, without its newline and without any control character."""
    body = " · ".join(lines(clean(toast.body)))
    title = one_line(toast.title)
    return f"{title}: {body}" if body else title


def _name(raw: str | None) -> str:
    return cut(visible(one_line(raw or "")), LONGEST_TITLE)


def title(name: str, organisation_name: str) -> str:
    """The name of a conversation with its organisation (or only that: ``name`` is empty); both as they came."""
    return _title(_name(name), _name(organisation_name), several_organisations=True)


def _title(name: str, organisation: str, several_organisations: bool) -> str:
    if not (name and organisation and several_organisations):
        return name or organisation or PROGRAM
    organisation_share = cut(organisation, max(_ORGANISATION_SHARE, LONGEST_TITLE - 3 - len(name)))
    return f"{cut(name, LONGEST_TITLE - 3 - len(organisation_share))} · {organisation_share}"


def _actions(news: News) -> tuple[Action, ...]:
    readable = bool(news.place.path) and news.conversation.section in (CHANNELS, DIRECT)
    mutable = bool(news.conversation.ident) and not news.asked_for
    return (Action.MARK_AS_READ,) * readable + (Action.MUTE_HOUR,) * mutable


def _unnamed(news: News) -> str:
    """The title of a toast for which no name is known."""
    if news.asked_for:
        return "Reminder"
    if news.direct and news.conversation.ident:
        return "Group message" if news.group else "Direct message"
    return ""


def _said(news: News, sender: str, text: str) -> str:
    """The body without counts: who wrote what, as far as known and not in the title already."""
    if news.asked_for:
        return "You wanted to be reminded of a message that you saved."
    if sender and news.mentioned and not news.direct:
        sender = f"{sender} mentioned you"
    elif sender and news.kind == THREAD_REPLY:
        sender = f"{sender} replied"
    elif not sender or (news.direct and not news.group) or news.conversation.section == AGENTS:
        return text or visible(clean(news.description or "")) or UNKNOWN
    elif not text:
        return f"{sender}: {UNKNOWN}"
    return f"{sender}: {text}" if text else sender


def _with_counts(text: str, news: News) -> str:
    counts = _counts(news.unread, news.mentions)
    return f"{cut(text, LONGEST_BODY - 1 - len(counts))}\n{counts}" if counts else text


def _counts(unread: int, mentions: int) -> str:
    if unread <= 1 and mentions <= 0:
        return ""
    return f"{unread} unread" + (f", {plural(mentions, 'mention')}" if mentions > 0 else "")
