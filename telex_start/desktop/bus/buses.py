"""The buses of a Linux desktop, with one thread for them: for the tray, the toasts and the machine's sleep."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...events import Event
    from .bus import Bus


class Buses:
    """The session bus and the system bus, and the loop that both live in. Elsewhere than on Linux there are none.

    Args:
        environ: The environment variables.

    Attributes:
        session: The session bus, over which icon and toasts are shown; ``None`` where there is none.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self.session = None
        self._loop = None
        self._system: Bus | None = None
        if not sys.platform.startswith("linux"):
            return
        from .bus import Bus, session_address
        from .loop import Loop

        self._loop = Loop("desktop")
        if address := session_address(environ):
            self.session = Bus(address, keep=True, loop=self._loop)

    def start(self) -> None:
        """Connect, on the loop's thread; does not wait for it."""
        if self._loop is not None:
            self._loop.start()

    def watch_sleep(self, dispatch: Callable[[Event], object]) -> None:
        """Dispatch :class:`MachineWoke` each time the machine has woken up, where somebody tells."""
        if (loop := self._loop) is not None:
            from .sleep import watch

            def begin() -> None:
                self._system = watch(loop, dispatch, self._environ)

            loop.post(begin)

    def screen_is_locked(self) -> bool:
        """Whether the screen locker has told logind so; no where nobody answers. From any thread but the loop's."""
        if (system := self._system) is None:
            return False
        from .locking import is_locked

        return is_locked(system)

    def stop(self, timeout: float = 0.5) -> bool:
        """Disconnect and end the thread.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether it has ended.
        """
        return self._loop is None or self._loop.stop(timeout)
