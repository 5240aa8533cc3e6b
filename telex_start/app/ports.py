"""The interfaces that the App works with. Each is served by a part of the agent, and in tests by a stand-in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

from .. import clock
from ..config import Config
from ..events import Command, Event, MainAppAnswered, SigningIn, StateChanged, Trouble
from ..news.unread import Counts
from ..news.wall import Wall
from ..toast import Handle, Remembered, Toast
from ..tray_view import TrayView

WALL = Wall(time.time, clock.offset)
"""This machine's clock on the wall."""


class SessionPort(Protocol):
    """The session (see ``session.session``)."""

    def send(self, command: Command) -> None: ...
    def stop(self, seconds: float) -> bool: ...
    def prefer(self, channels: frozenset[str]) -> None: ...


class ToastsPort(Protocol):
    """Where toasts are shown (see ``desktop.toasts``). No call blocks or raises."""

    @property
    def show(self) -> Callable[[Toast], object]: ...
    @property
    def close(self) -> Callable[[Handle], None]: ...


class Memory(Protocol):
    """What the program remembers from one start to the next (see ``process.state_file``). Both raise OSError."""

    def load(self) -> tuple[Remembered, str]:
        """It, and a sentence that says what is wrong with it; empty where nothing is."""

    def save(self, remembered: Remembered) -> None: ...


class ConfigSource(Protocol):
    """Where the configuration comes from (see ``config_file.ConfigSource``)."""

    def changed(self) -> bool:
        """Whether its file is another than when it was read last."""

    def load(self) -> Config:
        """Read it.

        Raises:
            ConfigError: names the source, the key and what is allowed.
        """


class Surface(Protocol):
    """Where the program itself is seen: the tray, or the terminal."""

    def state(self, event: StateChanged) -> None: ...
    def show(self, view: TrayView) -> None: ...
    def renew_every(self) -> float: ...
    def unread(self, counts: Counts) -> None: ...
    def toast(self, toast: Toast) -> None: ...
    def trouble(self, trouble: Trouble) -> None:
        """Something does not work, or the program itself has something to say."""

    @property
    def opens_windows(self) -> bool:
        """Whether a login window is the way to ask for credentials."""

    def end_startup(self, token: str) -> None:
        """What a click with this activation token (empty for none) asked for has come: the desktop waits no longer."""

    def may_open_unasked(self) -> bool:
        """Whether a window that nobody has asked for would leave the focus where it is."""

    def ask(self, email: str, mailed: bool) -> SigningIn | None:
        """Ask for credentials there and then; ``None`` where they are asked for by a window instead.

        Args:
            email: That is known; empty for none.
            mailed: Where the person signs in by mail: a link was asked for already.

        Raises:
            NobodyToAsk: there is neither a window nor a terminal.
            KeyboardInterrupt: the person, or a signal, wants the program to end.
        """


class Windows(Protocol):
    """The windows, in processes of their own (see ``desktop.tk.opening``). What they do they say by events.

    No call blocks or raises; the token is the desktop's for what comes, empty without one.
    """

    def open_login(self, email: str, take_focus: bool, message: str, **more: Any) -> None:
        """Open the login window, which is not open; ``more``: see :class:`.login_window.LoginWindow`."""

    def tell_login(self, what: str, message: str) -> None:
        """Have it say how the sign-in goes: ``busy``, ``failure``, ``success``, or the ``words`` alone; have it ask for
        the ``link`` that was mailed; or have it come to the ``front``."""

    def close_login(self) -> None:
        """Close it; nothing comes of it any more."""

    def open_doctor(self, token: str) -> None: ...
    def open_about(self, data: Mapping[str, Any], token: str) -> None: ...
    def open_log(self, token: str) -> None: ...
    def open_preferences(
        self, organisations: Sequence[tuple[str, str, str]], muted: Sequence[tuple[object, ...]], token: str
    ) -> None:
        """Open the preferences, or bring them to the front.

        Args:
            organisations: For each its id, its name, and that fit to show.
            muted: The fields of each :class:`~telex_start.menu.Muted`.
        """


class Keyring(Protocol):
    """The system's keyring, asked by processes of their own (see ``desktop.keyring``), whose answers are events.

    No call blocks or raises.
    """

    def read(self, email: str, prompt: bool) -> None:
        """Read a password; ``prompt``: the system may ask the person to open a keyring that is locked."""

    def keep(self, email: str, password: str, prompt: bool) -> None: ...
    def remove(self, email: str) -> None: ...
    def watch(self, wanted: bool) -> None:
        """Say from here on, or no more, when a keyring is opened or comes."""


class MainApp(Protocol):
    """Opening and closing the Telex client (see ``desktop.main_app``); may take seconds."""

    def open(self, token: str) -> MainAppAnswered | None: ...
    def open_place(self, address: str, token: str, in_browser: bool) -> MainAppAnswered | None: ...
    def prefers_client(self) -> bool:
        """Whether a click on a toast opens the client; looks at a few files at most."""

    def in_front(self) -> bool:
        """Whether its window is in front of the person; no where nobody tells. It may hang with the desktop."""

    def close(self) -> MainAppAnswered | None: ...


class Ports(NamedTuple):
    """All that the App works with."""

    events: SimpleQueue[Event]
    """To this thread; a ``put`` never blocks."""
    session: SessionPort
    """Started and stopped by the App."""
    surface: Surface
    """Started before the App, and stopped after it."""
    toasts: ToastsPort
    main_app: MainApp
    windows: Windows
    source: ConfigSource
    memory: Memory
    keyring: Keyring
    configure: Callable[[Config], None]
    """Takes up, in what the App knows nothing of, a configuration that counts from now on."""
    boot: str
    """Which run of the machine it is: see :func:`telex_start.clock.boot`."""
    now: Callable[[], float] = clock.now
    """The time, in seconds on a clock that counts the machine's sleep."""
    wall: Wall = WALL
