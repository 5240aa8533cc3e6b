"""The connection to the session bus as the icon needs it, and helpers that several of the icon's modules use.

Messages are jeepney's; the connection does all input and output. :class:`LogOnce` and :func:`after_the_answer` are for
the connection's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from jeepney import DBusAddress, MatchRule, Message, new_method_call

BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
"""The bus itself."""

_LONGEST_TEXT = 10_000
"""Characters; nobody reads more on a panel."""


class Connection(Protocol):
    """One connection to the session bus, with one thread on which all callbacks run, one at a time.

    It connects again by itself when it is lost. Sending never blocks. The registrations (``subscribe``,
    ``on_connect``, ``export``) are made before its thread is started.

    Attributes:
        unique_name: The connection's name on the bus; empty while there is none. For callbacks.
    """

    unique_name: str

    def subscribe(self, rule: MatchRule, on_signal: Callable[[Message], object]) -> None:
        """Have the signals that match this rule reported, on this and every later connection."""

    def on_connect(self, callback: Callable[[], object]) -> None:
        """Have each new connection reported, before anything is received on it."""

    def export(self, path: str, answer: Callable[[Message], Message | None]) -> None:
        """Have the method calls to an object answered.

        ``answer`` returns the reply to send, or ``None`` where :meth:`call` will send it later.
        """

    def call(self, message: Message, on_reply: Callable[[Any], object] | None, timeout: float = ...) -> bool:
        """Send a method call and have its answer reported, or with ``None`` any message that gets no answer.

        Messages leave in the order of these calls. ``on_reply`` gets a :class:`jeepney.Message`, which may be an
        error, or something else where there is no answer within ``timeout`` seconds. From any thread.

        Returns:
            Whether it was taken on; if not, ``on_reply`` is not called.
        """

    def post(self, work: Callable[[], object]) -> bool:
        """Have something done on the connection's thread, after what it does now. From any thread.

        Returns:
            Whether it was taken on.
        """

    def later(self, delay: float, work: Callable[[], object]) -> bool:
        """Have something done on the connection's thread in so many seconds. From any thread."""


def logger() -> Any:
    """The package's logger. Importing ``logging`` takes a while, and an icon that comes to the screen logs nothing."""
    import logging

    return logging.getLogger(__package__)


class LogOnce:
    """Logs the first failure of each kind only: anybody on the bus could cause many more."""

    def __init__(self) -> None:
        self._logged_kinds: set[str] = set()

    def warning(self, kind: str, text: str, *arguments: object) -> None:
        """Log a line, unless this kind was logged already."""
        if self._first(kind):
            logger().warning(text, *arguments)

    def exception(self, kind: str, text: str, *arguments: object) -> None:
        """Log a line and the exception that is being handled, unless this kind was logged already."""
        if self._first(kind):
            logger().exception(text, *arguments)

    def _first(self, kind: str) -> bool:
        if kind in self._logged_kinds:
            return False
        self._logged_kinds.add(kind)
        return True


def after_the_answer(connection: Connection, work: Callable[[], object]) -> None:
    """Do something once the method call that is being served was answered.

    Some panels stand still until their call is answered (mate-panel 1.27 does), so work that may take its time waits
    until the bus has the answer. To know that, the bus is asked something afterwards: it handles messages in order, so
    by the time it replies it has the answer too.
    """
    connection.post(lambda: connection.call(new_method_call(BUS, "GetId"), lambda _: work()))


def wire_text(text: object) -> str:
    """A text as D-Bus takes it: no NUL, no lone surrogates, of bounded length. The bus would throw us out otherwise."""
    words = str(text)[:_LONGEST_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        words.encode()
    except UnicodeEncodeError:
        words = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return words
