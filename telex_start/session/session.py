"""The session: the one thread that talks to Telex, from signing in to signing out.

It does its blocking work in straight lines. Commands come by one queue, which is also its interruptible sleep; what
happens goes out by ``dispatch``. Nothing else is shared.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from .. import __version__, clock
from ..config import Config
from ..errors import (
    CredentialsRefused,
    InvalidForm,
    NoNetwork,
    RateLimited,
    Refused,
    SessionOver,
    TelexStartError,
    Temporary,
)
from ..events import (
    Command,
    Event,
    ReconnectNow,
    SignIn,
    SignInFailed,
    SignInFailure,
    SignOut,
    Stop,
)
from ..net import tls
from ..net.https import Https
from ..net.pacing import Backoff, Pacer, Waits
from ..push import codes
from ..push.websocket import Connection
from ..states import State
from .connection import Link
from .organisations import Organisations
from .state import SessionState
from .telex_api import TelexApi
from .tokens import TokenStore

log = logging.getLogger(__name__)

_LOOK_AT_CLOCK = 60.0
"""Seconds of a long wait after which the clock is looked at: a queue's time-out stands still in sleep."""
_RECONNECTING_NOW = "reconnecting now"
_AGENT = f"telex-start/{__version__}"


class _Reconnect(Exception):
    """The person asked to reconnect now."""


class _Leave(Exception):
    """A command asks to leave what is going on."""

    def __init__(self, command: Command) -> None:
        super().__init__(type(command).__name__)
        self.command = command


class _SignInEnded(Exception):
    """A sign-in attempt ended without a session, and was said so."""


class Session:
    """The session thread's work. :meth:`send` may be called by any thread; all else belongs to the thread itself."""

    def __init__(
        self,
        config: Config,
        store: TokenStore,
        dispatch: Callable[[Event], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """
        Raises:
            ConfigError: the configuration's ``ca_file`` cannot be used.
        """
        self._config = config
        self._store = store
        self._dispatch = dispatch
        self._chance = chance
        self._context = tls.context(config.ca_file)
        self._commands: SimpleQueue[Command] = SimpleQueue()
        self._pacer = Pacer()
        self._https = Https(self._context, clock.now, _AGENT)
        self._api = TelexApi(config.api_url, self._https, store, self._pacer, clock.now)
        self._organisations: Organisations | None = None
        self._connection: Connection | None = None
        self._reason = ""
        self._online_since: float | None = None
        self._state = SessionState(dispatch, self._figures)
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    # --- any thread -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Give the session a command; it leaves a blocking receive for it at once, and to stop, everything else too."""
        self._commands.put(command)
        if isinstance(command, SignIn):
            return  # of no consequence to a session that is signed in
        if (connection := self._connection) is not None:
            connection.abort()
        if isinstance(command, Stop):
            self._https.abort()

    def stop(self, seconds: float) -> bool:
        """Ask the thread to end and wait for it at most ``seconds``; ``False`` where it has not ended by then."""
        self.send(Stop())
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # --- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._live()
        except Exception as error:
            self._state.unexpected(error)
        finally:
            self._store.clear()
            self._https.close()
            self._state.move(State.STOPPED)

    def _live(self) -> None:
        command: Command | None = None
        while True:
            if command is None:
                command = self._commands.get()
            try:
                if isinstance(command, Stop):
                    return
                if isinstance(command, SignIn):
                    only_once, command = [command], None
                    self._sign_in(only_once.pop())  # no reference to it, and the password, outlives the call
                    self._stay()
                elif isinstance(command, SignOut):
                    command = None
                    self._forget()
                else:
                    command = None
            except _SignInEnded:
                command = None
            except _Leave as leave:
                command = self._left(leave.command)
            except SessionOver as over:
                command = None
                self._store.clear()
                log.warning("%s", over.message)
                self._state.move(State.SIGN_IN_NEEDED, over.message)
            except Exception as error:
                command = None
                self._state.unexpected(error)
                self._store.clear()
                message = "Something unexpected went wrong; the log says what."
                self._dispatch(SignInFailed(TelexStartError.title, message, SignInFailure.TELEX))
                self._state.move(State.SIGN_IN_NEEDED if self._resumable else State.SIGNED_OUT)

    def _left(self, command: Command) -> Command | None:
        """End the session for a command; some are to be carried out after that."""
        if isinstance(command, Stop):
            self._store.clear()
            return command
        resume = self._resumable and not isinstance(command, SignOut)
        self._state.move(State.SIGN_IN_NEEDED if resume else State.SIGNED_OUT)
        self._api.logout()
        self._store.clear()
        if not resume:
            self._forget()
        return command if isinstance(command, SignIn) else None

    @property
    def _resumable(self) -> bool:
        """There are stream positions of an earlier session, which the same user would want to go on from."""
        return self._organisations is not None and any(
            channel.answered for channel in self._organisations.channels.values()
        )

    def _forget(self) -> None:
        self._store.clear()
        self._organisations = None
        self._state.well()
        self._reason = ""
        self._state.move(State.SIGNED_OUT)

    # --- commands ---------------------------------------------------------------------------------------------------

    def _heed(self, seconds: float) -> None:
        """Sleep so long, or until a command comes.

        Raises:
            _Reconnect: for ReconnectNow.
            _Leave: for every command that ends what is going on.
        """
        end = clock.now() + seconds
        while True:
            left = min(end - clock.now(), _LOOK_AT_CLOCK)
            try:
                command = self._commands.get(timeout=left) if left > 0 else self._commands.get_nowait()
            except Empty:
                if end - clock.now() > 0:
                    continue
                return
            if isinstance(command, ReconnectNow):
                raise _Reconnect
            if not isinstance(command, SignIn) or self._state.state is State.SIGNING_IN:
                raise _Leave(command)

    # --- signing in -------------------------------------------------------------------------------------------------

    def _sign_in(self, command: SignIn) -> None:
        """Log in.

        Raises:
            _SignInEnded: it did not work, and was said so.
            _Leave: a command came meanwhile.
        """
        self._state.move(State.SIGNING_IN)
        backoff = Backoff(self._chance)
        while True:
            with contextlib.suppress(_Reconnect):
                self._sleep_for_pacer()
            try:
                login = self._api.login(command.email, command.password)
                break
            except (CredentialsRefused, InvalidForm, Temporary, Refused) as error:
                self._heed_while_signing_in()  # a command that came meanwhile is more than what became of the call
                if not command.persist or isinstance(error, CredentialsRefused | InvalidForm):
                    self._sign_in_failed(error)
                    raise _SignInEnded from None
                self._state.report(error)
                self._state.move(State.SIGNING_IN, _short(error))
                with contextlib.suppress(_Reconnect):
                    self._heed(backoff.next())
        self._state.well()
        if self._organisations is None or self._organisations.user_id != login.user_id:
            self._organisations = Organisations(login.user_id, self._chance, self._dispatch)
        for channel in self._organisations.channels.values():
            channel.refused = False  # the new session's tokens may do what the old one's could not
            channel.disconnected()
        self._heed_while_signing_in()

    def _sign_in_failed(self, error: TelexStartError) -> None:
        self._dispatch(SignInFailed(error.title, error.message, _kind(error)))
        refused = isinstance(error, CredentialsRefused | InvalidForm)
        self._state.move(State.SIGN_IN_NEEDED if refused or self._resumable else State.SIGNED_OUT)

    def _sleep_for_pacer(self) -> None:
        self._heed(0.0)
        while (wait := self._pacer.wait(clock.now())) > 0:
            self._heed(wait)

    def _heed_while_signing_in(self) -> None:
        with contextlib.suppress(_Reconnect):
            self._heed(0.0)

    # --- staying signed in ------------------------------------------------------------------------------------------

    def _stay(self) -> None:
        """Connect, and connect again, until a command or the end of the session.

        Raises:
            SessionOver, _Leave
        """
        organisations = self._organisations
        assert organisations is not None
        waits = Waits(self._chance)
        self._reason = ""
        self._state.move(State.CONNECTING)
        while True:
            try:
                self._reason, wait = self._connect(organisations, waits)
            except _Reconnect:
                self._reason, wait = _RECONNECTING_NOW, 0.0
                waits.asked()
            self._state.move(State.RECONNECTING, self._reason)
            try:
                self._heed(wait)
            except _Reconnect:
                waits.asked()
            self._state.move(State.CONNECTING, self._reason)

    def _connect(self, organisations: Organisations, waits: Waits) -> tuple[str, float]:
        """One connection, from its tokens to its end.

        Returns:
            Why it ended, in a few words, and how many seconds to wait before the next.
        """
        self._online_since = None
        first = not organisations.known
        try:
            if first:
                self._first_look_up(organisations)
            ending = self._link(organisations, first).run()
            self._heed(0.0)  # a command that wanted the connection to end is the reason, not what the socket saw
            if self._aborted:
                return _RECONNECTING_NOW, 0.0
        except (Temporary, Refused) as error:
            self._heed(0.0)  # likewise
            if self._aborted:
                return _RECONNECTING_NOW, 0.0
            self._state.report(error)
            return _short(error), waits.failed()
        except (SessionOver, _Leave, _Reconnect):
            raise
        except Exception as error:
            # Whatever it is, the person is signed in and waits for messages: say so, and go on.
            self._state.unexpected(error)
            return "an unexpected error", waits.failed()
        finally:
            self._connection = None
        log.info("connection ended: %s", ending.why)
        if ending.terminal:
            self._state.report(Temporary(f"{ending.why[0].upper()}{ending.why[1:]}.", "Telex closed the connection"))
        stood = None if self._online_since is None else clock.now() - self._online_since
        busy = ending.code == codes.TOO_MANY_REQUESTS
        return ending.why, waits.ended(stood, terminal=ending.terminal, at_once=ending.at_once, busy=busy)

    @property
    def _aborted(self) -> bool:
        """A command was heeded before it aborted, and then hit the connection that was made for it."""
        return self._connection is not None and self._connection.aborted

    def _first_look_up(self, organisations: Organisations) -> None:
        self._sleep_for_pacer()
        try:
            organisations.look_up(self._api)
        except Refused as refused:
            if refused.status != 401:
                raise
            # The Bearer middleware's 401 may mean one organisation only: ask the token calls whether all is over.
            self._store.connection = self._api.connection_token()
            raise
        self._heed(0.0)

    def _link(self, organisations: Organisations, first: bool) -> Link:
        self._connection = Connection(self._config.push_url, self._context, clock.now, _AGENT)
        return Link(
            api=self._api,
            store=self._store,
            pacer=self._pacer,
            organisations=organisations,
            connection=self._connection,
            random=self._chance,
            heed=self._heed,
            dispatch=self._dispatch,
            figures_changed=self._figures_changed,
            first=first,
        )

    def _figures(self) -> tuple[int, int, int]:
        return self._organisations.figures() if self._organisations is not None else (0, 0, 0)

    def _figures_changed(self, connected: bool) -> None:
        if connected:
            if self._online_since is None:
                self._online_since = clock.now()
                self._state.well()
                self._reason = ""
            self._state.move(State.ONLINE)
        else:
            self._state.move(self._state.state, self._reason)


def _kind(error: TelexStartError) -> SignInFailure:
    if isinstance(error, CredentialsRefused):
        return SignInFailure.CREDENTIALS
    if isinstance(error, InvalidForm):
        return SignInFailure.FORM
    if isinstance(error, RateLimited):
        return SignInFailure.RATE_LIMIT
    if isinstance(error, NoNetwork):
        return SignInFailure.NETWORK
    return SignInFailure.TELEX


def _short(error: TelexStartError) -> str:
    """A trouble in a few words, fit for the status line."""
    return error.title[0].lower() + error.title[1:] if not error.title.startswith("Telex") else error.title
