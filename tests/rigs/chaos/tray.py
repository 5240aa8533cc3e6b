"""A private desktop, and the agent with its icon on it as a person sees it."""

from __future__ import annotations

import random
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

from jeepney import Message, MessageType

from telex_start.desktop.tray.menu import NOTHING_UNREAD
from telex_start.news import wording
from tests.bus_of_the_system import SystemBus
from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus
from tests.panel_item import PanelItem
from tests.process import comes
from tests.real_desktop import RealDesktop, takes_keys
from tests.servers import Sandbox

from .subject import Subject

_XDOTOOL_WITHIN = 8.0
"""Seconds."""
_EMAIL_FIELD = ("180", "122")
_PASSWORD_FIELD = ("150", "188")
"""Where in the login window the two fields are, in pixels."""


class Daemon(FakeNotificationDaemon):
    """A daemon that can hang: meanwhile calls wait in its queue; then it shows and answers all of them."""

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self._queue: deque[Message] = deque()

    def leave(self) -> None:
        self._queue.clear()
        super().leave()

    def received(self, message: Message) -> None:
        if self.mode == "silent" and message.header.message_type is MessageType.method_call:
            self._queue.append(message)
        else:
            super().received(message)

    def go_on(self) -> None:
        """Stop hanging: handle what waits in the queue."""
        self.mode = "answer"
        while self._queue:
            super().received(self._queue.popleft())


class Desk(RealDesktop):
    """The desktop, and the person's use of it.

    Attributes:
        tray: The panel, with the icon to click.
        daemon: The notification daemon.
    """

    def __init__(self) -> None:
        super().__init__(None, dunst=False)

    def __enter__(self) -> Self:
        super().__enter__()
        self.tray = self._stack.enter_context(FakePanel(self.bus))
        self.daemon = self._stack.enter_context(Daemon(self.bus))
        self._gone: set[str] = set()
        return self

    # Its parts come and go.

    def calm(self) -> None:
        """Bring back all parts that are gone or hang."""
        self.daemon.go_on()
        for name in [*self._gone]:
            self.toggle(name)

    def toggle(self, name: str) -> str:
        """Crash the panel or the notification daemon, or start it again; gives which was done."""
        part = self.tray if name == "panel" else self.daemon
        if name in self._gone:
            self._gone.remove(name)
            part.come_back()
            return "comes"
        self._gone.add(name)
        part.leave()
        return "goes"

    def hang_daemon(self) -> str:
        """Make the notification daemon hang, or go on; gives its mode."""
        if self.daemon.mode == "silent":
            self.daemon.go_on()
        else:
            self.daemon.mode = "silent"
        return self.daemon.mode

    # The login window.

    def window(self, within: float) -> str | None:
        """Wait for the login window; gives its id, or `None` if it does not come in so many seconds."""
        found = comes(self.windows, within)
        return found[0] if found else None

    def windows(self) -> list[str]:
        """The ids of all visible login windows."""
        return self._xdotool("search", "--onlyvisible", "--name", "^Telex").split()

    def offers_form(self, window: str) -> bool:
        """Whether the login window is ready for another try, and not busy."""
        self._xdotool("windowactivate", "--sync", window)
        return takes_keys(self.environ, window)

    def fill_in(self, window: str, email: str, password: str) -> None:
        """Fill the form in and press Return; without effect if the window goes meanwhile."""
        self._xdotool("windowactivate", window)
        for field, text in ((_EMAIL_FIELD, email), (_PASSWORD_FIELD, password)):
            self._xdotool("mousemove", "--window", window, *field, "click", "1", "key", "ctrl+a")
            self._xdotool("type", "--delay", "1", text)
        self._xdotool("key", "Return")

    def escape(self, window: str) -> None:
        """Close the login window by its key."""
        self._xdotool("windowactivate", window)
        self._xdotool("mousemove", "--window", window, *_EMAIL_FIELD, "click", "1", "key", "Escape")

    def _xdotool(self, *words: str) -> str:
        """Run xdotool; gives its output, or an empty text if it fails, or hangs because the window has gone."""
        command = ["timeout", str(_XDOTOOL_WITHIN), "xdotool", *words]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else ""


# The agent.


_WINDOW_WITHIN = 15.0
"""Seconds in which a login window must open after it was asked for."""
SETTLED_WITHIN = 15.0
"""Seconds in which the desktop must show the true state."""
_BUSY_WITHIN = 25.0
"""Seconds in which a login window that is busy must have come to an end."""
_TYPING_TRIES = 3
"""How often the form is filled in, as xdotool may lose a key if the X server is busy."""
_REFUSED_WITHIN = 15.0
"""Seconds after which polls have been refused for so long that a person is asked to sign in again."""
_SIGNED_IN_WITHIN = 30.0
"""Seconds in which a sign-in must be accepted if no fault hinders it."""

T = TypeVar("T")


class Tray(Subject):
    """The agent with an icon, used by clicks in the menu, in the login window and on toasts."""

    name = "tray"
    options = ()  # it signs in by its window, and so has Tk's thread and descriptors, which it keeps, in its first calm
    often = (
        *("Sign Out", "Sign Out", "Sign Out", "sign in", "sign in", "sign in and Cancel", "Reconnect Now"),
        *("renewal", "renewal"),
    )

    def __init__(self, telex: Sandbox, folder: Path, system_bus: SystemBus, desk: Desk) -> None:
        super().__init__(telex, folder, system_bus)
        self.desk = desk
        self._leaves = False
        """Sign Out was clicked, and the menu has not shown yet that nobody is signed in."""
        self.deeds |= {
            "Sign Out": lambda _: self._sign_out(),
            "sign in": lambda _: self._sign_in(self.telex.password),
            "sign in, wrong password": lambda _: self._sign_in("wrong"),
            "sign in and Cancel": lambda _: self._sign_in(self.telex.password, cancels=True),
            "renewal": self._renew,
            "Reconnect Now": lambda _: self._menu("Reconnect Now"),
            "Mark All as Read": lambda _: self._menu("Recent", "Mark All as Read"),
            "second start": lambda _: self._second_start(),
            "Exit and start": lambda _: self._exit_and_start(),
            "panel": lambda _: self.desk.toggle("panel"),
            "daemon": lambda _: self.desk.toggle("daemon"),
            "daemon hangs": lambda _: self.desk.hang_daemon(),
        }

    def environ(self) -> Mapping[str, str]:
        mine = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        return {**super().environ(), **{name: self.desk.environ[name] for name in mine}}

    def look(self) -> None:
        code = self.program.process.poll()
        if code is not None:
            raise AssertionError(f"tray has ended by itself with {code}: {self.program.errors}")
        for toast in list(self.desk.daemon.shown):
            bad = "had a problem" in toast.summary or "has ended" in toast.summary
            assert not bad, f"tray says: {toast.summary}: {toast.body}"

    def status(self) -> str:
        return self._seen(lambda item: item.labels()[0], "")

    def told(self) -> list[str]:
        # A silent replacement is the same message, whose text came late: it is not told a second time.
        return [
            toast.summary
            for toast in list(self.desk.daemon.shown)
            if not (toast.replaces_id and "suppress-sound" in toast.hints)
        ]

    def check_face(self, names: list[str]) -> None:
        def await_settled(condition: Callable[[], object], what: str) -> None:
            self.await_true(condition, what, SETTLED_WITHIN)

        screen = self.desk.daemon.on_screen
        read = tuple(f"{name} " for name in names)
        await_settled(
            lambda: not any(title.startswith(read) for title in screen.values()), "the toasts of what was read are gone"
        )
        own = {wording.SIGNED_OUT.title, wording.SIGN_IN_NEEDED.title, "No tray for the icon"}
        await_settled(lambda: not own & {*screen.values()}, f"none of {own} is on the screen")
        await_settled(lambda: self.desk.window(0.0) is None, "the login window is gone")
        await_settled(lambda: self._seen(_is_right, False), "the menu of who is signed in")

    # Its icon.

    def _seen(self, look: Callable[[PanelItem], T], otherwise: T) -> T:
        """Look at the icon as the panel sees it. Gives ``otherwise`` if there is no icon or no answer: the agent
        starts, ends or is stopped, or its menu has changed meanwhile."""
        items = self.desk.tray.items
        try:
            return look(items[-1]) if items else otherwise
        except (AssertionError, TimeoutError, IndexError, ValueError):
            return otherwise

    def _menu(self, *labels: str) -> str:
        """Choose an entry in the menu; gives in words whether that was possible."""

        def choose(item: PanelItem) -> str:
            *into, label = labels
            if not any(entry.label == label and entry.enabled for entry in item.menu(*into)):
                return "it is not to be clicked"
            item.click(*into, label)
            return "clicked"

        return self._seen(choose, "there is no icon, or its menu has changed meanwhile")

    # Signing in and out.

    def _open_login(self, within: float) -> str | None:
        """The login window; opened by the menu if it is not there."""
        if self._menu("Login") != "clicked":
            return self.desk.window(0.0)
        self._leaves = False
        return self.desk.window(within)

    def _sign_out(self) -> str:
        words = self._menu("Sign Out")
        self._leaves = self._leaves or words == "clicked"
        return words

    def _sign_in(self, password: str, *, cancels: bool = False) -> str:
        window = self._open_login(3.0)
        if window is None:
            return "there is no window"
        self.desk.fill_in(window, self.telex.email, password)
        if cancels:
            self.desk.escape(window)
        return "submitted and cancelled" if cancels else "submitted"

    def _renew(self, chance: random.Random) -> str:
        """The access token has ended: Login beside the session, right or wrong, slow or at once, cancelled or not."""
        right, slow, cancels = (chance.random() < 0.5 for _ in range(3))
        if not self._signed_in():
            return "nobody is signed in"
        self.telex.fault("organisations", status=401, message="Session is invalid!")
        if not comes(lambda: self._seen(lambda item: {"Login", "Sign Out"} <= _enabled(item), False), _REFUSED_WITHIN):
            return "it is not asked for"
        if slow:
            self.telex.fault("login", times=1, delay=chance.choice([1.0, 3.0]))
        refused = self._refused_logins()
        told = self._sign_in(self.telex.password if right else "wrong")
        window = self.desk.window(0.0)
        assert len(self.desk.windows()) <= 1, "tray: there is more than one login window"
        if window is not None and not cancels and not right:  # the person sees that it is wrong, and leaves it at that
            comes(lambda: self._refused_logins() > refused, _REFUSED_WITHIN)
        if window is not None and (cancels or not right):
            self.desk.escape(window)
        how = {"right": right, "slow": slow, "cancelled": cancels}
        return ", ".join([told, *(word for word, holds in how.items() if holds)])

    def _refused_logins(self) -> int:
        return int(self.telex.status()["refused_logins"])

    def _signed_in(self) -> bool:
        return self.status().startswith(("Online", "Connecting", "Reconnecting"))

    # Ends and beginnings.

    def _second_start(self) -> str:
        self.second_start()
        return "opens what is to be seen"

    def _exit_and_start(self) -> str:
        def leave() -> None:
            if self._menu("Exit") != "clicked":
                self.program.process.terminate()

        self.exit(leave)
        self.start()
        return "started again"

    # What a person does in the end.

    def reconnect(self) -> str:
        return f"Reconnect Now: {self._menu('Reconnect Now')}"

    def sign_in_anew(self) -> str:
        """
        Raises:
            AssertionError: it cannot be done, although nothing is in its way.
        """
        if self._signed_in():
            self._menu("Sign Out")
            self._leaves = True
        return f"signed out, {self.sign_in()}"

    def sign_in(self) -> str:
        """Sign in by the window, where that is needed.

        Raises:
            AssertionError: it cannot be done, although nothing is in its way.
        """
        if self._leaves:
            self.await_true(lambda: not self._signed_in(), "signed out", _SIGNED_IN_WITHIN)
            self._leaves = False
        self.await_true(lambda: self.status() not in ("", "Signing in"), "a settled status", _SIGNED_IN_WITHIN)
        if self._signed_in():
            self._close_after_failure()
            return "is signed in"
        for _ in range(_TYPING_TRIES):
            window = self._open_login(_WINDOW_WITHIN)
            if window is None:
                assert self._signed_in(), f"tray: no login window; {self.status()!r}"
                return "is signed in meanwhile"
            refused = self._refused_logins()
            self.desk.fill_in(window, self.telex.email, self.telex.password)
            self.await_true(
                lambda refused=refused: self._signed_in() or self._refused_logins() > refused,  # type: ignore[misc]
                "signed in",
                _SIGNED_IN_WITHIN,
            )
            if self._signed_in():
                return "signed in"
        raise AssertionError(f"tray: the password was refused {_TYPING_TRIES} times")

    def _close_after_failure(self) -> None:
        """A login window that offers its form to who is signed in is closed; one that is busy ends by itself."""
        deadline = time.monotonic() + _BUSY_WITHIN
        while (window := self.desk.window(0.0)) is not None:
            if self.desk.offers_form(window):
                self.desk.escape(window)
            assert time.monotonic() < deadline, "tray: the login window of who is signed in is busy without end"
            time.sleep(0.2)


def _enabled(item: PanelItem) -> set[str]:
    return {entry.label for entry in item.menu() if entry.enabled}


def _is_right(item: PanelItem) -> bool:
    """Whether the menu is that of who is signed in, with nothing unread and nothing paused."""
    labels, enabled = item.labels(), _enabled(item)
    right = item.labels("Recent")[0] == NOTHING_UNREAD and "Sign Out" in enabled and "Login" not in enabled
    return right and not {"Resume Notifications", "Reconnect Now"} & {*labels}
