"""A small fleet through what may bring all agents to a server in the same second; all of them real sessions.

Virtual time and a seed: how busy the machine is changes nothing but how long it takes.
"""

from __future__ import annotations

import pytest

from tests.rigs.fleet.scenarios import SCENARIOS, most_within, run

# With fewer agents the worst second is one of chance: the eighth is for a crowd.
SIZES = {"down for 60 s": 1000, "3503 for all, twice": 300, "a flapping server": 300, "a storm of 429": 300}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SIZES)
def test_no_herd(name: str) -> None:
    result = run(next(scenario for scenario in SCENARIOS if scenario.name == name), SIZES[name], seed=1)
    assert result.missed == []
    if name == "a flapping server":
        assert result.connects_at_end < 10, "a connection every six seconds from each, after ten minutes"
    else:
        assert result.online_after is not None, "not all came online again"


def test_the_first_tries_after_a_restart_stay_quick() -> None:
    """A person who waits does not notice a restart."""
    result = run(SCENARIOS[0], 30, seed=1)
    assert result.online_after is not None
    assert result.online_after <= 3.0


def test_the_worst_second_is_found_wherever_it_begins() -> None:
    assert most_within([], 1.0) == (0, 0.0)
    assert most_within([0.0, 0.9, 1.0, 1.5, 1.85, 3.0], 1.0) == (4, 0.9)
    assert most_within([1.0, 2.0], 1.0)[0] == 1
