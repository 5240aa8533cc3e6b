"""Defines the interfaces that the App works with. Parts of the agent implement them, and in tests stand-ins do."""

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
"""This machine's wall clock."""


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
    """Keeps what is remembered from one start to the next (see ``process.state_file``). Both calls raise OSError."""

    def load(self) -> tuple[Remembered, str]:
        """What is remembered, and a sentence that says what is wrong with it; empty if nothing is."""

    def save(self, remembered: Remembered) -> None: ...


class ConfigSource(Protocol):
    """Where the configuration comes from (see ``config_file.ConfigSource``)."""

    def changed(self) -> bool:
        """Whether the file has changed since it was read last."""

    def load(self) -> Config:
        """Read the configuration.

        Raises:
            ConfigError: it has an error; the text names the source, the key and what is allowed.
        """


class Surface(Protocol):
    """Where the program shows itself: the tray, or the terminal."""

    def state(self, event: StateChanged) -> None: ...
    def show(self, view: TrayView) -> None: ...
    def renew_every(self) -> float: ...
    def unread(self, counts: Counts) -> None: ...
    def toast(self, toast: Toast) -> None: ...
    def trouble(self, trouble: Trouble) -> None:
        """Something does not work, or the program itself has something to say."""

    @property
    def opens_windows(self) -> bool:
        """Whether a login window is to ask for credentials; false without an icon, where a terminal may ask."""

    def end_startup(self, token: str) -> None:
        """Tell the desktop that what a click with this activation token (empty for none) asked for is done."""

    def may_open_unasked(self) -> bool:
        """Whether a window that nobody has asked for may open: it would leave the focus where it is."""

    def ask(self, email: str, mailed: bool) -> SigningIn | None:
        """Ask for credentials on the terminal, and wait for them; ``None`` if a window is to ask instead.

        Args:
            email: The address as far as known; empty for none.
            mailed: If the person signs in by a mailed link: one was asked for already.

        Raises:
            NobodyToAsk: there is neither a window nor a terminal.
            KeyboardInterrupt: the person, or a signal, wants the program to end.
        """


class Windows(Protocol):
    """The windows, in processes of their own (see ``desktop.tk.opening``). What the person does there comes as events.

    No call blocks or raises; ``token`` is the click's activation token, for the new window; empty for none.
    """

    def open_login(self, email: str, take_focus: bool, message: str, **more: Any) -> None:
        """Open the login window; it must not be open. ``more``: other fields of :class:`.login_pages.LoginData`."""

    def tell_login(self, what: str, message: str) -> None:
        """Tell the login window what to do. ``what``: show how the sign-in goes (``busy``, ``failure``, ``success``, or
        only the ``words``), ask for the ``link`` that was mailed, or come to the ``front``."""

    def close_login(self) -> None:
        """Close the login window; no event comes from it any more."""

    def open_doctor(self, token: str) -> None: ...
    def open_about(self, data: Mapping[str, Any], token: str) -> None: ...
    def open_log(self, token: str) -> None: ...
    def open_preferences(
        self, organisations: Sequence[tuple[str, str, str]], muted: Sequence[tuple[object, ...]], token: str
    ) -> None:
        """Open the preferences, or bring them to the front.

        Args:
            organisations: For each its id, its name, and its name fit to show.
            muted: The fields of each :class:`~telex_start.menu.Muted`.
        """


class Keyring(Protocol):
    """The system's keyring. Processes of their own ask it (see ``desktop.keyring``); the answers come as events.

    No call blocks or raises.
    """

    def read(self, email: str, prompt: bool) -> None:
        """Read a password; ``prompt``: the system may ask the person to open a keyring that is locked."""

    def keep(self, email: str, password: str, prompt: bool) -> None: ...
    def remove(self, email: str) -> None: ...
    def watch(self, wanted: bool) -> None:
        """Start or stop to send an event whenever a keyring may have been opened, or has appeared."""


class MainApp(Protocol):
    """Opens and closes the Telex client (see ``desktop.main_app``); a call may take seconds."""

    def open(self, token: str) -> MainAppAnswered | None: ...
    def open_place(self, address: str, token: str, in_browser: bool) -> MainAppAnswered | None: ...
    def prefers_client(self) -> bool:
        """Whether a click on a toast opens the client; looks at a few files at most."""

    def in_front(self) -> bool:
        """Whether the client's window is in front of the person; false if nothing tells. The call may hang with the
        desktop."""

    def close(self) -> MainAppAnswered | None: ...


class Ports(NamedTuple):
    """All that the App works with."""

    events: SimpleQueue[Event]
    """The queue of events to the main thread; a ``put`` never blocks."""
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
    """Makes those parts of the agent that the App does not know take up a changed configuration."""
    boot: str
    """Names this run of the machine: see :func:`telex_start.clock.boot`."""
    now: Callable[[], float] = clock.now
    """The time, in seconds on a clock that counts the machine's sleep."""
    wall: Wall = WALL
