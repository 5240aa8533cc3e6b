"""What a connection, its upkeep and the fetching of its tokens work with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from ..events import Event
from .look_ups import LookUps
from .organisations import Organisations
from .shared_pacer import SharedPacer
from .telex_api import TelexApi
from .timings import Timings
from .tokens import TokenStore


class Collaborators(NamedTuple):
    """Made by the session for each connection, and handed on as it is. All of it belongs to the session thread."""

    api: TelexApi
    store: TokenStore
    pacer: SharedPacer
    organisations: Organisations
    look_ups: LookUps
    timings: Timings
    now: Callable[[], float]
    """Seconds on a clock that counts sleep."""
    chance: Callable[[], float]
    """Gives numbers in [0, 1)."""
    hurrying: Callable[[], AbstractContextManager[None]]
    """See :meth:`~telex_start.net.dialling.Dialler.hurrying`."""
    wait_interruptibly: Callable[[float], None]
    """Waits that many seconds or until a command comes; with 0 it only looks whether one has come.

    Raises :class:`~.interrupts.ReconnectAsked` and :class:`~.interrupts.LeaveAsked`.
    """
    dispatch: Callable[[Event], None]
    """Gives an event to the main thread."""
    figures_changed: Callable[[], None]
    """To be called when a channel has become live or refused, or is so no longer."""
