"""The agent's side of the preferences: opens the window. For the main thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ...config import Given
from ...events import Event

if TYPE_CHECKING:
    from ..child import Child


class Preferences:
    """A window in a process of its own. What it needs is imported when it is first wanted.

    Args:
        dispatch: Where events go.
        path: The configuration file's.
        given: Gives the settings that stand over the file's, by key: those of the environment and of options.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], path: str, given: Callable[[], Mapping[str, Given]]
    ) -> None:
        self._dispatch = dispatch
        self._path = path
        self._given = given
        self._child: Child | None = None

    def open(
        self, organisations: Sequence[tuple[str, str, str]], muted: Sequence[tuple[object, ...]], token: str
    ) -> None:
        """Open it, or bring it forward; see :class:`telex_start.app.ports.Preferences`."""
        from ..child import Child

        if self._child is None:
            self._child = Child("preferences", self._dispatch)
        shown = {
            "path": os.path.abspath(self._path),
            "given": {key: (given.source, given.value) for key, given in self._given().items()},
            "organisations": organisations,
            "muted": muted,
        }
        self._child.open(["preferences", "--child"], shown, token)

    def end(self) -> None:
        """Close it; takes as long as :meth:`telex_start.desktop.child.Child.end` where it is open."""
        if self._child is not None:
            self._child.end()
