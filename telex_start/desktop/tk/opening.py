"""Opens the windows, on the agent's side, and has the desktop show the log. For the main thread.

The modules for that are imported when the first window is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...events import Event, Notice

if TYPE_CHECKING:
    from ...config_file import ConfigSource
    from ..child import Child


class Windows:
    """The login window, Preferences, Doctor and About, in processes of their own, and the desktop's viewer of the log.

    Args:
        dispatch: Where events go.
        source: Where the configuration comes from: for the preferences, and so that Doctor looks at the same Telex.
        log_file: Gives the path of the log.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], source: ConfigSource, log_file: Callable[[], str | None]
    ) -> None:
        self._dispatch = dispatch
        self._source = source
        self._log_file = log_file
        self._children: dict[str, Child] = {}

    def end(self) -> None:
        """Close the windows; takes as long as :meth:`telex_start.desktop.child.Child.end`, however many hang."""
        for child in self._children.values():
            child.close()
        for child in self._children.values():
            child.end()

    def open_login(self, email: str, take_focus: bool, message: str, **more: Any) -> None:
        """Open the login window; it takes part of a second to appear.

        Args:
            email: What the first field holds.
            take_focus: The person has asked for the window. Otherwise it appears on top and leaves the focus where it
                is.
            message: Why it opens, if the program opens it by itself.
            more: Other fields of :class:`.login_pages.LoginData`, except those that the configuration's source knows.
        """
        given = self._source.given().get("stay_signed_in")
        more |= {"path": os.path.abspath(self._source.path), "stay_given": given.source if given else ""}
        self._open("login", [], {"email": email, "take_focus": take_focus, "message": message, **more}, "")

    def tell_login(self, what: str, message: str) -> None:
        """Have the login window show something (:meth:`.login_window.LoginWindow.show`), or come to the ``front``."""
        self._children["login"].say(show=what, message=message)

    def close_login(self) -> None:
        """Close the login window; no event comes from it after that."""
        closed = self._children["closed login"] = self._children.pop("login")
        closed.close()

    def open_doctor(self, token: str) -> None:
        """Open Doctor's window, or bring it forward; the token is the desktop's activation token, empty without one."""
        self._open("doctor", ["--window", *self._source.where()], {}, token)

    def open_about(self, data: Mapping[str, Any], token: str) -> None:
        """Open the window About, or bring it forward.

        Args:
            data: What it tells: see :func:`telex_start.desktop.tk.about.rows`.
            token: As for :meth:`open_doctor`.
        """
        self._open("about", [], data, token)

    def open_log(self, token: str) -> None:
        """Have the desktop show the log, on a thread; if that fails, the person is told."""
        from ..starting import open_log

        path = self._log_file()
        where = f" It is {path}." if path else ""

        def failed(why: str) -> None:
            words = f"{why[0].upper()}{why[1:]}.{where}"
            self._dispatch(Notice("The log cannot be opened", words, needs_person=True))

        open_log(path, token, failed)

    def open_preferences(
        self, organisations: Sequence[tuple[str, str, str]], muted: Sequence[tuple[object, ...]], token: str
    ) -> None:
        """Open the preferences, or bring them forward; see :class:`telex_start.app.ports.Windows`."""
        shown = {
            "path": os.path.abspath(self._source.path),
            "given": self._source.given(),
            "organisations": organisations,
            "muted": muted,
        }
        self._open("preferences", ["--child"], shown, token)

    def _open(self, name: str, options: Sequence[str], data: Mapping[str, Any], token: str) -> None:
        from ..child import Child

        if name not in self._children:
            self._children[name] = Child(name, self._dispatch)
        self._children[name].open([name, *options], data, token)
