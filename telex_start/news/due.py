"""When the first of several things is due. Pure."""

from __future__ import annotations


def soonest(*times: float | None) -> float | None:
    """The first of some deadlines, each ``None`` where nothing is due; ``None`` where nothing at all is."""
    first = None
    for time in times:
        if time is not None and (first is None or time < first):
            first = time
    return first
