"""The session's interface for other threads: starts the session thread, gives it commands, and stops it.

The modules of the session and the network are half of what the program imports, and after a start the session mostly
waits for a person. So these modules are imported on the session thread, which begins with the first sign-in, or when a
sign-in link is first asked for.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import clock, events
from ..config import Config
from ..errors import NO_THREAD
from ..events import Command, Event, SignIn, SignInFailed, SignInFailure, StateChanged, Stop
from ..states import State
from .tokens import TokenStore

if TYPE_CHECKING:
    from .pace import Timings
    from .session_thread import SessionThread

log = logging.getLogger(__name__)

# An older agent that still runs when this file replaces its own imports it late, while its old ``events`` is loaded
# already: only names that were in ``events`` in 0.2.0 can be imported from there.
_BEGINNING = getattr(events, "SigningIn", SignIn)
"""The commands that the session thread begins with."""


class Session:
    """Signs in at Telex, stays connected, and signs out. Any thread may call it."""

    def __init__(
        self,
        config: Config,
        store: TokenStore,
        dispatch: Callable[[Event], None],
        chance: Callable[[], float] = random.random,
        timings: Timings | None = None,
        now: Callable[[], float] = clock.now,
    ) -> None:
        """
        Args:
            config: Where Telex is.
            store: For the tokens of the session; cleared when it ends.
            dispatch: Gives an event to the main thread.
            chance: Gives numbers in [0, 1).
            timings: Time-outs, pauses and periods; ``None``: the usual ones.
            now: Seconds on a clock that counts sleep.

        Raises:
            ConfigError: the configuration's ``ca_file`` cannot be used.
        """
        if config.ca_file:
            from ..net.sockets import tls_context

            tls_context(config.ca_file)
        self._with = config, store, dispatch, chance, timings, now
        self._dispatch = dispatch
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._work: SessionThread | None = None
        """The work of the thread; ``None`` until its modules are imported."""
        self._early: list[Command] = []
        self._wanted: frozenset[str] = frozenset()

    def start(self) -> None:
        """Does nothing: an older agent (up to 0.2.0) that still runs, and imports this late at a sign-in, calls it."""

    def send(self, command: Command) -> None:
        """Give the session a command. Most commands end a blocking receive at once. Those that end the session or a
        sign-in also end a call to Telex; Stop ends all. Until a command begins the session, others are dropped."""
        with self._lock:
            if self._work is None:
                if self._thread is not None or isinstance(command, _BEGINNING):
                    self._early.append(command)
                if self._thread is None and self._early:
                    self._begin()
                return
        self._work.send(command)

    def prefer(self, channels: frozenset[str]) -> None:
        """Name the channels to go first on the next connection, if the push server does not take all."""
        with self._lock:
            self._wanted = channels
            if self._work is not None:
                self._work.wanted = channels

    def stop(self, seconds: float) -> bool:
        """Ask the thread to end and wait for it at most ``seconds``; ``False`` if it has not ended by then."""
        self.send(Stop())
        thread = self._thread  # where it cannot begin, it is taken back meanwhile
        if thread is None:
            return True
        thread.join(seconds)
        return not thread.is_alive()

    def _begin(self) -> None:
        """Begin the thread. With the lock held."""
        thread = threading.Thread(target=self._run, name="session", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system starts no more threads
            log.error("the session could not be started: %s", error)
            self._not_begun("Telex Start had a problem", NO_THREAD)
            return
        self._thread = thread

    def _not_begun(self, title: str, message: str) -> None:
        """Report that the session could not begin; the next sign-in tries again. With the lock held."""
        nobody_waits = any(isinstance(command, SignIn) and command.persist for command in self._early)
        self._early.clear()
        self._thread = None
        if nobody_waits:  # to try again: only whoever started the program can do that
            self._dispatch(StateChanged(State.STOPPED))
            return
        self._dispatch(SignInFailed(title, message, SignInFailure.TELEX))
        self._dispatch(StateChanged(State.SIGNED_OUT))

    def _run(self) -> None:
        try:
            from .session_thread import SessionThread

            work = SessionThread(*self._with)
        except ImportError as error:  # another version was installed under this process
            log.error("the session could not be started: %s", error)
            with self._lock:
                self._not_begun("Telex Start was updated", "Exit Telex Start and start it again, and sign in then.")
            return
        except BaseException:
            self._dispatch(StateChanged(State.STOPPED))
            raise
        self._hand_over(work)
        work.run()

    def _hand_over(self, work: SessionThread) -> None:
        """Give the thread its first commands. Not in ``_run``: its frame would keep the last one, and the password."""
        with self._lock:
            work.wanted = self._wanted
            for command in self._early:
                work.send(command)
            self._early.clear()
            self._work = work
