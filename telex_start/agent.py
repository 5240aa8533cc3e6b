"""Makes and starts the parts of the agent, and stops them in reverse order; also ends a running agent (``--exit``).

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
from typing import TYPE_CHECKING, Any

from .errors import EXIT_FAILED, ConfigError, TelexStartError
from .menu import Request
from .process import instance, lazylog, paths, signals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .app.ports import Surface
    from .config import Config
    from .config_file import ConfigSource
    from .console import Console
    from .desktop.bus.buses import Buses
    from .desktop.macos import Application
    from .desktop.toasts.toasts import Toasts
    from .desktop.tray.tray import Tray
    from .events import Event, Requested
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


def run(config: Config, source: ConfigSource, options: Any, password: list[str]) -> tuple[int, str]:
    """Run the agent to its end.

    Args:
        source: Where the configuration came from.
        options: The parsed command line.
        password: Empty, or the one given at the start, which is taken out: no reference to it outlives the sign-in.

    Returns:
        The exit code, and one line that says why if it is not 0.

    Raises:
        ConfigError: a configured file or folder cannot be used.
        NoPlaceForIcon: there is nowhere to put an icon with a menu.
    """
    signals.record()
    folder = paths.runtime_folder()
    try:
        lock = instance.claim(folder, config.api_url, "headless" if options.headless else "tray")
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be used ({error.strerror}): {paths.ELSEWHERE}.") from None
    if lock is None:
        # A start at log-in or without an icon asks nothing of the running agent.
        asks = not (options.headless or options.at_login)
        request = (Request.LOGIN if options.login else Request.OPEN) if asks else None
        if instance.ask(folder, config.api_url, request) != "tray" or not asks:
            print("Telex Start is already running.", file=sys.stderr)
        return 0, ""
    # The parts are stopped in reverse order of their start; one that fails to stop does not keep the others running.
    with contextlib.ExitStack() as stack:
        agent = _Agent(config, source, lock, stack)
        agent.appear(options)
        code, why = agent.live(password, options)
    if _others():
        # The interpreter would wait for a library's thread that sleeps on (on Windows plyer makes one for each toast).
        # And a daemon thread in a library's C code (a name look-up that nobody waits for) can crash its end: code -11.
        if why:
            print(f"telex-start: {why}", file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
    return code, why


class DispatchQueue(SimpleQueue["Event"]):
    """The queue to the main thread, which on macOS waits in the loop that the icon lives in.

    ``put`` may be called by any thread, also in a signal handler and in a finaliser.
    """

    def __init__(self) -> None:
        self._loop: Application | None = None

    def put(self, event: Event, block: bool = True, timeout: float | None = None) -> None:
        """Add an event; never blocks."""
        super().put(event)
        if (loop := self._loop) is not None:
            loop.wake()

    def get(self, block: bool = True, timeout: float | None = None) -> Event:
        """The next event. Waits for it, in the loop that :meth:`wait_in` was given if there is one.

        Raises:
            Empty: there is none, or none came within ``timeout`` seconds.
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


class _Agent:
    """The parts of the agent. Each part that is started pushes its stop on the stack."""

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
        lazylog.prepare(self._begin_logging)
        stack.callback(_end_logging)
        stack.callback(_name_threads)
        stack.callback(lock.close)
        if self._buses is not None:
            stack.callback(self._buses.stop)

    def appear(self, options: Any) -> None:
        """Show the icon, or with ``--headless`` make the console.

        Raises:
            NoPlaceForIcon: there is nowhere to put an icon with a menu.
        """
        if options.headless:
            from .console import Console

            by_mail = (self._config.api_url, self._config.web_url) if options.by_mail else None
            self._surface = self._console = Console(options.json, sys.stdout, self._quit, by_mail)
            self._stack.callback(self._console.stop)
            if self._buses is not None:
                self._buses.start()
            return
        from .desktop.tray.tray import SILENT_AT_LOGIN, Tray

        # At log-in the desktop is starting too: for a while a missing tray is not reported.
        silent_for = SILENT_AT_LOGIN if options.at_login else 0.0
        self._surface = self._tray = Tray(self._events.put, self._buses, paths.cache_folder(), silent_for=silent_for)
        self._stack.callback(self._tray.stop)
        self._tray.start()
        self._events.wait_in(self._tray.main_loop)

    def live(self, password: list[str], options: Any) -> tuple[int, str]:
        """Start everything else, and run until Exit.

        Returns:
            The exit code, and why if it is not 0.
        """
        from . import clock
        from .app.app import App
        from .app.ports import Ports
        from .desktop.keyring import Keyring
        from .desktop.main_app.main_app import MainApp
        from .desktop.tk.opening import Windows
        from .events import SignIn
        from .process import logs, state_file
        from .session.session import Session
        from .session.tokens import TokenStore

        lazylog.begin()
        config, events = self._config, self._events
        store = self._store = TokenStore()
        self._stack.callback(store.clear)
        sign_in = [SignIn(config.email or "", password.pop(), persist=True)] if password else []
        watch = signals.listen(self._signalled, lambda: self._console is not None and self._console.blocked)
        self._stack.callback(signals.end)
        toasts = self._make_toasts()
        if self._buses is not None:
            self._buses.watch_sleep(events.put)
        self._lock.serve(self._requested, watch)
        windows = Windows(events.put, self._source, _log_file)
        self._stack.callback(windows.end)
        keyring = Keyring(events.put, self._buses.session if self._buses is not None else None, config.api_url)
        self._stack.callback(keyring.end)
        is_locked = self._buses.screen_is_locked if self._buses is not None else bool  # False: elsewhere nobody tells
        main_app = MainApp(config, is_locked)

        def configure(config: Config) -> None:
            logs.set_level(config.log_level)
            main_app.configure(config)
            toasts.configure(config)

        ports = Ports(
            events,
            Session(config, store, events.put),
            self._surface,
            toasts,
            main_app,
            windows,
            self._source,
            state_file.Memory(config.api_url),
            keyring,
            configure,
            clock.boot(),
        )
        app = App(config, ports)
        try:
            at_once, unattended = options.login or options.by_mail, bool(options.password_credential)
            return app.run(sign_in, at_once, options.at_login, unattended), app.last_words
        except TelexStartError:
            raise
        except Exception as error:
            log.critical("the main thread failed", exc_info=error)
            return EXIT_FAILED, f"an unexpected error ended the program ({type(error).__name__}); the log has it"

    def _quit(self) -> None:
        from .events import Requested

        self._events.put(Requested(Request.EXIT))

    def _requested(self, event: Requested) -> None:
        """Another start asks something. Called by the instance's thread.

        While a person is asked for a password the main thread is blocked and reads no events; a signal interrupts that.
        """
        self._events.put(event)
        if self._console is not None and event.request is Request.EXIT:
            signals.interrupt()

    def _signalled(self, number: int) -> None:
        """A signal came: ask for Exit, or for reading the configuration again."""
        from .events import Requested

        self._events.put(Requested(Request.RELOAD if signals.asks_to_reload(number) else Request.EXIT))

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

    def _begin_logging(self) -> None:
        from .process import logs

        logs.begin(self._config.log_level, _log_file(), self._secrets, self._thread_failed)

    def _thread_failed(self, thread: str, error: str) -> None:
        from .events import ThreadFailed

        self._events.put(ThreadFailed(thread, error))

    def _secrets(self) -> Iterable[str]:
        if self._store is None:
            return []
        tokens = [self._store.connection, *self._store.subscriptions.values()]
        values = [self._store.access, self._store.notification, *(token.value for token in tokens if token is not None)]
        return [value for value in values if value]


def _buses() -> Buses | None:
    """The D-Bus connections of a Linux desktop; ``None`` elsewhere."""
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


def _end_logging() -> None:
    from .process import logs

    logs.end()


def _log_file() -> str | None:
    try:
        return paths.log_file()
    except OSError:
        return None
