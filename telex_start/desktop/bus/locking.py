"""Whether the screen is locked, as screen lockers tell logind: the ``LockedHint`` of our session.

Source: org.freedesktop.login1, https://www.freedesktop.org/software/systemd/man/org.freedesktop.login1.html. Session
``auto`` is that of who asks, or the one that their user looks at.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue

from .bus import Bus, DBusAddress, Message, NoReply, error_of, new_method_call

WITHIN = 0.3
"""Seconds that the answer is waited for."""

_LOGIND = "org.freedesktop.login1"
_SESSION = DBusAddress("/org/freedesktop/login1/session/auto", _LOGIND, "org.freedesktop.DBus.Properties")


def is_locked(bus: Bus) -> bool:
    """Whether it is; no where nobody answers in time. From any thread but the bus's.

    Args:
        bus: The system bus.
    """
    answers: SimpleQueue[Message | NoReply] = SimpleQueue()
    question = new_method_call(_SESSION, "Get", "ss", (f"{_LOGIND}.Session", "LockedHint"))
    bus.call(question, answers.put, WITHIN)
    try:
        answer = answers.get(timeout=2 * WITHIN)
    except Empty:
        return False
    return not isinstance(answer, NoReply) and not error_of(answer) and answer.body == (("b", True),)
