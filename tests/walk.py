"""``python -m tests.walk push|login|refresh``: through which modules of the project one thing goes.

The real parts run in this process: an App, its session against a sandbox over TLS, and toasts over a private session
bus to a notification daemon that only takes notes. Where each walk begins and ends, thread by thread:

push
    On the session thread from the WebSocket's giving the frame to the event on the dispatch queue; on the main thread
    until the toast is handed over (with ``--beside`` all that handles this event); on the thread that speaks to the
    desktop all until ``Notify`` is on the bus.
login
    From the login window's form on the dispatch queue to the state *online*; all threads.
refresh
    On the session thread: the turn in which a connection token is fetched, and those after it until the turn in which
    the push server's answer is read.

It prints the modules in the order in which a function of each ran first, with how many calls there were. Each thing is
done once unrecorded: what is imported late is then there, and a walk shows work, not imports.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import telex_start
from telex_start.agent import DispatchQueue
from telex_start.app.app import App
from telex_start.app.ports import HelpPort
from telex_start.config import Config
from telex_start.desktop.bus.bus import Bus
from telex_start.desktop.toasts.dbus_backend import DBusToasts
from telex_start.events import (
    Event,
    MainAppAnswered,
    MenuClicked,
    PublicationsReceived,
    SignalReceived,
    StateChanged,
    Trouble,
    WindowSubmitted,
)
from telex_start.face import Face
from telex_start.menu import MenuItem
from telex_start.news.unread import Counts
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from telex_start.toast import Toast
from tests.fake_desktop import FakeNotificationDaemon, PrivateBus
from tests.servers import Sandbox

LIMIT = 20.0
"""Seconds that anything awaited may take."""

EVERY = "*"
_WAITING = ("push/websocket.py", "receive")
"""Where the session thread waits for the push server."""
_HANDLING = ("app/app.py", "_handle")
"""What handles one event on the main thread."""
_HANDED_OVER = ("desktop/toasts/dbus_backend.py", "show")
"""What takes a toast from the main thread."""
_PACKAGE = str(Path(telex_start.__file__).parent) + "/"

Walk = dict[str, dict[str, int]]
"""Module -> function -> calls, in the order of the first calls."""


class Recorder:
    """Notes which functions of the project run on the threads that are followed just now.

    A thread is followed from :meth:`follow` to :meth:`leave`. Must be installed before the threads start.
    """

    def __init__(self) -> None:
        self.walk: Walk = {}
        self.seen: Callable[[str, str, str, object], None] | None = None
        """Told of the calls and returns on any thread: ``call`` or ``return``, module, name, what was returned."""
        self._followed: set[str] = set()

    def follow(self, *threads: str) -> None:
        """Follow threads of these names from here on, or :data:`EVERY` one."""
        self._followed.update(threads)

    def leave(self, *threads: str) -> None:
        """Follow them no more."""
        self._followed.difference_update(threads)

    def note(self, module: str, name: str) -> None:
        """Count a function that a walk begins in."""
        calls = self.walk.setdefault(module, {})
        calls[name] = calls.get(name, 0) + 1

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Look at this thread, and at those that start meanwhile."""
        threading.setprofile(self._look)
        sys.setprofile(self._look)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _look(self, frame: FrameType, happened: str, value: object) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE) or code.co_name.startswith("<"):
            return
        module = code.co_filename.removeprefix(_PACKAGE)
        if self.seen is not None:
            self.seen(happened, module, code.co_name, value)
        followed = self._followed
        if happened == "call" and (EVERY in followed or threading.current_thread().name in followed):
            self.note(module, code.co_name)


class _Surface:
    """Nowhere to be seen; tells the states to who waits for one."""

    def __init__(self, told: Callable[[StateChanged], None]) -> None:
        self.state = told

    def face(self, face: Face) -> None: ...
    def unread(self, counts: Counts) -> None: ...
    def toast(self, toast: Toast) -> None: ...
    def trouble(self, trouble: Trouble) -> None: ...

    def renew_every(self) -> float:
        return 1.0

    opens_windows = True

    def end_startup(self, token: str) -> None: ...

    def may_open_unasked(self) -> bool:
        return True

    def open_window(self, email: str, take_focus: bool, message: str) -> None: ...
    def ask(self, email: str) -> None: ...


def _no_help() -> HelpPort:
    raise AssertionError("nobody asks for help on a walk")


class _MainApp:
    def open(self, token: str) -> MainAppAnswered | None: ...
    def open_place(self, address: str, token: str, in_browser: bool) -> MainAppAnswered | None: ...
    def prefers_client(self) -> bool:
        return False

    def in_front(self) -> bool:
        return False

    def close(self) -> MainAppAnswered | None: ...


class _Daemon(FakeNotificationDaemon):
    """Tells when a call has come, before it is answered."""

    told: Callable[[], None] | None = None

    def answer(self, call: Any, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        if member == "Notify" and self.told is not None:
            self.told()
        return super().answer(call, interface, member)


class Stage:
    """All the parts, and what a walk needs of them. The main thread runs :meth:`App.run`, another one the walk."""

    def __init__(self, telex: Sandbox, bus: PrivateBus, daemon: _Daemon, recorder: Recorder, beside: bool) -> None:
        self.telex = telex
        self.daemon = daemon
        self.recorder = recorder
        self.events = DispatchQueue()
        self._states: list[StateChanged] = []
        self._changed = threading.Condition()
        self._came = False
        """The frame of the push that is followed."""
        self._handled = threading.Event()
        self._beside = beside
        self.until_live = False
        """Every thread is followed until all is live."""
        self._bus = Bus(bus.address)
        self._toasts = DBusToasts(self.events.put, self._bus)
        config = Config(api_url=telex.api_url, push_url=telex.push_url, ca_file=telex.ca_file)
        self.app = App(
            config=config,
            events=self.events,
            surface=_Surface(self._state),
            toasts=self._toasts,
            main_app=_MainApp(),
            make_help=_no_help,
            make_session=lambda: Session(config, TokenStore(), self._dispatch),
        )

    def run(self, walk: Callable[[Stage], None]) -> None:
        """Start the parts, walk, and stop the parts.

        Raises:
            Exception: whatever the walk raised.
        """
        failures: list[BaseException] = []

        def go() -> None:
            try:
                walk(self)
            except BaseException as error:
                failures.append(error)
            finally:
                self.events.put(SignalReceived(15))

        walker = threading.Thread(target=go, name="walk")
        with self.recorder.installed():
            self._bus.start()
            try:
                walker.start()
                self.app.run([], open_window=False)
            finally:
                walker.join()
                self._toasts.stop()
                self._bus.stop()
        if failures:
            raise failures[0]

    # --- what a walk does -------------------------------------------------------------------------------------------

    def submit(self) -> None:
        """The person presses Login."""
        self.events.put(WindowSubmitted(self.telex.email, self.telex.password))

    def await_state(self, wanted: Callable[[StateChanged], bool]) -> None:
        """Wait until the main thread has handled such a state."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._states and wanted(self._states[-1]), LIMIT), self._states[-1:]

    def online(self) -> None:
        """Sign in, and wait until all is live and has calmed down."""
        self.submit()
        self.await_state(_all_live)

    def push(self) -> None:
        """A message comes, and its toast is on the bus."""
        before = len(self.daemon.shown)
        self.telex.message(0, f"channel {before}", new_message="never")
        self.daemon.wait_for(before + 1)

    # --- where a walk goes from one thread to the next --------------------------------------------------------------

    def record_push(self) -> None:
        """Follow the next push, and wait until it has gone all the way."""
        self.daemon.told = self._notified
        self.recorder.follow(*_desktop_threads())
        self.recorder.seen = self._seen
        self.push()
        assert self._handled.wait(LIMIT), f"nothing was handled by {_HANDLING}"
        self.recorder.seen = None

    def _seen(self, happened: str, module: str, name: str, value: object) -> None:
        if happened != "return":
            return
        if (module, name) == _WAITING and value is not None:
            self._came = True
            self.recorder.note(module, name)
            self.recorder.follow("session")
        elif (module, name) == _HANDED_OVER and self._came and not self._beside:
            self.recorder.leave("MainThread")
        elif (module, name) == _HANDLING and self._came:
            self.recorder.leave("MainThread")
            self._handled.set()

    def _dispatch(self, event: Event) -> None:
        if self._came and isinstance(event, PublicationsReceived):
            self.recorder.leave("session")
            self.recorder.follow("MainThread")
        self.events.put(event)

    def _notified(self) -> None:
        self.recorder.leave(*_desktop_threads())

    def _state(self, event: StateChanged) -> None:
        if self.until_live and _all_live(event):
            self.recorder.leave(EVERY)
        with self._changed:
            self._states.append(event)
            self._changed.notify_all()


def _all_live(state: StateChanged) -> bool:
    return state.state is State.ONLINE and 0 < state.organisations == state.subscribed


def _desktop_threads() -> list[str]:
    """What is neither ours here nor the session's: the threads that speak to the desktop."""
    ours = {"MainThread", "walk", "session", _Daemon.__name__}
    return [thread.name for thread in threading.enumerate() if thread.name not in ours]


def push(stage: Stage) -> None:
    """A live push, in a channel that has had none."""
    stage.online()
    stage.push()
    pongs = stage.telex.status()["pongs"]
    stage.telex.ping_now()  # once it is answered the session thread waits for the next frame, whatever came before
    stage.telex.wait_until(lambda status: status["pongs"] > pongs)
    stage.record_push()


def login(stage: Stage) -> None:
    """A sign-in, the second one of this process."""
    stage.online()
    stage.events.put(MenuClicked(MenuItem.SIGN_OUT))
    stage.await_state(lambda told: told.state is State.SIGNED_OUT)
    stage.until_live = True
    stage.recorder.follow(EVERY)
    stage.online()


def refresh(stage: Stage) -> None:
    """A refresh of the connection token, the second one."""
    recorder = stage.recorder
    answered = threading.Event()
    read = False

    def seen(happened: str, module: str, name: str, value: object) -> None:
        """The session thread's turns lie between its waits for a frame."""
        nonlocal read
        if (module, name) != _WAITING:
            return
        fetched = "connection_token" in recorder.walk.get("session/telex_api.py", {})
        if happened == "return" and not fetched:
            recorder.walk.clear()  # a turn in which no token was due
        elif happened == "return" and value is not None:
            read = True
        elif happened == "call" and read:
            recorder.leave("session")
            answered.set()

    stage.online()
    stage.telex.wait_until(lambda status: status["tokens_issued"]["connection"] > 1)
    recorder.seen = seen
    recorder.follow("session")
    assert answered.wait(LIMIT), "no refresh came"


WALKS: dict[str, tuple[Callable[[Stage], None], tuple[str, ...]]] = {
    "push": (push, ()),
    "login": (login, ()),
    "refresh": (refresh, ("--connection-ttl", "4")),
}


def record(name: str, beside: bool = False) -> Walk:
    """Walk, and give what ran."""
    walk, options = WALKS[name]
    recorder = Recorder()
    with (
        Sandbox("--rate", "0", "--organisations", "1", *options) as telex,
        PrivateBus() as bus,
        _Daemon(bus) as daemon,
    ):
        Stage(telex, bus, daemon, recorder, beside).run(walk)
    return recorder.walk


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description="Which modules one thing goes through.")
    parser.add_argument("walk", choices=WALKS)
    parser.add_argument("--functions", action="store_true", help="name the functions too")
    parser.add_argument("--beside", action="store_true", help="push: also what the main thread does after the toast")
    options = parser.parse_args()
    walk = record(options.walk, options.beside)
    for number, (module, calls) in enumerate(walk.items(), 1):
        names = ", ".join(f"{name} {count}" for name, count in calls.items()) if options.functions else ""
        print(f"{number:2} {module:40} {sum(calls.values()):4}  {names}".rstrip())
    print(f"{options.walk}: {len(walk)} modules, {sum(map(len, walk.values()))} functions")


if __name__ == "__main__":
    main()
