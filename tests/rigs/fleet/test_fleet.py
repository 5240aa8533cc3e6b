"""A small fleet of real sessions does not come to a server in one second, whatever might make all agents do so.

Virtual time and a seed: how busy the machine is changes nothing but how long it takes.
"""

from __future__ import annotations

import math

import pytest

from tests.rigs.fleet.__main__ import SCENARIOS, run


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "size"),
    # With fewer agents the worst second is one of chance.
    [("down for 60 s", 1000), ("3503 for all, twice", 150), ("a flapping server", 60), ("a storm of 429", 60)],
)
def test_no_herd(name: str, size: int) -> None:
    result = run(SCENARIOS[name], size, seed=1)
    assert result.missed == []
    if name == "a flapping server":
        assert 0 < result.figures["at end/min"] < 10, "a connection every six seconds from each, after ten minutes"
    else:
        assert result.figures["all online"] < math.inf, "not all came online again"


def test_the_first_tries_after_a_restart_stay_quick() -> None:
    """A person who waits does not notice a restart; all that come at once are a herd."""
    result = run(SCENARIOS["a restart"]._replace(most_connects=0.1), 30, seed=1)
    assert result.figures["all online"] <= 3.0
    assert result.missed
