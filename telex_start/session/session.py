"""The session as other threads see it: it begins with the first sign-in, is told what to do, and is stopped.

Its modules, and those of the network with them, are half of what the program imports, and after a start it mostly waits
for a person. So they are imported on the session thread, which begins with the first sign-in, or with the first link
that is asked for.
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

# An older agent that still runs when this file is installed over its own loads it late, with its own events: from them
# no name can be imported that was not there in 0.2.0.
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
            timings: How long it waits for what; ``None``: as usual.
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
        """What the thread does; ``None`` until it is imported."""
        self._early: list[Command] = []
        self._wanted: frozenset[str] = frozenset()

    def start(self) -> None:
        """Nothing: for an older agent (up to 0.2.0) that still runs, and loads this late when somebody signs in."""

    def send(self, command: Command) -> None:
        """Give the session a command. It leaves a blocking receive for it at once, a call to Telex to sign out, and to
        stop, everything else too. Before one that begins it nothing is of consequence."""
        with self._lock:
            if self._work is None:
                if self._thread is not None or isinstance(command, _BEGINNING):
                    self._early.append(command)
                if self._thread is None and self._early:
                    self._begin()
                return
        self._work.send(command)

    def prefer(self, channels: frozenset[str]) -> None:
        """Name the channels to go first on the next connection, where the push server does not take all."""
        with self._lock:
            self._wanted = channels
            if self._work is not None:
                self._work.wanted = channels

    def stop(self, seconds: float) -> bool:
        """Ask the thread to end and wait for it at most ``seconds``; ``False`` where it has not ended by then."""
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
        except RuntimeError as error:  # the system starts no more of them
            log.error("the session could not be started: %s", error)
            self._not_begun("Telex Start had a problem", NO_THREAD)
            return
        self._thread = thread

    def _not_begun(self, title: str, message: str) -> None:
        """The next sign-in tries again. With the lock held."""
        nobody_waits = any(isinstance(command, SignIn) and command.persist for command in self._early)
        self._early.clear()
        self._thread = None
        if nobody_waits:  # to try again: that is for whoever has started the program
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
        """Not in the frame of the thread, where a reference to the last command, and the password, would stay."""
        with self._lock:
            work.wanted = self._wanted
            for command in self._early:
                work.send(command)
            self._early.clear()
            self._work = work
