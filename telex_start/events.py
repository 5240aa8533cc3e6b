"""What travels on the two queues: events to the main thread, commands to the session thread.

Every one is a small frozen value, and whoever puts one on a queue does not touch again what it holds. These two threads
pass each other no other data; the one object that both use is the token store (:mod:`.session.tokens`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from .menu import MenuItem, MuteFor, Request
from .states import State
from .toast import Conversation, Toast


class Organisation(NamedTuple):
    """One organisation of the signed-in user."""

    id: str
    name: str
    channel: str
    """The push channel, ``<org_id>/<user_id>``."""


class How(Enum):
    """How publications came: this decides whether and how they are shown."""

    LIVE = "live"
    """Pushed as they happened."""
    RECOVERED = "recovered"
    """In a subscribe reply: missed while the connection was down."""
    CAUGHT_UP = "caught_up"
    """In the first subscribe reply since the program (or the organisation) was new: the past."""


@dataclass(frozen=True)
class Event:
    """Base of everything on the dispatch queue: any thread -> main."""


@dataclass(frozen=True)
class MenuClicked(Event):
    """The person chose a menu item."""

    item: MenuItem
    token: str = ""


@dataclass(frozen=True)
class MenuOpened(Event):
    """The menu is about to be shown."""


@dataclass(frozen=True)
class UnreadClicked(Event):
    """The person chose an unread conversation in the menu: it does what a click on its toast does."""

    conversation: Conversation
    token: str = ""


@dataclass(frozen=True)
class FrontLookedAt(Event):
    """It was looked at what is in front, by :mod:`telex_start.app.news_controller`."""

    in_front: bool
    """The Telex client is."""


@dataclass(frozen=True)
class MuteChosen(Event):
    """The person muted a conversation or an organisation, or unmuted it, in the menu or the preferences."""

    conversation: Conversation
    """Section and id are empty for a whole organisation."""
    how_long: MuteFor | None
    """``None``: it is unmuted."""
    token: str = ""
    name: str = ""
    """What the person knows it by, fit to show; empty where that is to be looked up."""


@dataclass(frozen=True)
class IconMiddleClicked(Event):
    """The person clicked the icon with the middle button (StatusNotifierItem's ``SecondaryActivate``)."""

    token: str = ""


@dataclass(frozen=True)
class IconClicked(Event):
    """The person clicked the icon itself (its default action)."""

    token: str = ""
    """The desktop's activation token for what that opens; empty without one. Likewise below."""


@dataclass(frozen=True)
class ToastClicked(Event):
    """The person clicked a toast, or a button of it."""

    toast: Toast
    action: str = "default"
    """``"default"`` for the toast itself, otherwise a value of :class:`telex_start.toast.Action`."""
    token: str = ""


@dataclass(frozen=True)
class TrayAppeared(Event):
    """The icon is shown: a tray was there at the start, or has come."""


@dataclass(frozen=True)
class TrayMissing(Event):
    """The desktop has no tray now; the icon comes when one does."""

    missing: str = ""
    """What is missing for one; a sentence without its full stop."""


@dataclass(frozen=True)
class StateChanged(Event):
    """The session's state, or one of its numbers, changed."""

    state: State
    reason: str = ""
    """A few words fit for the status line; empty where the state says it all."""
    organisations: int = 0
    subscribed: int = 0
    """How many organisations' channels are live; 0 while not connected."""
    refused: int = 0
    """How many organisations' channels were refused and are tried again later."""
    left_out: int = 0
    """How many of those are left out because the push server takes no more channels on a connection."""
    sign_in_again: bool = False
    """Pushes come, but Telex refuses to say which organisations there are: that ends when the person signs in again."""
    expired: bool = False
    """Where the person is to sign in (again): the session's time was up, as Telex had said at the sign-in. Else Telex
    ended it before, or its end is not known."""


@dataclass(frozen=True, repr=False)
class SignedIn(Event):
    """A login was accepted. Dispatched before anything that is looked up with it."""

    user_id: str
    names: tuple[str, ...] = ()
    """What the person is called at Telex, as far as the login said: user name, full name, e-mail address."""


@dataclass(frozen=True)
class OrganisationsChanged(Event):
    """The organisations of the signed-in user, as last looked up."""

    organisations: tuple[Organisation, ...]


@dataclass(frozen=True)
class PublicationsReceived(Event):
    """Publications of one channel, in their order."""

    channel: str
    publications: tuple[Any, ...]
    """Each is a publication's decoded JSON data, of any JSON type."""
    how: How


@dataclass(frozen=True)
class ChannelAnswered(Event):
    """A channel's first subscribe was answered or refused: what it had to tell of the past has been told."""

    channel: str
    poll_follows: bool = False
    """A poll of its unread will be made, with which the past is complete: :class:`UnreadPolled` comes."""


@dataclass(frozen=True)
class CountsUnknown(Event):
    """Publications of this channel were lost: its counts may be wrong, the next one above 0 is news."""

    channel: str


@dataclass(frozen=True)
class PollBegan(Event):
    """A poll of an organisation's unread begins. A publication that comes after this is newer than what it says."""

    channel: str


@dataclass(frozen=True)
class UnreadSection(Event):
    """What a poll says of one section of an organisation; after :class:`PollBegan`, each section once at most."""

    channel: str
    section: str
    """``channels_section``, ``dm_channels_section`` or ``agent_channels_section``."""
    rows: tuple[dict[str, Any], ...]
    """The conversations, with the fields that are used (:mod:`.session.poll_calls`), of any type. ``preview_thread``
    holds the newest message alone; rows with ``is_suggested``, and previews where nothing is unread, are left out."""
    whole: bool
    """All pages were answered, so a conversation that is absent has nothing unread."""


@dataclass(frozen=True)
class UnreadPolled(Event):
    """A poll has ended, well or not. It follows each :class:`PollBegan`; in a deployment without such calls, each
    :class:`ChannelAnswered` that announced it."""

    channel: str


@dataclass(frozen=True)
class SettingsPolled(Event):
    """How the person set an organisation at Telex. ``None``: that was not to be had; what was known before stays."""

    channel: str
    muted: frozenset[str] | None = None
    """The ``channels_id`` of each muted channel."""
    notify_about: str | None = None
    """``all_new_messages``, ``mentions`` or ``nothing``; of any other value, as it came."""
    time_range: str | None = None
    """The hours in which the person wants notifications, as ``09:00 AM - 06:00 PM``; as it came, empty for none."""


@dataclass(frozen=True)
class ProfilePolled(Event):
    """How the person set their profile at Telex, in one organisation or in all."""

    paused: bool
    """``pause_notification``: do not disturb."""
    timezone: str = ""
    """A name like ``Europe/Berlin``, as it came; empty where there is none."""
    organisation_id: str = ""
    """The organisation that :attr:`paused` holds for, as it came; empty for all of them, as an older backend has it."""


@dataclass(frozen=True)
class SlugFetched(Event):
    """What an organisation is called in addresses of the web app. Also dispatched unasked, where a login said it."""

    channel: str
    slug: str
    """As it came; empty where it is not to be had."""


@dataclass(frozen=True)
class MarkedAsRead(Event):
    """Telex took the call that marks a conversation as read; its counts change when Telex publishes them."""

    conversation: Conversation


@dataclass(frozen=True)
class MarkAsReadFailed(Event):
    """A conversation could not be marked as read."""

    name: str
    """The command's."""
    message: str
    """A sentence that says why."""
    conversation: Conversation
    temporary: bool = False
    """Telex was not reached, or is busy: another conversation would fail likewise just now."""


@dataclass(frozen=True)
class SignInFailed(Event):
    """A sign-in attempt did not work."""

    title: str
    message: str
    kind: SignInFailure
    session_stays: bool = False
    """It was made beside a session, which goes on."""
    password_refused: bool = False
    """Telex refused the password in one of its own sentences: no later try with it can work."""


@dataclass(frozen=True)
class LinkMailed(Event):
    """Telex has mailed a link to whoever asked to sign in by mail."""

    email: str


class SignInFailure(Enum):
    """Why a sign-in attempt failed; each has its own sentence in the window."""

    CREDENTIALS = "credentials"
    REFUSED = "refused"
    """Telex knows the person and lets them in no more; its own words say why."""
    FORM = "form"
    NOBODY = "nobody"
    """Nobody at Telex has this e-mail address."""
    LINK = "link"
    """The mailed link is over, used up, or somebody else's."""
    NETWORK = "network"
    TELEX = "telex"
    RATE_LIMIT = "rate_limit"


@dataclass(frozen=True)
class Trouble(Event):
    """Something does not work just now. Sent once, not at each retry, until all is well again."""

    title: str
    message: str


@dataclass(frozen=True)
class Notice(Event):
    """Something that the person should be told by a toast. Sent once, and again only after the next sign-in."""

    title: str
    message: str
    needs_person: bool = False
    """The person is to do something about it: it is told even while notifications are paused."""


CALL_OVER = Notice("The call is over", "It ended before you declined it.", needs_person=True)
"""What is said where :class:`DeclineCall` comes too late."""


@dataclass(frozen=True)
class Requested(Event):
    """Another start of the program, a command or a signal asks something of this instance."""

    request: Request
    argument: str = ""
    """As it came; empty without one."""


@dataclass(frozen=True)
class ChildSaid(Event):
    """A window in a process of its own says something (see :mod:`telex_start.desktop.child`)."""

    child: str
    """Which window."""
    said: dict[str, Any] = field(repr=False)
    """The line as it came; not yet checked for what it should hold. It may be a password."""


@dataclass(frozen=True)
class ChildEnded(Event):
    """A window in a process of its own is closed; not told at Exit."""

    child: str
    problem: str = ""
    """Why it could not be shown, or went away by itself, in words; empty where the person has closed it."""


@dataclass(frozen=True)
class MachineWoke(Event):
    """The operating system says that the machine has woken from sleep."""


@dataclass(frozen=True)
class MainAppAnswered(Event):
    """Open or Close Main App is done. The texts are empty where the desktop shows it and there is nothing to tell."""

    title: str = ""
    message: str = ""


@dataclass(frozen=True)
class ToastFailed(Event):
    """Toasts cannot be shown. Sent for the first that fails, and again only after one was shown."""

    message: str


@dataclass(frozen=True)
class ThreadFailed(Event):
    """A thread met an exception that nobody expected; it is in the log already."""

    thread: str
    error: str
    """The exception's type alone: its text may hold anything."""


@dataclass(frozen=True)
class Command:
    """Base of everything on the commands queue: main -> session."""


@dataclass(frozen=True, repr=False)
class SigningIn(Command):
    """By this somebody signs in."""

    email: str


@dataclass(frozen=True, repr=False)
class SignIn(SigningIn):
    """Sign in. The password lives here and nowhere else, and is dropped after the call."""

    password: str
    persist: bool = False
    """Retry temporary failures until it works: at a start there is nobody who could be asked to try again."""


@dataclass(frozen=True)
class AskForLink(SigningIn):
    """Have Telex mail a link for signing in; :class:`LinkMailed` or :class:`SignInFailed` answers. The state stays."""


@dataclass(frozen=True, repr=False)
class SignInByLink(SigningIn):
    """Sign in with the code of a mailed link, which works once, so it is never tried again. Somebody else's than the
    address's signs nobody in."""

    code: str
    """A secret like a password."""


@dataclass(frozen=True)
class CancelSignIn(Command):
    """The person closed the window during a sign-in: drop it, and log out if it has just succeeded."""

    session_stays: bool = False
    """It was made beside a session, which goes on, renewed or not."""


@dataclass(frozen=True)
class SignOut(Command):
    """Log out and forget everything."""


@dataclass(frozen=True)
class ReconnectNow(Command):
    """Make the connection anew at once, without backoff."""


@dataclass(frozen=True)
class FetchSlug(Command):
    """Look up an organisation's slug, behind everything else; :class:`SlugFetched` is the answer."""

    channel: str


@dataclass(frozen=True)
class WatchAgents(Command):
    """In these organisations an agent's conversation counts as unread, and its reading is never published: look their
    unread up every 10 minutes. Sent at each change."""

    channels: frozenset[str]


@dataclass(frozen=True)
class WatchSettings(Command):
    """The person's settings at Telex are of interest from here on: look them up, if that was not done so far."""


@dataclass(frozen=True)
class MarkAsRead(Command):
    """Mark a conversation as read at Telex: one reading call, because the person asked for it. :class:`MarkedAsRead` or
    :class:`MarkAsReadFailed` is the answer, unless the session ends before."""

    channel: str
    """The push channel."""
    section: str
    """``channels_section`` or ``dm_channels_section``."""
    ident: str
    """Its ``channels_id`` or ``channel_id``, as it came from the network."""
    group: bool
    """A direct conversation of more than two."""
    name: str
    """What the person knows it by; plain text."""


@dataclass(frozen=True)
class DeclineCall(Command):
    """Decline a call; where that fails, a :class:`Notice` says why."""

    buzz: str
    """Its ``buzz_id``, as it came from the network."""


@dataclass(frozen=True)
class Stop(Command):
    """End the session thread."""
