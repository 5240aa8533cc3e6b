"""What is done in a round: drawn from the seed and the round's number, whatever happened before."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

PAUSES = (0.0, 0.0, 0.1, 0.4, 1.0, 2.5)
"""Seconds after a step; most things are at their worst shortly after another."""
RECOVERIES = ("wait", "reconnect", "wake", "sign in anew", "restart")
"""What a person does when the network is well again and the program may not be."""


class Step(NamedTuple):
    """One thing that is done."""

    who: str
    """A subject's name, or ``telex``."""
    what: str
    chance: random.Random
    """For whatever the step has to choose."""
    pause: float
    """Seconds to wait after it."""


class Story(NamedTuple):
    """One round."""

    steps: tuple[Step, ...]
    recoveries: Mapping[str, str]
    """By subject."""


def story(seed: int, number: int, deeds: Mapping[str, Sequence[str]], subjects: Sequence[str]) -> Story:
    """The round with this number.

    Args:
        seed: Of the whole run.
        number: From 1 on.
        deeds: What there is to do, by who does it. What stands there twice is done twice as often.
        subjects: Who needs a recovery.
    """
    chance = random.Random(f"{seed}/{number}")
    everything = [(who, what) for who, those in deeds.items() for what in those]
    steps = []
    for index in range(chance.randint(4, 12)):
        who, what = chance.choice(everything)
        steps.append(Step(who, what, random.Random(f"{seed}/{number}/{index}"), chance.choice(PAUSES)))
    return Story(tuple(steps), {subject: chance.choice(RECOVERIES) for subject in subjects})
