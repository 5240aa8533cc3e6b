"""The agent: its parts are made and started here, and stopped again in reverse.

The icon comes first. Everything else is imported and started after it is shown, while a person already looks at it; so
many imports in this module stand inside functions.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .errors import EXIT_FAILED, ConfigError, TelexStartError
from .menu import Request
from .process import instance, lazylog, paths, signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .app.ports import Surface
    from .config import Config
    from .config_file import ConfigSource
    from .console import Console
    from .desktop.bus.buses import Buses
    from .desktop.macos import Application
    from .desktop.main_app.main_app import MainApp
    from .desktop.tk.opening import Help, Preferences
    from .desktop.toasts.toasts import Toasts
    from .desktop.tray.tray import Tray
    from .events import Event
    from .process.signals import Watch
    from .session.tokens import TokenStore

log = lazylog.Log(__name__)

EXIT_WITHIN = 5.0
"""Seconds that ``--exit`` waits for the running instance to be gone."""


def end_running(folder: str, api_url: str) -> int:
    """``telex-start --exit``: end the running instance, and return when it is gone."""
    try:
        kind = instance.ask(folder, api_url, Request.EXIT, wait=EXIT_WITHIN)
    except TimeoutError:
        print("telex-start: the running instance has not ended.", file=sys.stderr)
        return 1
    print("Telex Start has ended." if kind else "Telex Start is not running.")
    return 0


def run(
    config: Config,
    settings: ConfigSource,
    *,
    headless: bool,
    as_json: bool,
    open_window: bool,
    at_login: bool,
    password: list[str],
) -> tuple[int, str]:
    """Run the agent to its end.

    Args:
        settings: Where the configuration came from.
        open_window: Open the login window at once.
        at_login: The desktop has started it, and nobody is waiting for it.
        password: Empty, or the one given at the start, which is taken out: no reference to it outlives the sign-in.

    Returns:
        The exit code, and one line that says why where it is not 0.

    Raises:
        ConfigError: a configured file or folder cannot be used.
        NoPlaceForIcon: there is nowhere to put an icon with a menu.
    """
    signals.record()
    folder = paths.runtime_folder()
    try:
        lock = instance.claim(folder, config.api_url, "headless" if headless else "tray")
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be used ({error.strerror}): {paths.ELSEWHERE}.") from None
    if lock is None:
        # Nobody has asked for anything where the desktop starts it.
        request = None if headless or at_login else Request.LOGIN if open_window else Request.OPEN
        return _second_start(folder, config.api_url, request), ""
    # Stopped in reverse order of their start; one that fails to stop does not keep the others running.
    with contextlib.ExitStack() as stack:
        agent = _Agent(config, settings, lock, stack)
        if headless:
            agent.appear_on_terminal(as_json)
        else:
            agent.appear_in_tray(at_login)
        code, why = agent.live(password, open_window, at_login)
    if _others():
        # The interpreter would wait for a library's thread that sleeps on (plyer makes one a toast on Windows), and a
        # daemon thread in a library's C code (a look-up of a name that nobody waits for) can crash its end: code -11.
        if why:
            print(f"telex-start: {why}", file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
    return code, why


class DispatchQueue(SimpleQueue["Event"]):
    """The queue to the main thread. Where that thread waits for something else, it is woken for each event.

    ``put`` may be called by any thread, also in a signal handler and in a finaliser.
    """

    def __init__(self) -> None:
        self._wake: Callable[[], object] | None = None
        self._loop: Application | None = None

    def put(self, event: Event, block: bool = True, timeout: float | None = None) -> None:
        """Add an event; never blocks."""
        super().put(event)
        if (wake := self._wake) is not None:
            wake()
        elif (loop := self._loop) is not None:
            loop.wake()

    def get(self, block: bool = True, timeout: float | None = None) -> Event:
        """The next event; waited for in the loop that :meth:`wait_in` was given.

        Raises:
            Empty: there is none, or not in so many seconds.
        """
        if not block or (loop := self._loop) is None:
            return super().get(block, timeout)
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            with contextlib.suppress(Empty):
                return super().get(False)
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise Empty
            loop.wait(left)

    def wait_in(self, loop: Application | None) -> None:
        """On macOS: have the main thread wait in the loop that the icon lives in."""
        self._loop = loop

    def wake_by(self, wake: Callable[[], object] | None) -> None:
        """Call this after each ``put``, on the thread that puts, from now on; ``None``: the main thread waits here."""
        self._wake = wake


class _Agent:
    """The parts of the agent. Each that is started has its stop pushed on the stack."""

    def __init__(
        self, config: Config, source: ConfigSource, lock: instance.Instance, stack: contextlib.ExitStack
    ) -> None:
        self._config = config
        self._source = source
        self._lock = lock
        self._stack = stack
        self._events = DispatchQueue()
        self._buses = _buses()
        self._store: TokenStore | None = None
        self._surface: Surface
        self._console: Console | None = None
        self._tray: Tray | None = None
        lazylog.prepare(lambda: _begin_logging(config.log_level, self._secrets, self._events))
        stack.callback(_end_logging)
        stack.callback(_name_threads)
        stack.callback(lock.close)
        if self._buses is not None:
            stack.callback(self._buses.stop)

    def appear_in_tray(self, at_login: bool) -> None:
        """Show the icon.

        Args:
            at_login: The desktop is starting too: it is waited for, without a word.

        Raises:
            NoPlaceForIcon: there is nowhere to put one with a menu.
        """
        from .desktop.tray.tray import SILENT_AT_LOGIN, Tray

        silent_for = SILENT_AT_LOGIN if at_login else 0.0
        self._surface = self._tray = Tray(self._events.put, self._buses, paths.cache_folder(), silent_for=silent_for)
        self._stack.callback(self._tray.stop)
        self._tray.start()
        self._events.wait_in(self._tray.main_loop)

    def appear_on_terminal(self, as_json: bool) -> None:
        """Tell everything on standard output."""
        from .console import Console

        self._surface = self._console = Console(as_json, sys.stdout, lambda: _quit(self._events))
        self._stack.callback(self._console.stop)
        if self._buses is not None:
            self._buses.start()

    def live(self, password: list[str], open_window: bool, at_login: bool) -> tuple[int, str]:
        """Everything else, until Exit.

        Returns:
            The exit code, and why where it is not 0.
        """
        from .app.app import App
        from .desktop.main_app.main_app import MainApp
        from .events import SignIn
        from .process import state_file
        from .session.session import Session
        from .session.tokens import TokenStore

        lazylog.begin()
        config, events = self._config, self._events
        store = self._store = TokenStore()
        self._stack.callback(store.clear)
        sign_in = [SignIn(config.email or "", password.pop(), persist=True)] if password else []
        watch = _on_signals(events, self._console)
        self._stack.callback(signals.end)
        toasts = self._make_toasts()
        if self._buses is not None:
            self._buses.watch_sleep(events.put)
        self._lock.serve(_dispatch_for_instance(events, self._console), watch)

        is_locked = self._buses.screen_is_locked if self._buses is not None else bool  # elsewhere nobody tells
        main_app = MainApp(config, is_locked)
        app = App(
            config=config,
            events=events,
            session=Session(config, store, events.put),
            surface=self._surface,
            toasts=toasts,
            main_app=main_app,
            help=self._make_help(),
            source=_Reconfigured(self._source, main_app),
            memory=state_file.Memory(config.api_url),
            preferences=self._make_preferences(),
        )
        try:
            return app.run(sign_in, open_window, at_login), app.last_words
        except TelexStartError:
            raise
        except Exception as error:
            log.critical("the main thread failed", exc_info=error)
            return EXIT_FAILED, f"an unexpected error ended the program ({type(error).__name__}); the log has it"

    def _make_help(self) -> Help:
        from .desktop.tk.opening import Help

        made = Help(self._events.put, self._source.where(), _log_file)
        self._stack.callback(made.end)
        return made

    def _make_preferences(self) -> Preferences | None:
        if self._tray is None:
            return None
        from .desktop.tk.opening import Preferences

        made = Preferences(self._events.put, self._source.path, self._source.given)
        self._stack.callback(made.end)
        return made

    def _make_toasts(self) -> Toasts:
        toasts: Toasts
        if self._buses is not None and self._buses.session is not None:
            from .desktop.toasts.dbus_backend import DBusToasts

            toasts = DBusToasts(self._events.put, self._buses.session, icon=_toast_icon)
        else:
            from .desktop.toasts.plyer_backend import PlyerToasts

            if self._buses is not None:
                log.info("toasts: there is no session bus")
            notify = self._tray.notify if self._tray is not None and sys.platform == "win32" else None
            toasts = PlyerToasts(self._events.put, tray_notify=notify, icon_file=_icon_file)
        self._stack.callback(toasts.stop)
        toasts.configure(self._config)
        return toasts

    def _secrets(self) -> Iterable[str]:
        if self._store is None:
            return []
        tokens = [self._store.connection, *self._store.subscriptions.values()]
        values = [self._store.access, self._store.notification, *(token.value for token in tokens if token is not None)]
        return [value for value in values if value]


def _buses() -> Buses | None:
    """Those of a Linux desktop; elsewhere there are none."""
    if not sys.platform.startswith("linux"):
        return None
    from .desktop.bus.buses import Buses

    return Buses()


def _others() -> list[threading.Thread]:
    """The threads beside this one that still run."""
    return [thread for thread in threading.enumerate() if thread is not threading.main_thread()]


def _name_threads() -> None:
    if names := [thread.name for thread in _others() if not thread.daemon]:
        log.warning("still running: %s", ", ".join(names))


@functools.cache
def _toast_icon() -> tuple[int, int, bytes]:
    from .desktop import pixmaps
    from .states import State

    return pixmaps.rgba(pixmaps.pixmaps(State.ONLINE, 0, paths.cache_folder())[-1])


@functools.cache
def _icon_file() -> str | None:
    from .desktop import icons
    from .states import State

    return icons.ico_file(os.path.join(paths.cache_folder(), "telex-start.ico"), State.ONLINE)


class _Reconfigured:
    """The configuration's source, and who takes it up on this side of the App."""

    def __init__(self, source: ConfigSource, main_app: MainApp) -> None:
        self.changed = source.changed
        self.load = source.load
        self._main_app = main_app

    def take_up(self, config: Config) -> None:
        """Take up how much is logged, and what Open Main App and a click on a toast open."""
        from .process import logs

        logs.set_level(config.log_level)
        self._main_app.configure(config)


def _second_start(folder: str, api_url: str, request: Request | None) -> int:
    """Another instance is running: ask it for what a person wants to see, and end."""
    kind = instance.ask(folder, api_url, request)
    if request is None or kind != "tray":
        print("Telex Start is already running.", file=sys.stderr)
    return 0


def _quit(events: SimpleQueue[Event]) -> None:
    from .events import Requested

    events.put(Requested(Request.EXIT))


def _on_signals(events: SimpleQueue[Event], console: Console | None) -> Watch | None:
    """Have signals end the program in its own order, or read its configuration again.

    Returns:
        What the instance thread has to do for that.
    """
    from .events import Requested

    def put(number: int) -> None:
        events.put(Requested(Request.RELOAD if signals.asks_to_reload(number) else Request.EXIT))

    return signals.listen(put, lambda: console is not None and console.blocked)


def _dispatch_for_instance(events: SimpleQueue[Event], console: Console | None) -> Callable[[Event], None]:
    """Where the instance thread puts second starts.

    While a person is asked for a password the main thread is blocked and reads no events; a signal interrupts that.
    """
    from .events import Requested

    def dispatch(event: Event) -> None:
        events.put(event)
        if console is not None and isinstance(event, Requested) and event.request is Request.EXIT:
            signals.interrupt()

    return dispatch


def _begin_logging(level: str, secrets: Callable[[], Iterable[str]], events: SimpleQueue[Event]) -> None:
    from .process import logs

    def failed(thread: str, error: str) -> None:
        from .events import ThreadFailed

        events.put(ThreadFailed(thread, error))

    logs.begin(level, _log_file(), secrets, failed)


def _end_logging() -> None:
    from .process import logs

    logs.end()


def _log_file() -> str | None:
    try:
        return paths.log_file()
    except OSError:
        return None
