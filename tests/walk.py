"""``python -m tests.walk WALK``: prints the modules of the project that one thing, such as a push, goes through.

The real parts run in this process: an App, its session against a sandbox over TLS, and toasts over a private session
bus to a stand-in notification daemon. Where each walk begins and ends:

push
    From the frame that the WebSocket gives to the session thread, through the event that the main thread handles until
    it hands over the toast, to ``Notify`` on the bus.
click
    From the daemon's ``ActionInvoked``, as the toasts receive it, through the event that the main thread handles until
    it starts the thread that opens addresses, to the start of the browser.
login
    From the login window's form in the dispatch queue to the state *online*, on all threads.
preference
    From OK in the preferences window, which is opened by its command, to the written file.

It prints the modules in the order in which a function of each ran first, with the number of calls. Each thing is done
once before without recording, so that modules that are imported late are there, and the walk shows no imports.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
import tkinter
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import Mock, patch

import telex_start
from telex_start import commands, events
from telex_start.agent import DispatchQueue
from telex_start.app.app import App
from telex_start.app.ports import Ports
from telex_start.config import Config
from telex_start.desktop.bus.bus import Bus, Loop
from telex_start.desktop.main_app.main_app import MainApp
from telex_start.desktop.toasts.dbus_backend import DBusToasts
from telex_start.menu import MenuItem, Request
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from telex_start.toast import Remembered
from tests.fake_desktop import FakeNotificationDaemon, Notify, PrivateBus, Xvfb
from tests.process import until
from tests.servers import Sandbox

LIMIT = 20.0
"""Seconds that anything awaited may take."""

EVERY = "*"
_WAITING = ("push/websocket.py", "receive")
"""Where the session thread waits for the push server."""
_HANDED_OVER = ("desktop/toasts/dbus_backend.py", "show")
"""The function by which the main thread hands a toast over."""
_PACKAGE = str(Path(telex_start.__file__).parent) + "/"


class Recorder:
    """Counts the calls of the project's functions on the threads that it follows.

    A thread is followed from :meth:`follow` to :meth:`leave`. Use :meth:`installed` before the threads start.
    """

    def __init__(self) -> None:
        self.walk: dict[str, Counter[str]] = {}
        """Module -> function -> calls, in the order of the first calls."""
        self.seen: Callable[[str, str, str, object], None] | None = None
        """Called for each call and return on any thread: ``call`` or ``return``, module, function, returned value."""
        self.ended = threading.Event()
        """The audit event given to :meth:`end_at` has come."""
        self._followed: set[str] = set()
        self._last = ("", "")
        sys.addaudithook(self._audit)

    def follow(self, *threads: str) -> None:
        """Follow threads of these names from here on, or :data:`EVERY` one."""
        self._followed.update(threads)

    def leave(self, *threads: str) -> None:
        """Stop following them."""
        self._followed.difference_update(threads)

    def end_at(self, audited: str, word: str) -> None:
        """Clear the walk, and end it when Python raises the audit event ``audited`` with ``word`` in its arguments."""
        self.walk.clear()
        self.ended.clear()
        self._last = (audited, word)

    def note_stack(self, folder: str) -> None:
        """Count the functions in a folder of the project that are on the current call stack."""
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            module = frame.f_code.co_filename.removeprefix(_PACKAGE)
            if module.startswith(folder):
                self.note(module, frame.f_code.co_name)
            frame = frame.f_back

    def note(self, module: str, name: str) -> None:
        """Count one call of a function."""
        self.walk.setdefault(module, Counter())[name] += 1

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Watch this thread and those that start meanwhile. If a followed thread starts another, the walk follows that
        one instead."""
        start = threading.Thread.start

        def started(thread: threading.Thread) -> None:
            if (current := threading.current_thread().name) in self._followed:
                self.leave(current)
                self.follow(thread.name)
            start(thread)

        threading.setprofile(self._look)
        sys.setprofile(self._look)
        try:
            with patch.object(threading.Thread, "start", started):
                yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _audit(self, audited: str, arguments: tuple[object, ...]) -> None:
        if audited == self._last[0] and self._last[1] in repr(arguments):
            self._followed.clear()
            self.ended.set()

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


class _Events(DispatchQueue):
    """A dispatch queue that reports each event that the main thread takes."""

    taken: Callable[[events.Event], None]

    def get(self, block: bool = True, timeout: float | None = None) -> events.Event:
        event = super().get(block, timeout)
        self.taken(event)
        return event

    def get_nowait(self) -> events.Event:
        return self.get(False)


class Stage:
    """All the parts, and the steps of a walk. The main thread runs :meth:`App.run`, another thread the walk."""

    def __init__(self, telex: Sandbox, bus: PrivateBus, daemon: FakeNotificationDaemon, recorder: Recorder) -> None:
        self.telex = telex
        self.daemon = daemon
        self.recorder = recorder
        self.events = _Events()
        self.events.taken = self._taken
        self.told = events.StateChanged(State.SIGNED_OUT)
        self._taken_at = 0.0
        """The monotonic time at which the main thread last took an event."""
        self._desktop: list[str] = []
        """The names of the threads that talk to the desktop."""
        self._came = False
        """The frame of the push to follow has come."""
        self._opened = threading.Event()
        self.until_live = False
        """Stop following :data:`EVERY` thread once all organisations are live."""
        self._loop = Loop("toasts")
        self._toasts = DBusToasts(self._dispatch, Bus(bus.address, self._loop))
        config = Config(api_url=telex.api_url, push_url=telex.push_url, ca_file=telex.ca_file, main_app_click="browser")
        # Mocks replace all other ports: only the states are used, by :meth:`online` and others that wait for one.
        ports = Ports(
            events=self.events,
            session=Session(config, TokenStore(), self._dispatch),
            surface=Mock(state=self._state, renew_every=lambda: 1.0, opens_windows=True),
            toasts=self._toasts,
            main_app=MainApp(config, lambda: False),
            windows=Mock(),
            source=Mock(load=Config, changed=lambda: False),
            memory=Mock(load=lambda: (Remembered(), "")),
            keyring=Mock(),
            configure=lambda config: None,
            boot="",
        )
        self.app = App(config, ports)

    def run(self, walk: Callable[[Stage], None]) -> None:
        """Start the parts, walk, and stop the parts.

        Raises:
            Exception: whatever the walk raised.
        """

        def go() -> None:
            try:
                walk(self)
            finally:
                self.events.put(events.Requested(Request.EXIT))

        with self.recorder.installed(), ThreadPoolExecutor(1, "walk") as walker:
            before = set(threading.enumerate())
            self._loop.start()
            self._desktop = [thread.name for thread in threading.enumerate() if thread not in before]
            try:
                walked = walker.submit(go)
                self.app.run([], open_window=False)
                walked.result()
            finally:
                self._toasts.stop()
                self._loop.stop(0.5)

    # The steps of a walk.

    def online(self) -> None:
        """Sign in, and wait until all organisations are live and no event comes any more."""
        self.events.put(events.MenuClicked(MenuItem.LOGIN))
        self.events.put(events.ChildSaid("login", {"email": self.telex.email, "password": self.telex.password}))
        until(lambda: _all_live(self.told), "not all is live", LIMIT)
        until(lambda: time.monotonic() - self._taken_at > 0.5)  # polls may go on for a while

    def push(self) -> Notify:
        """Have a message published, and wait for its toast on the bus; gives the toast."""
        title = f"channel {len(self.daemon.shown)}"
        self.telex.message(0, title, new_message="never")
        self.daemon.body_of(title)
        return next(toast for toast in self.daemon.shown if toast.summary == title)

    def click(self) -> None:
        """Click the toast of a message."""
        toast = self.push()
        self.daemon.has_owner(self.daemon.unique_name)  # when this call is answered, Notify has been answered, too
        self.recorder.end_at("subprocess.Popen", "xdg-open")
        self._opened.clear()
        self.daemon.click(toast.id)
        assert self._opened.wait(LIMIT) and self.recorder.ended.is_set(), "no browser was started"

    # Where a walk goes from one thread to the next.

    def record_push(self) -> None:
        """Follow the next push, and wait until it has gone all the way."""
        self.recorder.follow(*self._desktop)
        self.recorder.seen = self._seen
        self.push()
        self.recorder.leave(*self._desktop)
        assert self._came, f"no frame came to {_WAITING}"

    def _seen(self, happened: str, module: str, name: str, value: object) -> None:
        if happened != "return":
            return
        if (module, name) == _WAITING and value is not None:
            self._came = True
            self.recorder.note(module, name)
            self.recorder.follow("session")
        elif (module, name) == _HANDED_OVER:
            self.recorder.leave("MainThread")

    def _dispatch(self, event: events.Event) -> None:
        if self._came and isinstance(event, events.PublicationsReceived):
            self.recorder.leave("session")
        elif isinstance(event, events.ToastClicked):
            self.recorder.note_stack("desktop/toasts/")
        self.events.put(event)

    def _taken(self, event: events.Event) -> None:
        self._taken_at = time.monotonic()
        if isinstance(event, events.ToastClicked) or (self._came and isinstance(event, events.PublicationsReceived)):
            self.recorder.follow("MainThread")
        elif isinstance(event, events.MainAppAnswered):
            self._opened.set()

    def _state(self, event: events.StateChanged) -> None:
        if self.until_live and _all_live(event):
            self.recorder.leave(EVERY)
        self.told = event


def _all_live(state: events.StateChanged) -> bool:
    return state.state is State.ONLINE and 0 < state.organisations == state.subscribed


def push(stage: Stage) -> None:
    """A live push in a channel without earlier messages."""
    stage.online()
    stage.push()
    pongs = stage.telex.status()["pongs"]
    stage.telex.ping_now()  # when the pong has come, the session thread waits for the next frame
    stage.telex.wait_until(lambda status: status["pongs"] > pongs)
    stage.record_push()


def click(stage: Stage) -> None:
    """A click on a toast, the second one."""
    stage.online()
    stage.click()
    stage.click()


def login(stage: Stage) -> None:
    """A sign-in, the second one of this process."""
    stage.online()
    stage.events.put(events.MenuClicked(MenuItem.SIGN_OUT))
    until(lambda: stage.told.state is State.SIGNED_OUT, "it does not sign out", LIMIT)
    stage.until_live = True
    stage.recorder.follow(EVERY)
    stage.online()


def _on_stage(walk: Callable[[Stage], None]) -> Callable[[Recorder], None]:
    """A walk that runs on a :class:`Stage`."""

    def go(recorder: Recorder) -> None:
        with (
            Sandbox("--rate", "0", "--organisations", "1") as telex,
            PrivateBus() as bus,
            FakeNotificationDaemon(bus) as daemon,
        ):
            Stage(telex, bus, daemon, recorder).run(walk)

    return go


def preference(recorder: Recorder) -> None:
    """A box ticked, and OK pressed, in the second preferences window."""

    def press() -> None:
        try:
            with_label("e-mail", "TCheckbutton").invoke()
            recorder.end_at("os.rename", str(file))
            recorder.follow("MainThread")
            with_label("OK", "TButton").invoke()
        except BaseException:
            signal.raise_signal(signal.SIGINT)
            raise

    with (
        Xvfb() as screen,
        tempfile.TemporaryDirectory() as folder,
        recorder.installed(),
        ThreadPoolExecutor(1, "walk") as presser,
    ):
        os.environ.update(screen.environ, XDG_RUNTIME_DIR=folder, HOME=folder)
        file = Path(folder, "config.toml")
        for _ in range(2):
            pressed = presser.submit(press)
            commands.preferences(["--config", str(file)])
            pressed.result()
    assert recorder.ended.is_set(), f"{file} was not written"


def with_label(label: str, kind: str) -> Any:
    """Wait for a widget in the window that the main thread shows; gives it."""

    def look() -> Any:
        with contextlib.suppress(RuntimeError, AttributeError, tkinter.TclError):  # it is still being made
            found = [tkinter._default_root]  # type: ignore[attr-defined]
            for widget in found:
                found += widget.winfo_children()
                if widget.winfo_class() == kind and label in widget.cget("text"):
                    return widget
        return None

    return until(look, f"there is no {label}", LIMIT)


WALKS = {
    "push": _on_stage(push),
    "click": _on_stage(click),
    "login": _on_stage(login),
    "preference": preference,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description="Which modules one thing goes through.")
    parser.add_argument("walk", choices=WALKS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        browser = Path(folder, "xdg-open")
        browser.write_text("#!/bin/sh\n")
        browser.chmod(0o755)
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
        recorder = Recorder()
        WALKS[options.walk](recorder)
    walk = recorder.walk
    for number, (module, calls) in enumerate(walk.items(), 1):
        print(f"{number:2} {module:40} {calls.total():4}")
    print(f"{options.walk}: {len(walk)} modules, {sum(map(len, walk.values()))} functions")


if __name__ == "__main__":
    main()
