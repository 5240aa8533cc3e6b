"""The agent's side of the system's keyring: requests to it, and whether it has changed. No library of it comes along.

Each request is a process (``desktop/keyring_process.py``), one at a time and in their order, but for a read: nobody
waits for it any more once there is another request, but where the person may be asked, and the other one asks nobody.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..events import ChildEnded, ChildSaid, Event

if TYPE_CHECKING:
    from .bus.bus import Bus
    from .child import Child

_CHANGES = ({"interface": "org.freedesktop.Secret.Service"}, {"interface": "org.freedesktop.DBus.Properties"})
"""Its signals about keyrings that come, go and are opened: KeePassXC sends but the first, others both."""
_SETTLES_WITHIN = 0.3
"""Seconds for all signals of one change."""


class Keyring:
    """The keyring, as the agent has it. For the main thread; no call but :meth:`end` waits for anything.

    Args:
        dispatch: Where events go: :class:`ChildSaid` and :class:`ChildEnded` by the names ``keyring read``, ``keyring
            keep`` and ``keyring remove``, with the words of :func:`.keyring_process.main`; and for :meth:`watch`.
        bus: The session bus; ``None`` where there is none, as on other systems than Linux.
        api_url: Which Telex the passwords are for.
    """

    def __init__(self, dispatch: Callable[[Event], object], bus: Bus | None, api_url: str) -> None:
        self._dispatch = dispatch
        self._bus = bus
        self._api_url = api_url
        self._state = threading.Lock()
        # Guarded by it.
        self._waiting: deque[dict[str, Any]] = deque()
        self._child: Child | None = None
        self._reads = self._prompts = False
        self._asking: Child | None = None
        """A read that may be asking the person, beside one that does not."""
        # The last is the desktop's loop's.
        self._watching = self._subscribed = self._settling = False

    def read(self, email: str, prompt: bool) -> None:
        """Have the password that is kept for that address; with ``prompt`` the person may be asked to open it."""
        self._ask("read", email, prompt=prompt)

    def keep(self, email: str, password: str, prompt: bool) -> None:
        """Put a password in, in the place of an earlier one; ``prompt`` as above."""
        self._ask("keep", email, prompt=prompt, password=password)

    def remove(self, email: str) -> None:
        """Take the password out, where the keyring is open."""
        self._ask("remove", email, prompt=False)

    def watch(self, wanted: bool) -> None:
        """Whether to dispatch ``ChildSaid("keyring", {"changed": True})`` when the keyring may have been opened.

        It is to be wanted before the keyring is asked: what changes sooner is not told.
        """
        self._watching = wanted
        if wanted and self._bus is not None and not self._subscribed:
            self._subscribed = True
            self._bus.watch_owner("org.freedesktop.secrets", self._changed)
            for signals in _CHANGES:
                self._bus.subscribe(self._changed, path_namespace="/org/freedesktop/secrets", **signals)

    def end(self) -> None:
        """Ask nothing any more; takes as long as :meth:`telex_start.desktop.child.Child.end`."""
        self._watching = False
        with self._state:
            self._waiting.clear()
            children = [child for child in (self._child, self._asking) if child is not None]
            self._child = self._asking = None
        for child in children:
            child.close()
        for child in children:
            child.end()

    def _ask(self, do: str, email: str, **more: Any) -> None:
        request = {"do": do, "api_url": self._api_url, "email": email, **more}
        asks_nobody = do == "read" and not request["prompt"]
        with self._state:
            self._waiting.append(request)
            if self._asking is not None and not asks_nobody:
                self._asking.close()
                self._asking = None
            if self._child is not None and self._reads:
                if asks_nobody and self._prompts:
                    self._asking = self._child
                else:
                    self._child.close()
                self._child = None
            self._next()

    def _next(self) -> None:
        from .child import Child

        if self._child is not None or not self._waiting:
            return
        request = self._waiting.popleft()

        def heard(event: Event) -> None:
            with self._state:
                if child not in (self._child, self._asking):
                    return
                if isinstance(event, ChildEnded) and child is self._asking:
                    self._asking = None
                elif isinstance(event, ChildEnded):
                    self._child = None
                    self._next()
            self._dispatch(event)

        child = Child(f"keyring {request['do']}", heard)
        child.open(["keyring"], request)
        self._child, self._reads, self._prompts = child, request["do"] == "read", request["prompt"]

    # On the loop's thread.

    def _changed(self, _: object) -> None:
        if self._watching and not self._settling and self._bus is not None:
            self._settling = self._bus.loop.later(_SETTLES_WITHIN, self._settled)

    def _settled(self) -> None:
        self._settling = False
        if self._watching:
            self._dispatch(ChildSaid("keyring", {"changed": True}))
