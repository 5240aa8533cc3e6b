"""The agent put together: which surface, which toasts, one instance, signals; and taken apart again.

The order is for the eye: what the icon needs comes first, everything else is imported while a person looks at it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from . import instance, lazylog, paths
from .desktop.connections import Connections
from .errors import ConfigError, TelexStartError
from .menu import Ring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .app import App, SessionPort, Surface
    from .config import Config
    from .console import Console
    from .events import Event, MainAppAnswered, SignIn
    from .tokens import TokenStore

log = lazylog.Log(__name__)

EXIT_FAILED = 1
"""An error that nobody expected."""
EXIT_WITHIN = 5.0
"""Seconds that ``--exit`` waits for the running instance to be gone."""


def end_running(folder: str, api_url: str) -> int:
    """``telex-start --exit``: end the running instance, and return when it is gone."""
    try:
        kind = instance.ring(folder, api_url, Ring.EXIT, wait=EXIT_WITHIN)
    except TimeoutError:
        print("telex-start: the running instance has not ended.", file=sys.stderr)
        return 1
    print("Telex Start has ended." if kind else "Telex Start is not running.")
    return 0


def run(config: Config, *, headless: bool, as_json: bool, open_window: bool, password: str | None) -> tuple[int, str]:
    """Run the agent to its end.

    Returns:
        The exit code, and one line that says why where it is not 0.

    Raises:
        ConfigError: a configured file or folder cannot be used.
        NoPlaceForIcon: there is nowhere to put an icon with a menu.
    """
    folder = paths.runtime_folder()
    try:
        lock = instance.claim(folder, config.api_url, "headless" if headless else "tray")
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be used ({error.strerror}): set XDG_RUNTIME_DIR.") from None
    if lock is None:
        return _second_start(folder, config.api_url, headless), ""
    events: SimpleQueue[Event] = SimpleQueue()
    secrets: list[TokenStore] = []
    lazylog.prepare(lambda: _begin_logging(config.log_level, secrets, events))
    connections = Connections()
    # Started inner to outer, stopped outer to inner; one that fails to stop never keeps the others from it.
    with contextlib.ExitStack() as stack:
        stack.callback(_end_logging)
        stack.callback(_name_threads)
        stack.callback(lock.close)
        stack.callback(connections.stop)
        console: Console | None = None
        surface: Surface
        if headless:
            from .console import Console

            surface = console = Console(as_json, sys.stdout, lambda: _quit(events))
            connections.start()
        else:
            from .desktop.tray_surface import TraySurface

            surface = TraySurface(events.put, connections, paths.cache_folder())
            stack.callback(surface.stop)
            surface.start()
        lazylog.begin()
        code, why = _live(config, events, secrets, connections, surface, console, lock, stack, open_window, password)
        del password
    if _others():
        # A library's thread that sleeps on (plyer's for each toast on Windows) would hold up the end.
        if why:
            print(f"telex-start: {why}", file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)
    return code, why


def _live(
    config: Config,
    events: SimpleQueue[Event],
    secrets: list[TokenStore],
    connections: Connections,
    surface: Surface,
    console: Console | None,
    lock: instance.Instance,
    stack: contextlib.ExitStack,
    open_window: bool,
    password: str | None,
) -> tuple[int, str]:
    """Everything but the icon, which is there already."""
    from .app import App
    from .desktop.toasts import Toasts
    from .events import SignIn
    from .tokens import TokenStore

    store = TokenStore()
    secrets.append(store)
    stack.callback(store.clear)
    sign_in = SignIn(config.email or "", password, persist=True) if password is not None else None
    del password
    _on_signals(events, console)
    toasts = Toasts(events.put, bus=connections.session, icon=_toast_icon)
    stack.callback(toasts.stop)
    toasts.start()
    connections.watch_sleep(events.put)
    lock.serve(_with_interruption(events, console))

    def make_session() -> SessionPort:
        from .session import Session

        return Session(config, store, events.put)

    app = App(
        config=config,
        events=events,
        surface=surface,
        toasts=toasts,
        main_app=_MainApp(config.main_app_command),
        make_session=make_session,
    )
    return _run(app, sign_in, open_window)


def _run(app: App, sign_in: SignIn | None, open_window: bool) -> tuple[int, str]:
    try:
        return app.run(sign_in, open_window), app.last_words
    except TelexStartError:
        raise
    except Exception as error:
        log.critical("the main thread failed", exc_info=error)
        return EXIT_FAILED, f"an unexpected error ended the program ({type(error).__name__}); the log has it"


def _others() -> list[str]:
    """The names of the threads that the interpreter would wait for."""
    return [
        thread.name for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()
    ]


def _name_threads() -> None:
    if names := _others():
        log.warning("still running: %s", ", ".join(names))


def _toast_icon() -> tuple[int, int, bytes]:
    from .desktop import pixmaps
    from .states import State

    return pixmaps.rgba(pixmaps.pixmaps(State.ONLINE, 0, paths.cache_folder())[-1])


class _MainApp:
    """Opens and closes the Telex client; its modules are brought when they are needed."""

    def __init__(self, command: str | None) -> None:
        self._command = command

    def open(self) -> MainAppAnswered | None:
        """Open it, or raise it where it runs."""
        from .desktop import main_app

        return main_app.open_main_app(self._command)

    def close(self) -> MainAppAnswered | None:
        """End it."""
        from .desktop import main_app

        return main_app.close_main_app(self._command)


def _second_start(folder: str, api_url: str, headless: bool) -> int:
    """Another instance is running: ring its bell, and end."""
    kind = instance.ring(folder, api_url, None if headless else Ring.OPEN)
    if headless or kind != "tray":
        print("Telex Start is already running.", file=sys.stderr)
    return 0


def _quit(events: SimpleQueue[Event]) -> None:
    import signal

    from .events import SignalReceived

    events.put(SignalReceived(signal.SIGTERM))


def _on_signals(events: SimpleQueue[Event], console: Console | None) -> None:
    """SIGTERM and SIGINT end the program in its own order; SimpleQueue.put is safe in a signal handler."""
    from . import signals
    from .events import SignalReceived

    signals.listen(lambda number: events.put(SignalReceived(number)), lambda: console is not None and console.blocked)


def _with_interruption(events: SimpleQueue[Event], console: Console | None) -> Callable[[Event], None]:
    """Dispatch for the bell: a person who is being asked for a password blocks the main thread until a signal comes."""

    from . import signals
    from .events import BellRang

    def dispatch(event: Event) -> None:
        events.put(event)
        if console is not None and isinstance(event, BellRang) and event.ring is Ring.EXIT:
            signals.interrupt()

    return dispatch


def _begin_logging(level: str, secrets: list[TokenStore], events: SimpleQueue[Event]) -> None:
    from . import logs

    def failed(thread: str, error: str) -> None:
        from .events import ThreadFailed

        events.put(ThreadFailed(thread, error))

    logs.begin(level, _log_file(), lambda: [value for store in secrets for value in _secrets(store)], failed)


def _end_logging() -> None:
    from . import logs

    logs.end()


def _log_file() -> str | None:
    try:
        return paths.log_file()
    except OSError:
        return None


def _secrets(store: TokenStore) -> Iterable[str]:
    tokens = [store.connection, *store.subscriptions.values()]
    values = [store.access, store.notification, *(token.value for token in tokens if token is not None)]
    return [value for value in values if value]
