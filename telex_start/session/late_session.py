"""What stands in the session's place until somebody signs in.

The session and the network's modules are half of what the program imports, and after a start it mostly waits for a
person. So they are imported with the first sign-in, on a thread of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Config
from ..events import Command, Event, SignIn, StateChanged
from ..states import State
from .tokens import TokenStore

if TYPE_CHECKING:
    from .session import Session


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
            from ..net import tls

            tls.context(config.ca_file)

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
                    self._maker.start()
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
        if self._maker is not None:
            self._maker.join(seconds)
        with self._lock:
            session = self._session
        if session is None:
            return self._maker is None or not self._maker.is_alive()
        return session.stop(seconds)

    def _make(self) -> None:
        try:
            from .session import Session

            session = Session(self._config, self._store, self._dispatch)
        except BaseException:
            self._dispatch(StateChanged(State.STOPPED))
            raise
        session.start()
        with self._lock:
            session.prefer(self._wanted)
            for command in self._waiting:
                session.send(command)
            self._waiting.clear()
            self._session = session
