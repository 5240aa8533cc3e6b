"""Keeps where the session stands, and tells main: the state, each trouble once, failed sign-ins. Also keeps the user's
organisations with their channels, and the queue of commands from main."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection

from ..errors import (
    NoNetwork,
    RateLimited,
    Refused,
    SessionOver,
    SignInRefused,
    TelexStartError,
    Temporary,
    printable,
)
from ..events import (
    AskForLink,
    CancelSignIn,
    Command,
    Event,
    LinkMailed,
    Organisation,
    OrganisationsChanged,
    SignIn,
    SignInByLink,
    SignInFailed,
    SignInFailure,
    SignOut,
    StateChanged,
    Stop,
    ThreadFailed,
    Trouble,
)
from ..push.channel import Channel, Phase
from ..states import State
from .pace import Shared
from .telex_api import Login, PasswordRefused, TelexApi, signed_out

log = logging.getLogger(__name__)

LOGIN_FAILURES = (SignInRefused, Temporary, Refused)
"""Errors that the calls for signing in may raise."""
LEAVING = (SignOut, CancelSignIn, Stop)
"""Commands that end what is under way, whatever that is."""
_LOOK_AT_CLOCK = 60.0
"""Seconds of a long wait between two looks at the clock, as a time-out does not count the machine's sleep."""
_MOST_TROUBLES = 50


class ReconnectAsked(BaseException):
    """The person asked to reconnect at once. Like :class:`LeaveAsked` it is no :class:`Exception`, which a caller in
    between would take for a failure."""


class LeaveAsked(BaseException):
    """A command asks to end the session, or the sign-in, that is under way.

    Attributes:
        command: What is to be carried out once it has ended.
    """

    def __init__(self, command: Command) -> None:
        super().__init__(type(command).__name__)
        self.command = command


class Commands:
    """The queue of commands to the session thread. Any thread may :meth:`put`; the rest is for the session thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        """``now`` gives seconds on a clock that counts sleep."""
        self._now = now
        self._changed = threading.Condition()
        self._waiting: deque[Command] = deque()

    def put(self, command: Command) -> None:
        """Queue a command."""
        with self._changed:
            self._waiting.append(command)
            self._changed.notify_all()

    def leaving(self) -> bool:
        """Whether a command that ends what is under way waits in the queue. Any thread."""
        with self._changed:
            return any(isinstance(command, LEAVING) for command in self._waiting)

    def next(self) -> Command:
        """Wait for a command."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            return self._waiting.popleft()

    def until(self, end: float) -> Command | None:
        """Wait for a command until ``end``, on the clock ``now``; ``None`` if none came."""
        with self._changed:
            while not self._waiting and (left := end - self._now()) > 0:
                self._changed.wait(min(left, _LOOK_AT_CLOCK))
            return self._waiting.popleft() if self._waiting else None


class Organisations:
    """The user's organisations, as Telex named them last, and their channels."""

    def __init__(self, user_id: str, shared: Shared) -> None:
        self.user_id = user_id
        self.channels: dict[str, Channel] = {}
        """By channel name. A connection works with this very dictionary."""
        self.known = False
        """Whether they were fetched at all."""
        self.fetched_at = float("-inf")
        """When Telex was asked last; seconds."""
        self.sign_in_again = False
        """Whether only signing in again helps: Telex refuses to list the organisations, and has long done so, or the
        access token's time is up."""
        self.expires_at: float | None = None
        """When the access token's time is up, in seconds; ``None`` if that is not known."""
        self.expired = False
        """Whether the access token is refused, and was first refused when its time was up."""
        self.most = float("inf")
        """How many channels the push server takes on a connection, if a connection before has shown it."""
        self.left_out_told: frozenset[str] | None = None
        """The channels that were last reported as left out; ``None`` if nothing was reported yet."""
        self._refused_since: float | None = None
        self._organisations: dict[str, Organisation] = {}
        self._shared = shared

    def fetch(self, api: TelexApi, now: float) -> tuple[list[Channel], list[Channel]]:
        """Ask Telex for the organisations; ``now`` is the time in seconds.

        Returns:
            The channels added and those dropped. The person has left an organisation that the answer does not name.

        Raises:
            Temporary, Refused: it failed; the known organisations stay.
        """
        self.fetched_at = now
        try:
            answer = api.organisations(self.user_id)
        except Refused as refused:
            if signed_out(refused):
                refused_for = self._shared.timings.organisations_refused_for
                self.sign_in_again = self.known and (now - self.refused(now) >= refused_for or self.expired)
            raise
        self.signed_in_anew()
        found = {organisation.channel: organisation for organisation in answer}
        dropped = [channel for name, channel in self.channels.items() if name not in found]
        timings, chance = self._shared.timings, self._shared.chance
        new = [name for name in found if name not in self.channels]
        added = [Channel(name, timings.backoff(chance), timings.refused_for) for name in new]
        for channel in dropped:
            del self.channels[channel.name]
        self.channels.update((channel.name, channel) for channel in added)
        if found != self._organisations or not self.known:
            self._shared.dispatch(OrganisationsChanged(tuple(found.values())))
        self._organisations = found
        self.known = True
        return added, dropped

    def first_fetch(self, api: TelexApi, now: float) -> None:
        """Ask Telex for the first time in a session; the store may get a connection token.

        Raises:
            Temporary, Refused: it failed.
            SessionOver: it was refused because the session has ended.
        """
        try:
            self.fetch(api, now)
        except Refused as refused:
            if refused.status == 401:
                # The Bearer middleware's 401 may mean one organisation only: ask the token calls whether all is over.
                self._shared.store.connection = api.connection_token()
            raise

    def refused(self, now: float) -> float:
        """Note that the access token is refused; returns since when it has been refused, in seconds."""
        if self._refused_since is None:
            self._refused_since = now
            self.expired = self.expires_at is not None and now >= self.expires_at
            log.info("the access token is refused%s", ", as its time is up" if self.expired else "")
        return self._refused_since

    def signed_in_anew(self) -> None:
        """Note that the access token is good: earlier refusals do not count any more."""
        self._refused_since = None
        self.sign_in_again = self.expired = False

    def put_first(self, wanted: Collection[str]) -> list[str]:
        """Order the channels for the next connection, if not all of them will have room.

        Args:
            wanted: The names of those that matter most.

        Returns:
            The names of those that will find no room, if there is as much room as on the connection before.
        """
        if self.most == float("inf"):
            return []
        ordered = sorted(self.channels.items(), key=lambda item: item[0] not in wanted)
        self.channels.clear()  # in place: everybody works with this very dictionary
        self.channels.update(ordered)
        return list(self.channels)[int(self.most) :]

    def name_of(self, channel: str) -> str:
        """The organisation's name, fit for the log: on one line, whatever Telex says it is."""
        organisation = self._organisations.get(channel)
        return printable(organisation.name if organisation else channel)

    @property
    def answered(self) -> bool:
        """Whether a subscribe of any channel was ever answered, so that there is a position to go on from."""
        return any(channel.answered for channel in self.channels.values())

    def figures(self, state: State, reason: str) -> StateChanged:
        """The event for this state of the session, with the counts of organisations: all, live, refused, left out."""
        channels = self.channels.values()
        return StateChanged(
            state,
            reason,
            len(channels),
            sum(state is State.ONLINE and channel.phase is Phase.LIVE for channel in channels),
            sum(channel.refused for channel in channels),
            sum(channel.left_out for channel in channels),
            self.sign_in_again,
            self.expired and (self.sign_in_again or state is State.SIGN_IN_NEEDED),
        )


class SessionState:
    """Where the session stands. Only the session thread changes it."""

    def __init__(self, dispatch: Callable[[Event], None]) -> None:
        self.organisations: Organisations | None = None
        """Those of the signed-in user, or of the last one, who may sign in again and go on from there."""
        self._dispatch = dispatch
        self._last_state = StateChanged(State.SIGNED_OUT)
        self._troubles: set[tuple[str, str]] = set()
        """The troubles told since all was well last."""
        self._failures: set[str] = set()
        """The types of the unexpected exceptions that were told."""

    @property
    def state(self) -> State:
        """The current state."""
        return self._last_state.state

    def move(self, state: State, reason: str = "") -> None:
        """Go to a state (or stay in it); if anything changed, log it and tell main, with the organisations' figures."""
        now = StateChanged(state, reason)
        if self.organisations is not None and state not in (State.SIGNED_OUT, State.STOPPED):
            now = self.organisations.figures(state, reason)
        if state is not self.state or reason != self._last_state.reason:
            log.info("%s%s", state, f": {reason}" if reason else "")
        if now != self._last_state:
            self._last_state = now
            self._dispatch(now)

    def over(self, error: SessionOver, now: float) -> None:
        """The session has ended; ``now`` is the time in seconds."""
        log.warning("%s", error.message)
        if self.organisations is not None:
            self.organisations.refused(now)
        self.move(State.SIGN_IN_NEEDED, error.message)

    def tell_figures(self) -> None:
        """Tell main how the organisations stand, if that has changed."""
        self.move(self.state, self._last_state.reason)

    def well(self) -> None:
        """All is well: every trouble from now on is a new one."""
        self._troubles.clear()

    def report(self, error: TelexStartError) -> None:
        """Tell main of a trouble once, not at every retry."""
        trouble = (error.title, error.message)
        if trouble not in self._troubles:
            if len(self._troubles) >= _MOST_TROUBLES:
                self._troubles.clear()
            self._troubles.add(trouble)
            log.warning("%s: %s", *trouble)
            self._dispatch(Trouble(*trouble))

    def unexpected(self, error: BaseException) -> None:
        """Log an unexpected exception, and tell main once for each type."""
        kind = type(error).__name__
        log.error("an unexpected error", exc_info=error)
        if kind not in self._failures:
            self._failures.add(kind)
            self._dispatch(ThreadFailed("session", kind))


def reason(error: TelexStartError) -> str:
    """An error's message, made fit for the status line: ``Reconnecting: …``."""
    text = error.message.rstrip(".")
    if isinstance(error, Refused):
        return f"Telex says: {text}"
    first, _, _ = text.partition(" ")
    return text[0].lower() + text[1:] if first in ("A", "An", "The", "No") else text


def sign_in_failed(error: TelexStartError, *, session_stays: bool = False) -> SignInFailed:
    """Log that a login, or a request for a link, failed; returns the event that tells main so."""
    kind, message = SignInFailure.TELEX, error.message
    if isinstance(error, SignInRefused):
        kind = error.kind
    elif isinstance(error, RateLimited):
        kind, message = SignInFailure.RATE_LIMIT, "Telex gets too many requests just now. Please try again in a minute."
    elif isinstance(error, NoNetwork):
        kind = SignInFailure.NETWORK
    log.warning("signing in failed: %s", message)
    return SignInFailed(error.title, message, kind, session_stays, isinstance(error, PasswordRefused))


def log_in(api: TelexApi, command: Command, pause: Callable[[float], object]) -> Login:
    """Make the login call of a command; see :meth:`.TelexApi.logout` for ``pause``.

    Raises:
        SignInRefused, Temporary, Refused: it failed.
    """
    if isinstance(command, SignInByLink):
        return api.login_by_link(command.email, command.code, pause)
    assert isinstance(command, SignIn)
    return api.login(command.email, command.password)


def attempt(
    api: TelexApi, command: Command, web_url: str, pause: Callable[[float], object], *, session_stays: bool = False
) -> Login | Event:
    """Make a login call, or have a link mailed. Returns the login if it worked, else the event that tells main."""
    try:
        if isinstance(command, AskForLink):
            api.ask_for_link(command.email, web_url)
            return LinkMailed(command.email)
        return log_in(api, command, pause)
    except LOGIN_FAILURES as error:
        return sign_in_failed(error, session_stays=session_stays)
