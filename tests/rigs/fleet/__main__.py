"""``python -m tests.rigs.fleet [AGENTS]``: plays the scenarios, prints a table; ends with 1 if a limit is missed."""

from __future__ import annotations

import argparse
import math
import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

from .agents import Fleet, fleet
from .telex import LOOK_UP

MOST_LOOK_UPS = 1
"""How many polls of organisations one agent may make in any 10 s, at most."""


class Scenario(NamedTuple):
    """Something that happens to all agents at once."""

    name: str
    play: Callable[[Fleet], float]
    """Makes it happen; gives after how many seconds connections begin to count for the peak."""
    seconds: float
    """How long the fleet is watched."""
    most_connects: float = 1.0
    """The share of the fleet that may connect in any second, at most."""


class Result(NamedTuple):
    """The figures of a scenario, and the limits that they missed."""

    figures: dict[str, float]
    """By name. A peak is that of the worst second; connects are counted once the server is back."""
    missed: list[str]
    """The limits that were missed, in words."""


def run(scenario: Scenario, size: int, seed: int) -> Result:
    """Play a scenario with a new fleet.

    Raises:
        AssertionError: something went wrong that has nothing to do with what is measured.
    """
    with fleet(size, seed) as played:
        telex = played.telex
        start = played.world.now()
        refused = len(telex.refused)
        counted_from = start + scenario.play(played)
        online_after = None
        while (passed := played.world.now() - start) < scenario.seconds:
            played.world.run(1.0)
            online = played.online() == size
            online_after = (online_after or passed + 1.0) if online else None
        played.check()
        connects = most_within(_since(telex.connects, counted_from), 1.0)
        of_one = max(most_within(_since(times, start), 10.0) for times in telex.look_ups.values())
        calls = sorted(when for times in telex.calls.values() for when in _since(times, start))
        missed = []
        if connects > scenario.most_connects * size:
            missed.append(f"{connects} of {size} connect in a second, not {scenario.most_connects:.3f} of them")
        if of_one > MOST_LOOK_UPS:
            missed.append(f"{of_one} polls of one agent in 10 s, not {MOST_LOOK_UPS}")
        figures = {
            "connects/s": connects,
            "of fleet": round(connects / size, 4),
            "calls/s": most_within(calls, 1.0),
            "polls/s": most_within(_since(telex.calls[LOOK_UP], start), 1.0),
            "of one/10 s": of_one,
            "at end/min": round(len(_since(telex.connects, start + scenario.seconds - 60.0)) / size, 1),
            "429s": len(telex.refused) - refused,
            "all online": online_after or math.inf,
        }
        return Result(figures, missed)


def most_within(times: Sequence[float], seconds: float) -> int:
    """The largest number of these times, which are sorted, within any ``seconds``."""
    most = first = 0
    for index, when in enumerate(times):
        while when - times[first] >= seconds:
            first += 1
        most = max(most, index - first + 1)
    return most


def _since(times: Sequence[float], start: float) -> Sequence[float]:
    return times[bisect_left(times, start) :]


# The scenarios.


def _restart(down_for: float, played: Fleet) -> float:
    """Both servers go away and come back."""
    played.telex.restart(down_for)
    return down_for


def _terminal(played: Fleet) -> float:
    """All connections are closed for good, and again when all are back: for some this counts as a second time."""
    played.telex.close_all(3503)
    played.world.after(450.0, lambda: played.telex.close_all(3503))
    return 0.0


def _flapping(played: Fleet) -> float:
    """The push server takes each connection, and drops it a second later."""
    played.telex.stands = 1.0
    played.telex.close_all(3001)
    return 0.0


def _rate_limits(played: Fleet) -> float:
    """All connections are closed because their tokens have expired, and Telex takes only few calls.

    A twenty-fifth of the fleet may call in a second; in quiet times all agents together need 60 % of that.
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


def _row(name: str, *cells: object) -> None:
    print(f"{name:<22}" + "".join(f"{cell!s:>12}" for cell in cells), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.fleet", description="Many agents in virtual time.")
    parser.add_argument("agents", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="WORDS", help="the scenarios whose name holds these words")
    given = parser.parse_args()
    print(f"{given.agents} agents, --seed {given.seed}; peaks are of a second, connects once the server is back")
    wanted = [scenario for scenario in SCENARIOS.values() if given.only in scenario.name]
    missed = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        longest_first = sorted(wanted, key=lambda scenario: -scenario.seconds)
        playing = {each.name: pool.submit(run, each, given.agents, given.seed) for each in longest_first}
        for number, scenario in enumerate(wanted):
            result = playing[scenario.name].result()
            if not number:
                _row("", *result.figures)
            _row(scenario.name, *result.figures.values())
            missed += [f"MISSED: {scenario.name}: {what}" for what in result.missed]
    print("\n".join(missed) or "all is as asked")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
