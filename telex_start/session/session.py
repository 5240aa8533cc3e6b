"""The session: the one thread that talks to Telex, from signing in to signing out.

It does one thing after the other, and most of them block. Commands come in by one queue, on which it also waits; what
happens goes out by ``dispatch``. Besides, it shares with other threads: the token store (see
:class:`~.tokens.TokenStore`), what :meth:`Session.send` aborts (the WebSocket and the HTTPS client), and the look-ups,
which have a thread of their own (see :mod:`.look_ups`).
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from collections.abc import Callable

from .. import __version__, clock
from ..config import Config
from ..errors import Refused, SessionOver, TelexStartError, Temporary
from ..events import CancelSignIn, Command, Event, ReconnectNow, SignedIn, SignIn, SignOut, Stop
from ..net.dialling import Dialler
from ..net.https import Https
from ..net.pacing import Pacer, Waits
from ..net.sockets import tls_context
from ..push import frames
from ..push.websocket import WebSocket
from ..states import SIGNED_IN, State
from . import sign_in
from .collaborators import Collaborators
from .commands import LEAVING, Commands
from .connection import PushConnection
from .interrupts import LeaveAsked, ReconnectAsked, SignInEnded
from .look_ups import Asked, LookUps
from .organisations import Figures, Organisations
from .shared_pacer import SharedPacer
from .state import SessionState, reason
from .telex_api import Login, TelexApi
from .timings import USUAL, Timings
from .tokens import TokenStore

log = logging.getLogger(__name__)

_UNEXPECTED = "an unexpected error"
_LOG_SAYS_WHAT = "Something unexpected went wrong; the log says what."
_RECONNECTING_NOW = "reconnecting now"
_AGENT = f"telex-start/{__version__}"


class Session:
    """The session thread's work. Any thread may call :meth:`start`, :meth:`send` and :meth:`stop`, and nothing else."""

    def __init__(
        self,
        config: Config,
        store: TokenStore,
        dispatch: Callable[[Event], None],
        chance: Callable[[], float] = random.random,
        timings: Timings = USUAL,
        now: Callable[[], float] = clock.now,
    ) -> None:
        """
        Args:
            config: Where Telex is.
            store: For the tokens of the session; cleared when it ends.
            dispatch: Gives an event to the main thread.
            chance: Gives numbers in [0, 1).
            timings: How long it waits for what.
            now: Seconds on a clock that counts sleep.

        Raises:
            ConfigError: the configuration's ``ca_file`` cannot be used.
        """
        self._config = config
        self._store = store
        self._dispatch = dispatch
        self._chance = chance
        self._timings = timings
        self._now = now
        context = tls_context(config.ca_file)
        self._dialler = Dialler(context, now, timings.look_up_names_within)
        self._commands = Commands(now)
        self._stopping = threading.Event()
        self._pacer = SharedPacer(Pacer(timings.requests_at_once, chance), now, chance)
        self._https = Https(self._dialler, now, _AGENT, self._commands.leaving)
        self._api = TelexApi(config.api_url, self._https, store, self._pacer, now, timings)
        self._look_ups = LookUps(
            config.api_url,
            lambda: Https(Dialler(context, now, timings.look_up_names_within), now, _AGENT),
            store,
            self._pacer,
            dispatch,
            now,
            chance,
            timings,
            settings=config.honour_telex_settings,
        )
        self._organisations: Organisations | None = None
        self._websocket: WebSocket | None = None
        self._wanted: frozenset[str] = frozenset()
        self._reason = ""
        self._online_since: float | None = None
        self._at_once = False
        """The next connection is wanted by the person or by the machine's waking, and not because of the server."""
        self._state = SessionState(dispatch, self._figures)
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    # --- any thread -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def send(self, command: Command) -> None:
        """Give the session a command; it leaves a blocking receive for it at once, a call to Telex to sign out, and to
        stop, everything else too."""
        if isinstance(command, Asked):
            self._look_ups.obey(command)
            return
        self._commands.put(command)
        organisations = self._organisations
        if isinstance(command, SignIn) and (organisations is None or not organisations.sign_in_again):
            return  # of no consequence to a session that is signed in and well
        # Read on another thread than the one that sets it: a connection that comes too late for this finds the command
        # in the queue, and one that comes after the command was obeyed is made anew (see `_aborted`).
        if (websocket := self._websocket) is not None:
            websocket.abort()
        if isinstance(command, Stop):
            self._stopping.set()
            self._https.abort()
            self._look_ups.end()
        elif isinstance(command, LEAVING):
            self._https.interrupt()

    def prefer(self, channels: frozenset[str]) -> None:
        """Name the channels to go first on the next connection, where the push server does not take all."""
        self._wanted = channels  # another thread reads it: one reference in the place of another

    def stop(self, seconds: float) -> bool:
        """Ask the thread to end and wait for it at most ``seconds``; ``False`` where it has not ended by then."""
        self.send(Stop())
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # --- the thread -------------------------------------------------------------------------------------------------

    def _assert_own_thread(self) -> None:
        assert threading.current_thread() is self._thread, "this is for the session thread alone"

    def _run(self) -> None:
        self._assert_own_thread()
        try:
            self._live(go_on=False)
        except BaseException as error:  # a command's interrupt that nobody took is a defect like any other
            self._begin_anew(error)
        finally:
            # To the main thread this means, where nobody has asked to stop, that the session has died.
            try:
                self._forget_tokens()
                self._https.close()
            finally:
                self._state.move(State.STOPPED)

    def _begin_anew(self, error: BaseException) -> None:
        """Live on after an error that ended all, once: a second one has the same cause, and is for the person."""
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
        """Carry out commands until Stop; where ``go_on``, there is a session already."""
        command = self._guarded([]) if go_on else None
        while not isinstance(command, Stop):
            # In a list, and not in this frame: no reference to it, and the password, outlives the call.
            waiting = [command or self._commands.next()]
            command = None
            if isinstance(waiting[0], Stop):
                return
            command = self._guarded(waiting)

    def _guarded(self, waiting: list[Command]) -> Command | None:
        """Carry out a command, and survive what nobody expected; gives the command that is next, if it came already."""
        try:
            return self._carry_out(waiting)
        except Exception as error:
            self._state.unexpected(error)
            self._sign_in_failed(TelexStartError(_LOG_SAYS_WHAT))
            return None

    def _carry_out(self, waiting: list[Command]) -> Command | None:
        try:
            if not waiting:
                self._stay()
            elif isinstance(waiting[0], SignIn):
                self._sign_in(waiting)
                self._stay()
            elif isinstance(waiting.pop(), SignOut):
                self._forget()
        except SignInEnded as ended:
            log.warning("signing in failed: %s", ended.error.message)
            self._sign_in_failed(ended.error)
        except LeaveAsked as leave:
            return self._left(leave.command)
        except SessionOver as over:
            self._forget_tokens()
            log.warning("%s", over.message)
            self._state.move(State.SIGN_IN_NEEDED, over.message)
        return None

    def _left(self, command: Command) -> Command | None:
        """End the session for a command; some are to be carried out after that."""
        self._look_ups.end()
        if isinstance(command, Stop):
            self._forget_tokens()
            return command
        resume = self._resumable and not isinstance(command, SignOut)
        self._state.move(State.SIGN_IN_NEEDED if resume else State.SIGNED_OUT)
        try:
            self._api.logout(self._stopping.wait)
        finally:
            self._forget_tokens()
            if not resume:
                self._forget()
        return command if isinstance(command, SignIn) else None

    def _sign_in_failed(self, error: TelexStartError) -> None:
        """Say that there is no session, and why. Whatever ends in *signed out* forgets all."""
        self._forget_tokens()
        self._dispatch(sign_in.failed(error))
        if sign_in.refused(error) or self._resumable:
            self._state.move(State.SIGN_IN_NEEDED)
        else:
            self._forget()

    @property
    def _resumable(self) -> bool:
        """There are stream positions of an earlier session, which the same user would want to go on from."""
        return self._organisations is not None and any(
            channel.answered for channel in self._organisations.channels.values()
        )

    def _forget_tokens(self) -> None:
        """There is no session any more, and nothing to be looked up in it."""
        self._store.clear()
        self._look_ups.end()

    def _forget(self) -> None:
        self._forget_tokens()
        self._organisations = None
        self._state.well()
        self._reason = ""
        self._state.move(State.SIGNED_OUT)

    # --- commands ---------------------------------------------------------------------------------------------------

    def _wait_interruptibly(self, seconds: float) -> None:
        """Wait that long, or until a command comes; with 0 only look whether one has come.

        Raises:
            ReconnectAsked: for ReconnectNow.
            LeaveAsked: for every command that ends what is going on.
        """
        self._assert_own_thread()
        end = self._now() + seconds
        while (command := self._commands.until(end)) is not None:
            if isinstance(command, ReconnectNow):
                raise ReconnectAsked
            if self._state.state in SIGNED_IN:
                if isinstance(command, CancelSignIn) and command.session_stays:
                    continue
                if isinstance(command, SignIn):
                    waiting, command = [command], ReconnectNow()  # no reference to it, and the password, stays here
                    self._sign_in_again(waiting)
                    continue
            raise LeaveAsked(command)

    # --- signing in -------------------------------------------------------------------------------------------------

    def _sign_in(self, waiting: list[Command]) -> None:
        """Log in with the command that is taken out of the list.

        Raises:
            SignInEnded: it did not work.
            LeaveAsked: a command came meanwhile.
        """
        self._state.move(State.SIGNING_IN)
        command = waiting.pop()
        assert isinstance(command, SignIn)
        backoff = self._timings.backoff(self._chance)
        login = sign_in.log_in(command, self._api, self._state, backoff, self._wait_interruptibly, self._wait_for_pacer)
        self._state.well()
        self._reason = ""
        if self._organisations is None or self._organisations.user_id != login.user_id:
            self._organisations = Organisations(login.user_id, self._chance, self._dispatch, self._timings)
        self._signed_in(login)
        for channel in self._organisations.channels.values():
            channel.signed_in_anew()
        with contextlib.suppress(ReconnectAsked):
            self._wait_interruptibly(0.0)

    def _sign_in_again(self, waiting: list[SignIn]) -> None:
        """Log in beside a session whose access token is refused. Where that fails, or is called off for another user,
        the session goes on as it is. One whose access token is good takes no second sign-in.

        Raises:
            ReconnectAsked: it worked: the next connection looks the organisations up.
            LeaveAsked: it worked, for another user.
        """
        organisations, command = self._organisations, waiting.pop()
        if organisations is None or not organisations.sign_in_again:
            return
        tokens = self._store.access, self._store.notification
        try:
            login = self._api.login(command.email, command.password)
        except sign_in.FAILURES as error:
            if self._commands.leaving():
                return  # nobody waits for what became of it
            log.warning("%s: %s", error.title, error.message)
            self._dispatch(sign_in.failed(error, session_stays=True))
            return
        if login.user_id == organisations.user_id:
            self._signed_in(login)
            raise ReconnectAsked
        if self._commands.leaving():
            self._store.access, self._store.notification = tokens
            return
        self._organisations = None  # nothing of the first user's is to be resumed
        raise LeaveAsked(command)

    def _signed_in(self, login: Login) -> None:
        assert self._organisations is not None
        self._organisations.signed_in_anew()
        slugs = {f"{login.organisation}/{login.user_id}": login.slug} if login.organisation and login.slug else {}
        self._look_ups.signed_in(slugs)
        self._dispatch(SignedIn(login.user_id, login.names))

    def _wait_for_pacer(self) -> None:
        self._wait_interruptibly(0.0)
        while (wait := self._pacer.wait(self._now())) > 0:
            self._wait_interruptibly(wait)

    # --- staying signed in ------------------------------------------------------------------------------------------

    def _stay(self) -> None:
        """Connect, and connect again, until a command or the end of the session.

        Raises:
            SessionOver: the session has ended.
            LeaveAsked: a command came.
        """
        organisations = self._organisations
        assert organisations is not None
        waits = self._timings.waits(self._chance)
        self._state.move(State.CONNECTING, self._reason)
        while True:
            try:
                self._reason, wait = self._connect(organisations, waits)
            except ReconnectAsked:
                self._reason, wait = _RECONNECTING_NOW, 0.0
                self._at_once = True
                waits.asked()
            self._state.move(State.RECONNECTING, self._reason)
            try:
                self._wait_interruptibly(wait)
            except ReconnectAsked:
                self._at_once = True
                waits.asked()
            self._state.move(State.CONNECTING, self._reason)

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
                organisations.first_look_up(self._api, self._store, self._now())
                self._wait_interruptibly(0.0)
                self._look_ups.keep([*organisations.channels])
            for name in organisations.put_first(self._wanted):
                self._store.subscriptions.pop(name, None)  # or it would take the place of one that matters more
            ending = self._new_connection(organisations, first).run()
            self._wait_interruptibly(0.0)  # where a command ended the connection, that is why, not what the socket saw
            if self._aborted:
                self._at_once = True
                return _RECONNECTING_NOW, 0.0
        except (Temporary, Refused) as error:
            self._wait_interruptibly(0.0)  # likewise
            if self._aborted:
                self._at_once = True
                return _RECONNECTING_NOW, 0.0
            self._state.report(error)
            return reason(error), waits.refused() if isinstance(error, Refused) else waits.failed()
        except SessionOver:
            raise
        except Exception as error:
            # Whatever it is, the person is signed in and waits for messages: say so, and go on.
            self._state.unexpected(error)
            return _UNEXPECTED, waits.failed()
        finally:
            self._websocket = None
        self._at_once = self._at_once or ending.at_once
        log.info("connection ended: %s", ending.why)
        if ending.terminal:
            self._state.report(Temporary(f"{ending.why[0].upper()}{ending.why[1:]}.", "Telex closed the connection"))
        stood = None if self._online_since is None else self._now() - self._online_since
        busy = ending.code == frames.TOO_MANY_REQUESTS
        return ending.why, waits.ended(stood, terminal=ending.terminal, at_once=ending.at_once, busy=busy)

    @property
    def _aborted(self) -> bool:
        """A command was obeyed before its sender aborted, and so aborted the connection that was made for it."""
        return self._websocket is not None and self._websocket.aborted

    def _new_connection(self, organisations: Organisations, just_looked_up: bool) -> PushConnection:
        parts = Collaborators(
            api=self._api,
            store=self._store,
            pacer=self._pacer,
            organisations=organisations,
            timings=self._timings,
            now=self._now,
            chance=self._chance,
            hurrying=self._dialler.hurrying,
            wait_interruptibly=self._wait_interruptibly,
            dispatch=self._dispatch,
            figures_changed=self._figures_changed,
            look_ups=self._look_ups,
        )
        self._websocket = WebSocket(
            self._config.push_url, self._dialler, self._now, _AGENT, open_within=self._timings.open_within
        )
        return PushConnection(parts, self._websocket, self._online, just_looked_up=just_looked_up)

    def _figures(self) -> Figures:
        return self._organisations.figures() if self._organisations is not None else Figures()

    def _online(self) -> None:
        self._assert_own_thread()
        self._online_since = self._now()
        self._state.well()
        self._reason = ""
        self._look_ups.connected(self._at_once)
        self._at_once = False
        self._state.move(State.ONLINE)

    def _figures_changed(self) -> None:
        self._assert_own_thread()
        if self._online_since is not None:
            self._state.move(State.ONLINE)
        else:
            self._state.move(self._state.state, self._reason)
