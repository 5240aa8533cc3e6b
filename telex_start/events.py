"""What travels on the two queues: events to the main thread, commands to the session thread.

Every one is a small frozen value, and whoever puts one on a queue does not touch again what it holds. The main thread
and the session thread pass each other no other data; the one object that both use is the token store
(:mod:`.session.tokens`).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from msgspec import Struct

from .menu import MenuItem, Request
from .states import State


class Organisation(Struct, frozen=True):
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


# --- events: any thread -> main -------------------------------------------------------------------------------------


class Event(Struct, frozen=True):
    """Base of everything on the dispatch queue."""


class MenuClicked(Event, frozen=True):
    """The person chose a menu item."""

    item: MenuItem
    token: str = ""


class IconClicked(Event, frozen=True):
    """The person clicked the icon itself (its default action)."""

    token: str = ""
    """The desktop's activation token for what that opens; empty without one. Likewise below."""


class ToastClicked(Event, frozen=True):
    """The person clicked a toast (its default action)."""

    token: str = ""


class TrayAppeared(Event, frozen=True):
    """The icon is shown: a tray was there at the start, or has come."""


class TrayMissing(Event, frozen=True):
    """The desktop has no tray now; the icon comes when one does."""

    missing: str = ""
    """What is missing for one; a sentence without its full stop."""


class StateChanged(Event, frozen=True):
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


class OrganisationsChanged(Event, frozen=True):
    """The organisations of the signed-in user, as last looked up."""

    organisations: tuple[Organisation, ...]


class PublicationsReceived(Event, frozen=True):
    """Publications of one channel, in their order."""

    channel: str
    publications: tuple[Any, ...]
    """Each is a publication's decoded JSON data, of any JSON type."""
    how: How


class ChannelAnswered(Event, frozen=True):
    """A channel's first subscribe was answered or refused: what it had to tell of the past has been told."""

    channel: str


class CountsUnknown(Event, frozen=True):
    """Publications of this channel were lost: its counts may be wrong, the next one above 0 is news."""

    channel: str


class SignedIn(Event, frozen=True):
    """A login worked: who the person is, as far as Telex says it. Before anything else of that session."""

    own_names: frozenset[str]
    """The user's id, username, full name and e-mail address: by these oneself is known in a publication."""


class SpokenMessage(Struct, frozen=True):
    """One message of a look-up, as Telex tells it; ``None`` for what it does not say."""

    thread: str | None = None
    author: str | None = None
    """The author's id."""
    username: str | None = None
    full_name: str | None = None
    by_agent: bool = False
    text: str | None = None
    """HTML."""
    files: int = 0
    """How many attachments it has."""


class UnreadRow(Struct, frozen=True):
    """One conversation as a look-up tells it."""

    ident: str
    """The id by which publications name the conversation in its section."""
    unread: int
    mentions: int | None = None
    """``None`` where this section has none."""
    name: str | None = None
    """The channel's, the other person's, the group's or the agent's."""
    description: str | None = None
    group: bool = False
    participant: str | None = None
    """The other one's id in a direct conversation."""
    participants: tuple[str, ...] = ()
    """The names of a group's members, as far as Telex says them."""
    thread: str | None = None
    """The last thread's id."""
    preview: str | None = None
    """HTML, or a label such as "📷 Photo"."""
    message: SpokenMessage | None = None
    """The latest message."""


class LookUpBegan(Event, frozen=True):
    """Telex is about to be asked for an organisation's unread: what is published after this wins over the answers."""

    channel: str


class UnreadSection(Event, frozen=True):
    """The conversations of one section of an organisation, as they were after the last :class:`LookUpBegan`."""

    channel: str
    section: str
    """As publications name it."""
    rows: tuple[UnreadRow, ...]
    whole: bool
    """Whether these are all: what is not among them has then nothing unread."""


class UnreadLookedUp(Event, frozen=True):
    """A look-up has ended, or there will be none soon: nobody needs to wait for it."""

    channel: str
    failed: tuple[str, ...] = ()
    """The sections of which nothing came."""


class SettingsLookedUp(Event, frozen=True):
    """How the person set an organisation at Telex; ``None`` for what is not known."""

    channel: str
    muted: frozenset[str] | None = None
    """The ids of muted channels."""
    notify_about: str | None = None
    """``all_new_messages``, ``mentions`` or ``nothing``."""
    time_range: str | None = None
    """As Telex writes it: "09:00 AM - 06:00 PM"."""


class ProfileLookedUp(Event, frozen=True):
    """What the person set at Telex for all organisations."""

    paused: bool
    """Do not disturb."""
    timezone: str | None = None
    """An IANA name, as Telex gives it."""


class SlugLookedUp(Event, frozen=True):
    """The organisation's name in the web app's addresses; ``None`` where Telex gives none."""

    channel: str
    slug: str | None


class SignInFailed(Event, frozen=True):
    """A sign-in attempt ended without a session."""

    title: str
    message: str
    kind: SignInFailure


class SignInFailure(Enum):
    """Why a sign-in attempt failed; each has its own sentence in the window."""

    CREDENTIALS = "credentials"
    REFUSED = "refused"
    """Telex knows the person and lets them in no more; its own words say why."""
    FORM = "form"
    NETWORK = "network"
    TELEX = "telex"
    RATE_LIMIT = "rate_limit"


class Trouble(Event, frozen=True):
    """Something does not work just now. Sent once, not at each retry, until all is well again."""

    title: str
    message: str


class Notice(Event, frozen=True):
    """Something that the person should be told by a toast. Sent once, and again only after the next sign-in."""

    title: str
    message: str


class WindowSubmitted(Event, frozen=True):
    """The login form was submitted; it has passed the form check."""

    email: str
    password: str

    def __repr__(self) -> str:
        return "WindowSubmitted(…)"


class WindowClosed(Event, frozen=True):
    """The person closed the login window (Cancel, Escape or the window's own button)."""


class SecondStart(Event, frozen=True):
    """The program was started a second time, and that start asks something of this instance."""

    request: Request


class SignalReceived(Event, frozen=True):
    """SIGTERM or SIGINT."""

    number: int


class MachineWoke(Event, frozen=True):
    """The operating system says that the machine has woken from sleep."""


class MainAppAnswered(Event, frozen=True):
    """Open or Close Main App is done, and the person should be told something."""

    title: str
    message: str


class MainAppDone(Event, frozen=True):
    """Open or Close Main App is done, and the desktop shows it: there is nothing to tell."""


class ToastFailed(Event, frozen=True):
    """Toasts cannot be shown. Sent for the first that fails, and again only after one was shown."""

    message: str


class ThreadFailed(Event, frozen=True):
    """A thread met an exception that nobody expected; it is in the log already."""

    thread: str
    error: str
    """The exception's type alone: its text may hold anything."""


# --- commands: main -> session --------------------------------------------------------------------------------------


class Command(Struct, frozen=True):
    """Base of everything on the commands queue."""


class SignIn(Command, frozen=True):
    """Sign in. The password lives here and nowhere else, and is dropped after the call."""

    email: str
    password: str
    persist: bool = False
    """Retry temporary failures until it works: at a start there is nobody who could be asked to try again."""

    def __repr__(self) -> str:
        return "SignIn(…)"


class CancelSignIn(Command, frozen=True):
    """The person closed the window during a sign-in: drop it, and log out if it has just succeeded."""


class SignOut(Command, frozen=True):
    """Log out and forget everything."""


class ReconnectNow(Command, frozen=True):
    """Make the connection anew at once, without backoff."""


class LookUpSlug(Command, frozen=True):
    """An organisation's slug is wanted; answered once by :class:`SlugLookedUp`."""

    channel: str


class WatchAgents(Command, frozen=True):
    """In these organisations agents' conversations count as unread. Each such command replaces the one before."""

    channels: frozenset[str]


class MarkAsRead(Command, frozen=True):
    """The person asks to mark a conversation as read; a failure is told by a :class:`Notice`."""

    channel: str
    section: str
    ident: str
    group: bool = False
    """A group's conversation, of the direct messages' section."""
    name: str = ""
    """The conversation's, for what is said of a failure; plain text."""


class Stop(Command, frozen=True):
    """End the session thread."""
