"""What happens to the fleet, what came of it in figures, and what is asked of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from .agents import Fleet, fleet

SIZE_BEFORE = 10_000


class Scenario(NamedTuple):
    """Something that happens to all at once."""

    name: str
    play: Callable[[Fleet], float]
    """Lets it happen; gives the seconds from which on connections are counted for the peak (0: from the beginning)."""
    seconds: float
    """How long the fleet is watched."""
    most_connects: float | None = None
    """The part of the fleet that may connect in any second, at most."""
    most_look_ups: int = 1
    """Look-ups of organisations that one agent may make in any 10 s, at most."""
    before: str = ""
    """What :data:`SIZE_BEFORE` agents did when every wait was the same for all (version 0.1.0)."""


class Result(NamedTuple):
    """What came of it. Times are seconds since it happened."""

    scenario: Scenario
    size: int
    connects: list[float]
    calls: list[float]
    look_ups: list[float]
    refused: int
    """Calls answered 429."""
    counted_from: float
    peak_connects: int
    """In any second, counted from there on."""
    peak_connects_at: float
    peak_calls: int
    peak_look_ups: int
    look_ups_of_one: int
    """Look-ups of one agent in any 10 s, at most."""
    connects_at_end: float
    """Of one agent in the last minute, on average."""
    online_after: float | None
    """When all were online again; ``None``: not while they were watched."""

    @property
    def missed(self) -> list[str]:
        """What was asked and is not so."""
        found = []
        scenario = self.scenario
        if scenario.most_connects is not None and self.share > scenario.most_connects:
            found.append(f"{self.share:.3f} of the fleet connect in a second, not {scenario.most_connects:g}")
        if self.look_ups_of_one > scenario.most_look_ups:
            found.append(f"{self.look_ups_of_one} look-ups of one agent in 10 s, not {scenario.most_look_ups}")
        return found

    @property
    def share(self) -> float:
        """The part of the fleet that connects in the worst second."""
        return self.peak_connects / self.size


def run(scenario: Scenario, size: int, seed: int) -> Result:
    """Play it.

    Raises:
        AssertionError: something went wrong that has nothing to do with what is measured.
    """
    with fleet(size, seed) as played:
        traffic = played.telex.traffic
        start = played.world.now()
        refused = len(traffic.refused)
        counted_from = scenario.play(played)
        online_after = None
        while (passed := played.world.now() - start) < scenario.seconds:
            played.world.run(1.0)
            online = played.online() == size
            online_after = (online_after or passed + 1.0) if online else None
        played.check()
        connects = _since(traffic.connects, start)
        counted = [when for when in connects if when >= counted_from]
        calls = sorted(when for times in traffic.calls.values() for when in _since(times, start))
        look_ups = _since(traffic.calls["look-up"], start)
        peak, peak_at = most_within(counted, 1.0)
        return Result(
            scenario=scenario,
            size=size,
            connects=connects,
            calls=calls,
            look_ups=look_ups,
            refused=len(traffic.refused) - refused,
            counted_from=counted_from,
            peak_connects=peak,
            peak_connects_at=peak_at,
            peak_calls=most_within(calls, 1.0)[0],
            peak_look_ups=most_within(look_ups, 1.0)[0],
            look_ups_of_one=max(most_within(_since(times, start), 10.0)[0] for times in traffic.look_ups.values()),
            connects_at_end=sum(when >= scenario.seconds - 60.0 for when in connects) / size,
            online_after=online_after,
        )


def most_within(times: Sequence[float], seconds: float) -> tuple[int, float]:
    """The most of these times, which are in order, within any so many seconds; and when that begins."""
    most, begins = 0, 0.0
    first = 0
    for index, when in enumerate(times):
        while when - times[first] >= seconds:
            first += 1
        if index - first + 1 > most:
            most, begins = index - first + 1, times[first]
    return most, begins


def _since(times: Sequence[float], start: float) -> list[float]:
    return [when - start for when in times[bisect_left(times, start) :]]


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


SCENARIOS = (
    Scenario("a restart", partial(_restart, 0.0), 60.0, before="10,000 connects/s"),
    Scenario("down for 2 s", partial(_restart, 2.0), 60.0),
    Scenario("down for 10 s", partial(_restart, 10.0), 80.0),
    Scenario("down for 60 s", partial(_restart, 60.0), 140.0, most_connects=1 / 8, before="950 connects/s"),
    Scenario(
        "3503 for all, twice",
        _terminal,
        1860.0,
        most_connects=1 / 30,
        before="10,000 connects/s, at 300.00 s and at 900.00 s",
    ),
    Scenario("a flapping server", _flapping, 600.0, before="7 look-ups of one agent in 10 s"),
    Scenario("a storm of 429", _rate_limits, 600.0),
)
