"""Looks at things that may hang: each look has a time limit, and one that fails does not keep the next from running."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from .findings import Finding, missing

LOOK_WITHIN = 5.0
"""Seconds for one look."""


def look(subject: str, probe: Callable[[], Finding], *, fatal: bool = False, seconds: float = LOOK_WITHIN) -> Finding:
    """Look at one thing, on a daemon thread that is left behind where it hangs (nothing bounds a name look-up).

    Args:
        subject: What is looked at.
        probe: Looks.
        fatal: What a probe that hangs or breaks means for the agent.
        seconds: How long it may take.
    """
    answers: SimpleQueue[Finding] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(probe())
        except Exception as error:  # whatever it is, the other findings still matter
            answers.put(missing(subject, f"cannot be looked at ({type(error).__name__}: {error})", fatal=fatal))

    threading.Thread(target=work, name=f"look at {subject}", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return missing(subject, f"no answer within {seconds:g} s", fatal=fatal)
