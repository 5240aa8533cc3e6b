"""One connection to the session bus (D-Bus), on one thread, for everything that speaks to the desktop.

The thread sleeps without a time-out while nothing is pending. Any thread may hand it a call, which never blocks;
answers, signals and method calls arrive as callbacks on the thread, one at a time, so what only callbacks touch needs
no lock. A peer that never answers costs its caller the call's time-out and nobody else anything. When the bus goes,
the connection is made anew: at once when there is something to send, otherwise only if it is to be kept (``keep``).

This module and :mod:`.bus_link` own jeepney; who uses the bus takes the names from here.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from itertools import count
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus

from .bus_link import Link, NoBus, connect, error_of, session_address

__all__ = [
    "Bus",
    "DBusAddress",
    "HeaderFields",
    "Lost",
    "MatchRule",
    "Message",
    "error_of",
    "new_error",
    "new_method_call",
    "new_method_return",
    "new_signal",
    "session_address",
]

log = logging.getLogger(__name__)

CALL_TIMEOUT = 2.0
"""Seconds within which a call is answered, or is lost."""
CONNECT_TIMEOUT = 2.0
"""Seconds for authentication and greeting together."""

_FIRST_RETRY = 0.1
_LAST_RETRY = 60.0
_RETRY_FOR_A_CALL = 1.0
_STABLE = 10.0
"""Seconds after which a connection that breaks was a good one."""
_MOST_WAITING = 1000
"""Calls and other work that may wait for a bus that does not read."""


class Lost(Enum):
    """Why a call has no answer."""

    NEVER_SENT = "never sent"
    """It never reached the bus: nobody can have acted on it."""
    NO_ANSWER = "no answer"
    """It was sent: whether anybody acted on it is unknown."""


Reply = Callable[[Message | Lost], object]


class _Call:
    """A message on its way out, and who waits for its answer."""

    __slots__ = ("data", "deadline", "on_reply", "serial")

    def __init__(self, serial: int, data: bytes, on_reply: Reply | None, timeout: float = CALL_TIMEOUT) -> None:
        self.serial = serial
        self.data = data
        self.on_reply = on_reply
        self.deadline = time.monotonic() + timeout

    def answer(self, reply: Message | Lost) -> None:
        if self.on_reply is not None:
            _guarded(self.on_reply, reply)


class Bus:
    """The connection and its thread.

    Args:
        address: As :func:`session_address` gives it. It is tried again and again, so it need not work yet.
        keep: Connect again by itself when the bus is gone, for who serves something on it; without, the next call does.
        thread_name: What the thread is called in logs.

    Attributes:
        unique_name: This connection's name on the bus; empty while disconnected. For callbacks only.
    """

    def __init__(self, address: str, *, keep: bool = False, thread_name: str = "toasts") -> None:
        self.unique_name = ""
        self._address = address
        self._keep = keep
        self._thread = threading.Thread(target=self._run, name=thread_name, daemon=True)
        self._posted: deque[Callable[[], object]] = deque()
        self._bell = -1
        self._bell_lock = threading.Lock()
        self._stopping = False
        self._serials = count(1)
        self._rules: list[tuple[MatchRule, Callable[[Message], object]]] = []
        self._on_connect: list[Callable[[], object]] = []
        self._exports: dict[str, Callable[[Message], Message | None]] = {}
        # From here on, only the thread.
        self._poll = select.poll()
        self._link: Link | None = None
        self._linked_at = 0.0
        self._waiting: deque[_Call] = deque()
        self._writing: tuple[_Call, memoryview] | None = None
        self._unanswered: dict[int, _Call] = {}
        self._timers: list[tuple[float, Callable[[], object]]] = []
        self._tried = False
        self._next_try = 0.0
        self._retry = _FIRST_RETRY
        self._told = False

    # --- before the start -------------------------------------------------------------------------------------------

    def subscribe(self, rule: MatchRule, on_signal: Callable[[Message], object]) -> None:
        """Get the signals that match, on every connection. Before :meth:`start`."""
        self._rules.append((rule, on_signal))

    def on_connect(self, callback: Callable[[], object]) -> None:
        """Be told of each new connection. Before :meth:`start`."""
        self._on_connect.append(callback)

    def export(self, path: str, answer: Callable[[Message], Message | None]) -> None:
        """Serve an object. Before :meth:`start`.

        Args:
            path: Its object path.
            answer: Gets each method call and returns the reply, or ``None`` for a method that it does not have.
        """
        self._exports[path] = answer

    def start(self) -> None:
        """Start the thread; it connects at once."""
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._bell, select.POLLIN)
        self._thread.start()

    # --- for any thread ---------------------------------------------------------------------------------------------

    def stop(self, timeout: float = 0.5) -> bool:
        """End the thread and the connection; calls without an answer get none any more.

        Args:
            timeout: Seconds to wait for the thread.

        Returns:
            Whether it has ended.
        """
        self._stopping = True
        self._ring()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        with self._bell_lock:
            if self._bell >= 0:
                os.close(self._bell)
                self._bell = -1
        return True

    def call(self, message: Message, on_reply: Reply | None, timeout: float = CALL_TIMEOUT) -> bool:
        """Send a method call, or with ``on_reply`` None any message, to which then no answer is expected.

        Args:
            message: What to send.
            on_reply: Gets the answer, which may be an error (:func:`error_of`), or why there is none.
            timeout: Seconds for the answer, and for how long the message waits where the bus is gone.

        Returns:
            False if too much is waiting already, or this was stopped; then ``on_reply`` is not called.

        Raises:
            ValueError, TypeError, struct.error: the message's body does not fit its signature.
        """
        if on_reply is None and message.header.message_type is MessageType.method_call:
            message.header.flags |= MessageFlag.no_reply_expected
        serial = next(self._serials)
        call = _Call(serial, message.serialise(serial), on_reply, timeout)
        return self.post(lambda: self._enqueue(call))

    def post(self, work: Callable[[], object]) -> bool:
        """Have something done on the bus's thread; False if too much is waiting already, or this was stopped."""
        if self._stopping or len(self._posted) + len(self._waiting) >= _MOST_WAITING:
            return False
        self._posted.append(work)
        if threading.get_ident() != self._thread.ident:  # the thread itself looks before it sleeps
            self._ring()
        return True

    def later(self, delay: float, work: Callable[[], object]) -> bool:
        """Like :meth:`post`, in so many seconds."""
        when = time.monotonic() + delay
        return self.post(lambda: self._timers.append((when, work)))

    def _ring(self) -> None:
        with self._bell_lock:
            if self._bell >= 0:
                os.eventfd_write(self._bell, 1)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except NoBus as error:
                self._disconnected(str(error))
            except Exception as error:  # whatever it is, it must not end the thread
                log.exception("the session bus connection failed")
                self._disconnected(type(error).__name__)
        self._unlink()

    def _turn(self) -> None:
        while self._posted:
            _guarded(self._posted.popleft())
        now = time.monotonic()
        self._expire(now)
        if self._link is None and self._wanted() and now >= self._next_try:
            self._connect(now)
        if self._link is not None:
            self._write(self._link)
        if self._posted or self._stopping:
            return
        for descriptor, happened in self._poll.poll(self._patience()):
            if descriptor == self._bell:
                os.eventfd_read(self._bell)
            elif happened & ~select.POLLOUT and self._link is not None:
                for message in self._link.receive():
                    self._take(message)

    def _patience(self) -> float | None:
        """Milliseconds until something is due; ``None`` for ever."""
        times = [call.deadline for call in self._unanswered.values()]
        times += [call.deadline for call in self._waiting]
        times += [when for when, _ in self._timers]
        if self._link is None and self._wanted():
            times.append(self._next_try)
        if not times:
            return None
        return max(0.0, min(times) - time.monotonic()) * 1000 + 1  # a moment more, or it would wake just before

    def _expire(self, now: float) -> None:
        due = [timer for timer in self._timers if timer[0] <= now]
        for timer in due:
            self._timers.remove(timer)
            _guarded(timer[1])
        for call in [call for call in self._waiting if call.deadline <= now]:
            self._waiting.remove(call)
            call.answer(Lost.NEVER_SENT)
        for call in [call for call in self._unanswered.values() if call.deadline <= now]:
            del self._unanswered[call.serial]
            call.answer(Lost.NO_ANSWER)

    # --- coming and going of the bus --------------------------------------------------------------------------------

    def _wanted(self) -> bool:
        return self._keep or not self._tried or bool(self._waiting)

    def _connect(self, now: float) -> None:
        self._tried = True
        self._next_try = now + self._retry
        self._retry = min(self._retry * 2, _LAST_RETRY)
        deadline = now + CONNECT_TIMEOUT
        self._link = connect(self._address, next(self._serials), deadline, self._bell, lambda: self._stopping)
        self._linked_at = time.monotonic()
        self._poll.register(self._link, select.POLLIN)
        self.unique_name = self._link.unique_name
        self._told = False
        log.debug("connected to the session bus as %s", self.unique_name)
        # Ahead of what waits: a call must not bring about a signal that is not listened to yet.
        for rule, _ in reversed(self._rules):
            serial = next(self._serials)
            self._waiting.appendleft(_Call(serial, message_bus.AddMatch(rule).serialise(serial), _listening))
        for callback in self._on_connect:
            _guarded(callback)

    def _disconnected(self, reason: str) -> None:
        if self._link is not None and time.monotonic() >= self._linked_at + _STABLE:
            self._retry = _FIRST_RETRY
        if not self._told and not self._stopping:
            self._told = True
            log.warning("the session bus cannot be used: %s", reason)
        self._unlink()

    def _unlink(self) -> None:
        self.unique_name = ""
        if self._link is not None:
            self._poll.unregister(self._link)
            self._link.close()
            self._link = None
        if self._writing is not None:  # the bus acts on whole messages only, so this one never reached it
            call, self._writing = self._writing[0], None
            if self._unanswered.pop(call.serial, None) is not None:
                self._waiting.appendleft(call)
        unanswered, self._unanswered = self._unanswered, {}
        for call in unanswered.values():
            call.answer(Lost.NO_ANSWER)

    # --- messages ---------------------------------------------------------------------------------------------------

    def _enqueue(self, call: _Call) -> None:
        self._waiting.append(call)
        if self._link is None:
            self._next_try = min(self._next_try, time.monotonic() + _RETRY_FOR_A_CALL)

    def _write(self, link: Link) -> None:
        while self._writing or self._waiting:
            if self._writing is None:
                call = self._waiting.popleft()
                if call.on_reply is not None:
                    self._unanswered[call.serial] = call
                self._writing = call, memoryview(call.data)
            call, rest = self._writing
            rest = rest[link.send(rest) :]
            self._writing = (call, rest) if rest else None
            if rest:
                break
        self._poll.modify(link, select.POLLIN | (select.POLLOUT if self._writing else 0))

    def _take(self, message: Message) -> None:
        kind = message.header.message_type
        if kind is MessageType.signal:
            for rule, on_signal in self._rules:
                if rule.matches(message):
                    _guarded(on_signal, message)
        elif kind is MessageType.method_call:
            self._serve(message)
        else:
            call = self._unanswered.pop(message.header.fields.get(HeaderFields.reply_serial, 0), None)
            if call is not None:
                call.answer(message)

    def _serve(self, message: Message) -> None:
        fields = message.header.fields
        answer = self._exports.get(fields.get(HeaderFields.path, ""))
        reply: Message | None = None
        try:
            if answer is not None:
                reply = answer(message)
            if reply is None:
                reply = new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
        except Exception:
            log.exception("a method call could not be served")
            reply = new_error(message, "org.freedesktop.DBus.Error.Failed")
        if not message.header.flags & MessageFlag.no_reply_expected:
            self.call(reply, None)


def _listening(reply: Message | Lost) -> None:
    reason = reply.value if isinstance(reply, Lost) else error_of(reply)
    if reason:
        log.warning("the session bus passes no signals on: %s", reason)


def _guarded(work: Callable[..., object], *arguments: Any) -> None:
    """Do it; a failure of it is a line in the log and nobody else's."""
    try:
        work(*arguments)
    except Exception:
        log.exception("a callback of the session bus failed")
