"""What happens to the fleet, what came of it in figures, and what is asked of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from .agents import Fleet, fleet
from .telex import LOOK_UP


class Scenario(NamedTuple):
    """Something that happens to all at once."""

    name: str
    play: Callable[[Fleet], float]
    """Lets it happen; gives the seconds from which on connections are counted for the peak (0: from the beginning)."""
    seconds: float
    """How long the fleet is watched."""
    most_connects: float = 1.0
    """The part of the fleet that may connect in any second, at most."""


MOST_LOOK_UPS = 1
"""Look-ups of organisations that one agent may make in any 10 s, at most."""


class Result(NamedTuple):
    """What came of it."""

    name: str
    connects: int
    """In any second, counted after the server is back."""
    share: float
    """The part of the fleet that these are."""
    calls: int
    """In any second."""
    look_ups: int
    """In any second."""
    look_ups_of_one: int
    """Look-ups of one agent in any 10 s, at most."""
    connects_at_end: float
    """Of one agent in the last minute, on average."""
    refused: int
    """Calls answered 429."""
    online_after: float | None
    """Seconds after which all were online again; ``None``: not while they were watched."""
    missed: list[str]
    """What was asked and is not so."""


def run(scenario: Scenario, size: int, seed: int) -> Result:
    """Play it.

    Raises:
        AssertionError: something went wrong that has nothing to do with what is measured.
    """
    with fleet(size, seed) as played:
        traffic = played.telex.traffic
        start = played.world.now()
        refused = len(traffic.refused)
        counted_from = start + scenario.play(played)
        online_after = None
        while (passed := played.world.now() - start) < scenario.seconds:
            played.world.run(1.0)
            online = played.online() == size
            online_after = (online_after or passed + 1.0) if online else None
        played.check()
        connects = most_within(_since(traffic.connects, counted_from), 1.0)
        of_one = max(most_within(_since(times, start), 10.0) for times in traffic.look_ups.values())
        calls = sorted(when for times in traffic.calls.values() for when in _since(times, start))
        missed = []
        if connects > scenario.most_connects * size:
            missed.append(f"{connects} of {size} connect in a second, not {scenario.most_connects:.3f} of them")
        if of_one > MOST_LOOK_UPS:
            missed.append(f"{of_one} look-ups of one agent in 10 s, not {MOST_LOOK_UPS}")
        return Result(
            name=scenario.name,
            connects=connects,
            share=connects / size,
            calls=most_within(calls, 1.0),
            look_ups=most_within(_since(traffic.calls[LOOK_UP], start), 1.0),
            look_ups_of_one=of_one,
            connects_at_end=len(_since(traffic.connects, start + scenario.seconds - 60.0)) / size,
            refused=len(traffic.refused) - refused,
            online_after=online_after,
            missed=missed,
        )


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most of these times, which are in order, within any so many seconds."""
    most = first = 0
    for index, when in enumerate(times):
        while when - times[first] >= seconds:
            first += 1
        most = max(most, index - first + 1)
    return most


def _since(times: Sequence[float], start: float) -> Sequence[float]:
    return times[bisect_left(times, start) :]


# --- what happens ---------------------------------------------------------------------------------------------------


def _restart(down_for: float, played: Fleet) -> float:
    """Both servers go away and come back."""
    played.telex.restart(down_for)
    return down_for


def _terminal(played: Fleet) -> float:
    """Sent away for good, and again when all are back: some within the minute in which that counts as a second time."""
    played.telex.close_all(3503)
    played.world.after(450.0, lambda: played.telex.close_all(3503))
    return 0.0


def _flapping(played: Fleet) -> float:
    """The push server takes each connection, and drops it a second later."""
    played.telex.stands = 1.0
    played.telex.close_all(3001)
    return 0.0


def _rate_limits(played: Fleet) -> float:
    """All are closed because their tokens are of no use any more; Telex takes few calls.

    A twenty-fifth of the fleet may call in a second: all together need 60 % of that in quiet times.
    """
    played.telex.take_at_most(len(played.agents) / 25)
    played.telex.close_all(3005)
    return 0.0


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("a restart", partial(_restart, 0.0), 60.0),
        Scenario("down for 2 s", partial(_restart, 2.0), 60.0),
        Scenario("down for 10 s", partial(_restart, 10.0), 80.0),
        Scenario("down for 60 s", partial(_restart, 60.0), 140.0, most_connects=1 / 8),
        Scenario("3503 for all, twice", _terminal, 1860.0, most_connects=1 / 30),
        Scenario("a flapping server", _flapping, 600.0),
        Scenario("a storm of 429", _rate_limits, 600.0),
    )
}
