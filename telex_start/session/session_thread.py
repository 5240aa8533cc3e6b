"""Carries out the session thread's work, from signing in to signing out: the commands, one connection after the other.

The thread does one thing after the other, and most of them block. Commands come in through one queue, on which the
thread also waits; events go out through ``dispatch``. Apart from these, it shares with other threads: the token store
(see :class:`~.tokens.TokenStore`), the WebSocket and the HTTPS client (:meth:`SessionThread.send` aborts them), and the
poller, whose polls run on a thread of their own (see :mod:`.poller`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..config import Config
from ..errors import Refused, SessionOver, SignInRefused, TelexStartError, Temporary
from ..events import (
    AskForLink,
    CancelSignIn,
    Command,
    Event,
    ReconnectNow,
    SignedIn,
    SignIn,
    SigningIn,
    SignOut,
    SlugFetched,
    Stop,
)
from ..net.dialling import Dialler
from ..net.https import Https
from ..net.sockets import tls_context
from ..push import frames
from ..push.protocol import Ended
from ..push.websocket import WebSocket
from ..states import SIGNED_IN, State
from . import pace
from .connection import PushConnection
from .pace import Pacer, Shared, Timings, Waits
from .poll_calls import PollCalls
from .poller import PollCommand, Poller
from .state import (
    LEAVING,
    LOGIN_FAILURES,
    Commands,
    LeaveAsked,
    Organisations,
    ReconnectAsked,
    SessionState,
    attempt,
    log_in,
    reason,
    sign_in_failed,
)
from .telex_api import Login, TelexApi
from .tokens import TokenStore
from .upkeep import Parts

log = logging.getLogger(__name__)

_UNEXPECTED = "an unexpected error"
_LOG_SAYS_WHAT = "Something unexpected went wrong; the log says what."
_RECONNECTING_NOW = "reconnecting now"


class SessionThread:
    """The session thread's work. Any thread may call :meth:`send`; the rest is for the session thread."""

    def __init__(
        self,
        config: Config,
        store: TokenStore,
        dispatch: Callable[[Event], None],
        chance: Callable[[], float],
        timings: Timings | None,
        now: Callable[[], float],
    ) -> None:
        """See :class:`~.session.Session`."""
        self.wanted: frozenset[str] = frozenset()
        """Channels to go first on the next connection. Another thread sets it, by replacing one reference."""
        timings = timings or pace.USUAL
        self._config = config
        self._shared = Shared(store, Pacer(now, chance, timings.requests_at_once), dispatch, now, chance, timings)
        self._store = store
        self._now = now
        self._context = tls_context(config.ca_file)
        self._dialler = Dialler(self._context, now)
        self._commands = Commands(now)
        self._stopping = threading.Event()
        self._https = Https(self._dialler, now, self._commands.leaving)
        self._api = TelexApi(config.api_url, self._https, self._shared)
        self._poller_lock = threading.Lock()
        self._poller = Poller(self._new_calls, self._shared, config.honour_telex_settings)
        """The poller of this session; between two sessions, that of the next one."""
        self._websocket: WebSocket | None = None
        self._online_since: float | None = None
        self._at_once = False
        """Whether the next connection is made because the person asked or the machine woke, not due to the server."""
        self._state = SessionState(dispatch)

    def _new_calls(self) -> PollCalls:
        https = Https(Dialler(self._context, self._now), self._now)
        return PollCalls(self._config.api_url, https, self._shared)

    def send(self, command: Command) -> None:
        """See :meth:`.Session.send`."""
        if isinstance(command, PollCommand):
            with self._poller_lock:
                self._poller.obey(command)
            return
        self._commands.put(command)
        organisations = self._state.organisations
        if isinstance(command, SigningIn) and (organisations is None or not organisations.sign_in_again):
            return  # of no consequence to a session that is signed in and well
        # The session thread sets `_websocket`, another thread reads it here. A connection that is made just after this
        # finds the command in the queue. One that is aborted after the command was obeyed is made again (`_connect`).
        if (websocket := self._websocket) is not None:
            websocket.abort()
        if isinstance(command, Stop):
            self._stopping.set()
            self._https.abort()
            self._end_polls()
        elif isinstance(command, LEAVING):
            self._https.interrupt()

    def run(self) -> None:
        """Carry out commands until Stop."""
        try:
            self._live(go_on=False)
        except BaseException as error:  # an uncaught ReconnectAsked or LeaveAsked is a defect, too
            self._begin_anew(error)
        finally:
            # If nobody has asked to stop, this tells the main thread that the session has died.
            try:
                self._forget_tokens()
                self._https.close()
            finally:
                self._state.move(State.STOPPED)

    def _begin_anew(self, error: BaseException) -> None:
        """Go on after an error that ended everything, but only once: a second one has the same cause, and ends all."""
        self._state.unexpected(error)
        try:
            state = self._state.state
            go_on = state in SIGNED_IN and self._store.access is not None
            if go_on:
                self._state.move(State.RECONNECTING, _UNEXPECTED)
            elif state in SIGNED_IN or state is State.SIGNING_IN:
                self._sign_in_failed(TelexStartError(_LOG_SAYS_WHAT))
            self._live(go_on)
        except BaseException as another:
            self._state.unexpected(another)

    def _live(self, go_on: bool) -> None:
        """Carry out commands until Stop; if ``go_on``, begin with the session that there is already."""
        command = self._carry_out([]) if go_on else None
        while not isinstance(command, Stop):
            # In a list, not in a variable: no reference to the command, and its password, outlives the call.
            waiting = [command or self._commands.next()]
            command = None
            if isinstance(waiting[0], Stop):
                return
            command = self._carry_out(waiting)

    def _carry_out(self, waiting: list[Command]) -> Command | None:
        """Carry out a command, and survive unexpected errors; returns the next command, if it has come already.

        Args:
            waiting: The command, which is taken out; if empty: go on with the session that there is.
        """
        try:
            try:
                if waiting and isinstance(waiting[0], AskForLink):
                    return self._ask_for_link(waiting[0])
                if not waiting or (isinstance(waiting[0], SigningIn) and self._sign_in(waiting)):
                    self._stay()
                elif waiting and isinstance(waiting.pop(), SignOut):
                    self._forget()
            except LeaveAsked as leave:
                return self._left(leave.command)
        except SessionOver as over:
            self._forget_tokens()
            self._state.over(over, self._now())
        except Exception as error:
            self._state.unexpected(error)
            self._sign_in_failed(TelexStartError(_LOG_SAYS_WHAT))
        return None

    def _left(self, command: Command) -> Command | None:
        """End the session because of a command; returns the command if it is to be carried out after that."""
        self._end_polls()
        if isinstance(command, Stop):
            self._forget_tokens()
            return command
        resume = self._resumable() and not isinstance(command, SignOut)
        self._state.move(State.SIGN_IN_NEEDED if resume else State.SIGNED_OUT)
        try:
            self._api.logout(self._stopping.wait)
        finally:
            self._forget_tokens()
            if not resume:
                self._forget()
        return command if isinstance(command, SigningIn) else None

    def _sign_in_failed(self, error: TelexStartError) -> None:
        """Tell main that there is no session, and why. If that ends in *signed out*, forget the organisations, too."""
        self._forget_tokens()
        self._shared.dispatch(sign_in_failed(error))
        if isinstance(error, SignInRefused) or self._resumable():
            self._state.move(State.SIGN_IN_NEEDED)
        else:
            self._forget()

    def _resumable(self) -> bool:
        """Whether there are stream positions of an earlier session, from which the same user would want to go on."""
        return self._state.organisations is not None and self._state.organisations.answered

    def _forget_tokens(self) -> None:
        """Forget all tokens and end the polls, as the session has ended."""
        self._store.clear()
        self._end_polls()

    def _end_polls(self) -> None:
        """End the polls of this session; the next session's poller takes over what main wants polled."""
        with self._poller_lock:
            old = self._poller
            self._poller = Poller(self._new_calls, self._shared, old.settings, old.watched)
        old.end()

    def _forget(self) -> None:
        self._forget_tokens()
        self._state.organisations = None
        self._state.well()
        self._state.move(State.SIGNED_OUT)

    def _wait_interruptibly(self, seconds: float) -> None:
        """Wait that long, or until a command comes; with 0 only look whether one has come.

        Raises:
            ReconnectAsked: ReconnectNow came in a session; without a session it only ends the wait.
            LeaveAsked: a command came that ends what is going on.
        """
        end = self._now() + seconds
        while (command := self._commands.until(end)) is not None:
            if isinstance(command, ReconnectNow):
                if self._state.state not in SIGNED_IN:
                    return  # to the next try
                raise ReconnectAsked
            if self._state.state in SIGNED_IN:
                if isinstance(command, CancelSignIn) and command.session_stays:
                    continue
                if isinstance(command, SigningIn):
                    waiting: list[SigningIn] = [command]
                    command = ReconnectNow()  # no reference to the command, and its password, stays here
                    self._sign_in_again(waiting)
                    continue
            raise LeaveAsked(command)

    def _wait_for_pacer(self) -> None:
        """Wait until a call to Telex may be made, or a command comes; raises as :meth:`_wait_interruptibly`."""
        self._wait_interruptibly(0.0)
        while (wait := self._shared.pacer.wait()) > 0:
            self._wait_interruptibly(wait)

    def _sign_in(self, waiting: list[Command]) -> bool:
        """Log in with the command, which is taken out of the list; ``False`` if that failed.

        Raises:
            LeaveAsked: a command came meanwhile.
        """
        self._state.move(State.SIGNING_IN)
        login = self._log_in(waiting.pop())
        if login is None:
            return False
        self._state.well()
        if self._state.organisations is None or self._state.organisations.user_id != login.user_id:
            self._state.organisations = Organisations(login.user_id, self._shared)
        self._signed_in(login)
        for channel in self._state.organisations.channels.values():
            channel.signed_in_anew()
        self._wait_interruptibly(0.0)
        return True

    def _log_in(self, command: Command) -> Login | None:
        """Log in, again and again if nobody is there to try again (``persist``); ``None`` if the login failed."""
        backoff = self._shared.timings.backoff(self._shared.chance)
        while True:
            self._wait_for_pacer()
            try:
                return log_in(self._api, command, self._stopping.wait)
            except LOGIN_FAILURES as error:
                self._wait_interruptibly(0.0)  # a command that came meanwhile matters more than the call's failure
                persist = isinstance(command, SignIn) and command.persist
                if not persist or isinstance(error, SignInRefused):
                    self._sign_in_failed(error)
                    return None
                self._state.report(error)
                self._state.move(State.SIGNING_IN, reason(error))
            self._wait_interruptibly(backoff.next())

    def _ask_for_link(self, command: AskForLink) -> Command | None:
        """Have a link mailed, while nobody is signed in; gives the command that came meanwhile, if any."""
        try:
            self._wait_for_pacer()
            answer = attempt(self._api, command, self._config.web_url, self._stopping.wait)
            self._wait_interruptibly(0.0)
        except LeaveAsked as leave:
            return leave.command
        if isinstance(answer, Event):
            self._shared.dispatch(answer)
        return None

    def _sign_in_again(self, waiting: list[SigningIn]) -> None:
        """Log in, or ask for a link, during a session whose access token is refused (else the command is ignored).

        If that fails, or another user has logged in and it is called off meanwhile, the session goes on as it is.

        Raises:
            ReconnectAsked: the login worked; the next connection fetches the organisations. If another user has logged
                in, nothing is left of the session before.
        """
        organisations, command = self._state.organisations, waiting.pop()
        if organisations is None or not organisations.sign_in_again:
            return
        tokens = self._store.access, self._store.notification
        login = attempt(self._api, command, self._config.web_url, self._stopping.wait, session_stays=True)
        if isinstance(login, Event):
            if not self._commands.leaving():  # else nobody waits for the answer
                self._shared.dispatch(login)
            return
        if login.user_id != organisations.user_id:
            if self._commands.leaving():
                self._store.access, self._store.notification = tokens
                return
            self._end_polls()
            self._store.drop_push_tokens()
            self._state.move(State.SIGNED_OUT)
            self._state.organisations = Organisations(login.user_id, self._shared)
        self._signed_in(login)
        raise ReconnectAsked

    def _signed_in(self, login: Login) -> None:
        assert self._state.organisations is not None
        self._state.organisations.signed_in_anew()
        self._state.organisations.expires_at = login.expires_at
        self._poller.signed_in()
        self._shared.dispatch(SignedIn(login.user_id, login.names))
        if login.organisation and login.slug:
            self._shared.dispatch(SlugFetched(f"{login.organisation}/{login.user_id}", login.slug))

    def _stay(self) -> None:
        """Connect, and connect again, until a command or the end of the session.

        Raises:
            SessionOver: the session has ended.
            LeaveAsked: a command came.
        """
        waits = Waits(self._shared.chance, self._shared.timings)
        why = ""
        while True:
            organisations = self._state.organisations
            assert organisations is not None
            self._state.move(State.CONNECTING, why)
            try:
                why, wait = self._connect(organisations, waits)
            except ReconnectAsked:
                why, wait = _RECONNECTING_NOW, 0.0
                self._at_once = True
                waits.asked()
            self._state.move(State.RECONNECTING, why)
            try:
                self._wait_interruptibly(wait)
            except ReconnectAsked:
                self._at_once = True
                waits.asked()

    def _connect(self, organisations: Organisations, waits: Waits) -> tuple[str, float]:
        """One connection, from its tokens to its end.

        Returns:
            Why it ended, in a few words, and how many seconds to wait before the next.

        Raises:
            SessionOver: the session has ended.
            ReconnectAsked, LeaveAsked: a command came.
        """
        self._online_since = None
        first = not organisations.known
        try:
            if first:
                self._wait_for_pacer()
                organisations.first_fetch(self._api, self._now())
                self._wait_interruptibly(0.0)
                self._poller.keep([*organisations.channels])
            for name in organisations.put_first(self.wanted):
                self._store.subscriptions.pop(name, None)  # or this channel would take a place that another needs more
                organisations.channels[name].token_can_wait = True
            ending: Ended | Temporary | Refused = self._new_connection(organisations, first).run()
        except (Temporary, Refused) as error:
            ending = error
        except SessionOver:
            raise
        except Exception as error:
            # Whatever the error is, the person is signed in and waits for messages: report it, and go on.
            self._state.unexpected(error)
            return _UNEXPECTED, waits.failed.next()
        finally:
            websocket, self._websocket = self._websocket, None
            aborted = websocket is not None and websocket.aborted
        self._wait_interruptibly(0.0)  # a command that ended it is the reason, not the socket's error
        if aborted:  # for a command that is obeyed already: this connection was made because of it
            self._at_once = True
            return _RECONNECTING_NOW, 0.0
        if not isinstance(ending, Ended):
            self._state.report(ending)
            return reason(ending), (waits.refused if isinstance(ending, Refused) else waits.failed).next()
        self._at_once = self._at_once or ending.at_once
        log.info("connection ended: %s", ending.why)
        if ending.terminal:
            self._state.report(Temporary(f"{ending.why[0].upper()}{ending.why[1:]}.", "Telex closed the connection"))
        stood = None if self._online_since is None else self._now() - self._online_since
        busy = ending.code == frames.TOO_MANY_REQUESTS
        return ending.why, waits.ended(stood, terminal=ending.terminal, at_once=ending.at_once, busy=busy)

    def _new_connection(self, organisations: Organisations, just_fetched: bool) -> PushConnection:
        parts = Parts(
            shared=self._shared,
            api=self._api,
            dialler=self._dialler,
            organisations=organisations,
            poller=self._poller,
            wait_interruptibly=self._wait_interruptibly,
            wait_for_pacer=self._wait_for_pacer,
            figures_changed=self._state.tell_figures,
        )
        self._websocket = WebSocket(
            self._config.push_url, self._dialler, self._now, open_within=self._shared.timings.open_within
        )
        return PushConnection(parts, self._websocket, self._online, just_fetched=just_fetched)

    def _online(self) -> None:
        self._online_since = self._now()
        self._state.well()
        self._poller.connected(self._at_once)
        self._at_once = False
        self._state.move(State.ONLINE)
