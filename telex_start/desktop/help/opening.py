"""The agent's side of the menu's Help: opens its windows and the log. For the main thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...events import Event, Notice

if TYPE_CHECKING:
    from ..child import Child


class Help:
    """Windows in processes of their own, and the desktop's viewer. What they need is imported when it is asked for.

    Args:
        dispatch: Where events go.
        where: The options of this start that say which Telex it is: Doctor is to look at the same.
        log_file: Gives the path of the log.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], where: Sequence[str], log_file: Callable[[], str | None]
    ) -> None:
        self._dispatch = dispatch
        self._where = where
        self._log_file = log_file
        self._children: dict[str, Child] = {}

    def open_doctor(self, token: str) -> None:
        """Open Doctor's window, or bring it forward; the token is the desktop's for that, empty without one."""
        self._open("doctor", ["--window", *self._where], {}, token)

    def open_about(self, data: Mapping[str, Any], token: str) -> None:
        """Open the window About, or bring it forward.

        Args:
            data: What it tells: see :func:`telex_start.desktop.help.about_window.rows`.
            token: As for :meth:`open_doctor`.
        """
        self._open("about", [], data, token)

    def open_log(self, token: str) -> None:
        """Have the desktop show the log, on a thread; where that fails the person is told."""
        from .log_viewer import open_log

        path = self._log_file()
        where = f" It is {path}." if path else ""

        def failed(why: str) -> None:
            words = f"{why[0].upper()}{why[1:]}.{where}"
            self._dispatch(Notice("The log cannot be opened", words, needs_person=True))

        open_log(path, token, failed)

    def end(self) -> None:
        """Close the windows; takes as long as :meth:`telex_start.desktop.child.Child.end` for each that is open."""
        for child in self._children.values():
            child.end()

    def _open(self, name: str, options: Sequence[str], data: Mapping[str, Any], token: str) -> None:
        from ..child import Child

        if name not in self._children:
            self._children[name] = Child(name, self._dispatch)
        self._children[name].open([name, *options], data, token)
