"""One connection to a D-Bus: calls, signals, objects served, and connecting again.

It lives in a :class:`.loop.Loop`, on that loop's thread. Any thread may hand over a call, which never blocks. Answers,
signals and method calls arrive as callbacks on the loop's thread, one at a time, so what only callbacks touch needs no
lock. While nothing is pending the thread sleeps without a time-out. Where a peer never answers, its caller is told so
after the call's time-out, and no other call waits for that. When the bus goes, the connection is made anew.

The package owns jeepney; the rest of the desktop imports jeepney's names from here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from itertools import count
from queue import Empty, SimpleQueue
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
)
from jeepney.bus_messages import message_bus

from ...process.lazylog import Log
from .loop import MOST_WAITING, Loop, NoBus, Transport, error_of, guarded, session_address

__all__ = [
    "Bus",
    "DBusAddress",
    "Loop",
    "Message",
    "NoReply",
    "body_of",
    "error_of",
    "message_bus",
    "new_method_call",
    "sender_of",
    "session_address",
]

log = Log(__name__)

CALL_TIMEOUT = 2.0
"""Seconds within which a call is answered, or is lost."""
CONNECT_TIMEOUT = 2.0
"""Seconds for authentication and greeting together."""

_FIRST_RETRY = 0.1
_LAST_RETRY = 60.0
_RETRY_FOR_A_CALL = 1.0
_MOST_LATE = 100
"""Answers that are still of use to somebody after their time-out."""
_STABLE = 10.0
"""Seconds after which a connection that breaks was a good one."""
_SPARE = 0.5
"""Seconds for the loop to say that the time for an answer is over."""


class NoReply(Enum):
    """Why a call has no reply."""

    NEVER_SENT = "never sent"
    """It never reached the bus: nobody can have acted on it."""
    NO_ANSWER = "no answer"
    """It was sent: whether anybody acted on it is unknown."""


Reply = Callable[[Message | NoReply], object]


class _Call:
    """A message on its way out, and who waits for its answer."""

    __slots__ = ("data", "deadline", "late", "on_reply", "serial")

    def __init__(
        self,
        serial: int,
        data: bytes,
        on_reply: Reply | None,
        timeout: float = CALL_TIMEOUT,
        late: Callable[[Message], object] | None = None,
    ) -> None:
        self.serial = serial
        self.data = data
        self.on_reply = on_reply
        self.late = late
        self.deadline = time.monotonic() + timeout

    def answer(self, reply: Message | NoReply) -> None:
        if self.on_reply is not None:
            guarded(self.on_reply, reply)


def body_of(reply: Message | NoReply) -> tuple[Any, ...] | None:
    """What a call gave; ``None`` where that is an error, or nothing came."""
    return None if isinstance(reply, NoReply) or error_of(reply) else tuple(reply.body)


def sender_of(message: Message) -> str:
    """The unique name of the connection that has sent it."""
    return str(message.header.fields.get(HeaderFields.sender, ""))


class Bus:
    """One connection to a bus.

    Args:
        address: As :func:`session_address` gives it. It is tried again and again, so it need not work yet.
        loop: The loop to live in, which its owner starts and stops. Calls without an answer get none when it stops.
        what: What the bus is called in logs, as in "the session bus cannot be used".

    Attributes:
        loop: The same.
        unique_name: This connection's name on the bus; empty while disconnected. For callbacks only.
    """

    def __init__(self, address: str, loop: Loop, what: str = "session bus") -> None:
        self.loop = loop
        self.unique_name = ""
        self._address = address
        self._what = what
        self._serials = count(2)  # the first is the greeting's
        # From here on, only the thread.
        self._rules: list[tuple[MatchRule, Callable[[Message], object]]] = []
        self._on_connect: list[Callable[[], object]] = []
        self._exports: dict[str, Callable[[Message], Message | None]] = {}
        self._transport: Transport | None = None
        self._connected_at = 0.0
        self._waiting: deque[_Call] = deque()
        self._writing: tuple[_Call, memoryview] | None = None
        self._unanswered: dict[int, _Call] = {}
        self._late: dict[int, Callable[[Message], object]] = {}
        self._next_try = 0.0
        self._retry = _FIRST_RETRY
        self._failure_logged = False
        loop.add(self._turn)

    def subscribe(self, on_signal: Callable[[Message], object], arg0: str = "", **rule: str) -> None:
        """Get the signals that match.

        Args:
            on_signal: Gets them.
            arg0: Their first argument; empty for any.
            rule: As of :class:`jeepney.MatchRule`.
        """
        match = MatchRule(type="signal", **rule)
        if arg0:
            match.add_arg_condition(0, arg0)

        def listen() -> None:
            self._rules.append((match, on_signal))
            if self._transport is not None:
                self._listen(match)

        self.loop.post(listen)

    def watch_owner(self, name: str, on_change: Callable[[str], object]) -> None:
        """Be told who owns a name, whenever that changes: the unique name, empty for nobody."""
        bus = "org.freedesktop.DBus"
        self.subscribe(
            lambda message: on_change(message.body[2]), name, sender=bus, interface=bus, member="NameOwnerChanged"
        )

    def on_connect(self, callback: Callable[[], object]) -> None:
        """Be told of each new connection, and of the one that there is."""

        def add() -> None:
            self._on_connect.append(callback)
            if self._transport is not None:
                guarded(callback)

        self.loop.post(add)

    def export(self, path: str, answer: Callable[[Message], Message | None]) -> None:
        """Serve an object.

        Args:
            path: Its object path.
            answer: Gets each method call and returns the reply, or ``None`` where :meth:`reply` will give it later.
                It raises nothing.
        """
        self._exports[path] = answer

    # For any thread.

    def call(
        self,
        message: Message,
        on_reply: Reply | None,
        timeout: float = CALL_TIMEOUT,
        late: Callable[[Message], object] | None = None,
    ) -> bool:
        """Send a method call, or with ``on_reply`` None any message, to which then no answer is expected.

        Args:
            message: What to send.
            on_reply: Gets the answer, which may be an error (:func:`error_of`), or why there is none.
            timeout: Seconds for the answer, and for how long the message waits where the bus is gone.
            late: Gets an answer that comes after ``on_reply`` was told of none.

        Returns:
            False if too much is waiting already, or this was stopped; then ``on_reply`` is not called.

        Raises:
            ValueError, TypeError, struct.error: the message's body does not fit its signature.
        """
        if on_reply is None and message.header.message_type is MessageType.method_call:
            message.header.flags |= MessageFlag.no_reply_expected
        serial = next(self._serials)
        call = _Call(serial, message.serialise(serial), on_reply, timeout, late)
        return self.post(lambda: self._enqueue(call))

    def ask(self, message: Message, timeout: float) -> tuple[Any, ...] | None:
        """Make a method call and wait for what it gives; ``None`` for an error, or no answer in so many seconds.

        From any thread but the loop's.
        """
        answers: SimpleQueue[Message | NoReply] = SimpleQueue()
        self.call(message, answers.put, timeout)
        try:
            return body_of(answers.get(timeout=timeout + _SPARE))
        except Empty:
            return None

    def reply(self, call: Message, reply: Message | None) -> None:
        """Answer a method call, where its caller wants an answer and there is one."""
        if reply is not None and not call.header.flags & MessageFlag.no_reply_expected:
            self.call(reply, None)

    def post(self, work: Callable[[], object]) -> bool:
        """Have something done on the loop's thread; False if too much is waiting already, or it was stopped."""
        return len(self._waiting) + self.loop.waiting < MOST_WAITING and self.loop.post(work)

    # On the loop's thread.

    def _turn(self, now: float) -> float | None:
        """Do what is due, and read what has come: before a call is given up, as this process may have been stopped."""
        if self.loop.stopping:
            self._waiting.clear()
            self._close_transport()
            return None
        try:
            if self._transport is not None:
                for message in self._transport.receive():
                    self._take(message)
            self._give_up(now)
            if self._transport is None and now >= self._next_try:
                self._connect(now)
            if self._transport is not None:
                self._write(self._transport)
        except NoBus as error:
            self._disconnected(str(error))
        except Exception as error:  # whatever it is, it must not end the thread
            log.exception("a connection to a bus failed unexpectedly")
            self._disconnected(type(error).__name__)
        times = [call.deadline for call in (*self._unanswered.values(), *self._waiting)]
        if self._transport is None:
            times.append(self._next_try)
        return min(times, default=None)

    def _give_up(self, now: float) -> None:
        for call in [call for call in self._waiting if call.deadline <= now]:
            self._waiting.remove(call)
            call.answer(NoReply.NEVER_SENT)
        for call in [call for call in self._unanswered.values() if call.deadline <= now]:
            del self._unanswered[call.serial]
            if call.late is not None:
                if len(self._late) >= _MOST_LATE:
                    del self._late[next(iter(self._late))]
                self._late[call.serial] = call.late
            call.answer(NoReply.NO_ANSWER)

    # Coming and going of the bus.

    def _connect(self, now: float) -> None:
        self._next_try = now + self._retry
        self._retry = min(self._retry * 2, _LAST_RETRY)
        self._transport = self.loop.connect(self._address, now + CONNECT_TIMEOUT)
        self._connected_at = time.monotonic()
        self.unique_name = self._transport.unique_name
        self._failure_logged = False
        log.debug("connected to the %s as %s", self._what, self.unique_name)
        # Ahead of what waits: a call must not bring about a signal that is not listened to yet.
        for rule, _ in reversed(self._rules):
            self._listen(rule)
        for callback in self._on_connect:
            guarded(callback)

    def _listen(self, rule: MatchRule) -> None:
        serial = next(self._serials)
        self._waiting.appendleft(_Call(serial, message_bus.AddMatch(rule).serialise(serial), self._match_added))

    def _match_added(self, reply: Message | NoReply) -> None:
        reason = reply.value if isinstance(reply, NoReply) else error_of(reply)
        if reason:
            log.warning("the %s passes no signals on: %s", self._what, reason)

    def _disconnected(self, reason: str) -> None:
        if self._transport is not None and time.monotonic() >= self._connected_at + _STABLE:
            self._retry = _FIRST_RETRY
        if not self._failure_logged and not self.loop.stopping:
            self._failure_logged = True
            log.warning("the %s cannot be used: %s", self._what, reason)
        self._close_transport()

    def _close_transport(self) -> None:
        self.unique_name = ""
        if self._transport is not None:
            self.loop.unwatch(self._transport.fileno())
            self._transport.close()
            self._transport = None
        if self._writing is not None:  # the bus acts on whole messages only, so this one never reached it
            call, self._writing = self._writing[0], None
            if self._unanswered.pop(call.serial, None) is not None:
                self._waiting.appendleft(call)
        self._late.clear()
        unanswered, self._unanswered = self._unanswered, {}
        for call in unanswered.values():
            call.answer(NoReply.NO_ANSWER)

    def _enqueue(self, call: _Call) -> None:
        self._waiting.append(call)
        if self._transport is None:
            self._next_try = min(self._next_try, time.monotonic() + _RETRY_FOR_A_CALL)

    def _write(self, transport: Transport) -> None:
        while self._writing or self._waiting:
            if self._writing is None:
                call = self._waiting.popleft()
                if call.on_reply is not None:
                    self._unanswered[call.serial] = call
                self._writing = call, memoryview(call.data)
            call, rest = self._writing
            rest = rest[transport.send(rest) :]
            self._writing = (call, rest) if rest else None
            if rest:
                break
        self.loop.watch(transport.fileno(), writing=self._writing is not None)

    def _take(self, message: Message) -> None:
        kind = message.header.message_type
        if kind is MessageType.signal:
            for rule, on_signal in self._rules:
                if rule.matches(message):
                    guarded(on_signal, message)
        elif kind is MessageType.method_call:
            self._serve(message)
        else:
            serial = message.header.fields.get(HeaderFields.reply_serial, 0)
            if (call := self._unanswered.pop(serial, None)) is not None:
                call.answer(message)
            elif (late := self._late.pop(serial, None)) is not None:
                guarded(late, message)

    def _serve(self, message: Message) -> None:
        answer = self._exports.get(message.header.fields.get(HeaderFields.path, ""))
        if answer is not None:
            self.reply(message, answer(message))
        else:
            self.reply(message, new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))
