"""What stands in the session's place until somebody signs in.

The session and the network's modules are half of what the program imports, and after a start it mostly waits for a
person. So they are imported with the first sign-in, on a thread of their own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Config
from ..errors import NO_THREAD
from ..events import Command, Event, SignIn, SignInFailed, SignInFailure, StateChanged
from ..states import State
from .tokens import TokenStore

if TYPE_CHECKING:
    from .session import Session

log = logging.getLogger(__name__)


class LateSession:
    """What :class:`~.session.Session` is to others, and that itself from the first sign-in on."""

    def __init__(self, config: Config, store: TokenStore, dispatch: Callable[[Event], None]) -> None:
        """
        Args:
            config: Where Telex is.
            store: For the tokens of the session.
            dispatch: Gives an event to the main thread.

        Raises:
            ConfigError: the configuration's ``ca_file`` cannot be used.
        """
        self._config = config
        self._store = store
        self._dispatch = dispatch
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._maker: threading.Thread | None = None
        self._waiting: list[Command] = []
        self._wanted: frozenset[str] = frozenset()
        if config.ca_file:
            from ..net.sockets import tls_context

            tls_context(config.ca_file)

    def start(self) -> None:
        """Nothing yet."""

    def send(self, command: Command) -> None:
        """Give the session a command. Before the first sign-in nothing else is of consequence."""
        with self._lock:
            if self._session is None:
                if self._maker is None and not isinstance(command, SignIn):
                    return
                self._waiting.append(command)
                if self._maker is None:
                    self._maker = threading.Thread(target=self._make, name="session start", daemon=True)
                    try:
                        self._maker.start()
                    except RuntimeError as error:
                        self._not_started(error)
                return
        self._session.send(command)

    def prefer(self, channels: frozenset[str]) -> None:
        """See :meth:`Session.prefer <telex_start.session.session.Session.prefer>`."""
        with self._lock:
            self._wanted = channels
            if self._session is not None:
                self._session.prefer(channels)

    def stop(self, seconds: float) -> bool:
        """See :meth:`Session.stop <telex_start.session.session.Session.stop>`."""
        with self._lock:
            maker = self._maker
        if maker is not None:
            maker.join(seconds)
        with self._lock:
            session = self._session
        if session is None:
            return maker is None or not maker.is_alive()
        return session.stop(seconds)

    def _make(self) -> None:
        try:
            from .session import Session

            session = Session(self._config, self._store, self._dispatch)
        except BaseException:
            self._dispatch(StateChanged(State.STOPPED))
            raise
        with self._lock:
            try:
                session.start()
            except RuntimeError as error:
                self._not_started(error)
                return
            session.prefer(self._wanted)
            for command in self._waiting:
                session.send(command)
            self._waiting.clear()
            self._session = session

    def _not_started(self, error: RuntimeError) -> None:
        """The system starts no more threads: the next sign-in tries again. With the lock held."""
        log.error("the session could not be started: %s", error)
        nobody_waits = any(isinstance(command, SignIn) and command.persist for command in self._waiting)
        self._maker = None
        self._waiting.clear()
        if nobody_waits:  # to try again: that is for whoever has started the program
            self._dispatch(StateChanged(State.STOPPED))
            return
        self._dispatch(SignInFailed("Telex Start had a problem", NO_THREAD, SignInFailure.TELEX))
        self._dispatch(StateChanged(State.SIGNED_OUT))
