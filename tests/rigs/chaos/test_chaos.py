"""What `make chaos` would find: a defect that is planted, in the first rounds."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from . import world as world_module
from .planted import DEFECTS
from .world import RECOVERIES, Step, Story, run, story

DEEDS = {"telex": ["closed", "message"], "tray": ["Sign Out"]}


def test_a_round_follows_from_the_seed_and_its_number_alone() -> None:
    def told(seed: int, number: int) -> list[tuple[str, str, float, float]]:
        made = story(seed, number, DEEDS, ["tray"])
        return [(step.who, step.what, step.pause, step.chance.random()) for step in made.steps]

    assert told(7, 3) == told(7, 3)
    assert len({str(told(7, number)) for number in range(20)}) == 20
    assert told(7, 3) != told(8, 3)
    assert {story(7, number, DEEDS, ["tray"]).recoveries["tray"] for number in range(100)} == set(RECOVERIES)


def scripted(*whats: str, recovery: str = "wait") -> object:
    """Makes every round one of these faults and clicks."""

    def told(seed: int, number: int, deeds: object, subjects: Sequence[str]) -> Story:
        steps = [Step("telex", what, random.Random(f"{seed}/{number}"), 0.2) for what in whats]
        return Story(tuple(steps), dict.fromkeys(subjects, recovery))

    return told


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("defect", "steps", "words"),
    [
        ("twice", [], "headless has told twice: calm-1-0"),
        ("lost", [], "headless: not within"),
        ("descriptor", ["closed"], "descriptors"),
        ("thread", ["closed"], "threads"),
        ("stuck", ["closed"], "online with all"),
        ("secret", [], "a password is in the log"),
        ("spinning", [], "the login window is gone"),
    ],
)
def test_a_planted_defect_is_found_and_its_story_told(
    defect: str,
    steps: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(world_module, "story", scripted(*steps))
    # One message a round: nothing has to be waited for on behalf of the flood rule.
    monkeypatch.setattr(world_module, "_MESSAGES", 1)
    monkeypatch.setattr(world_module, "_QUIET", 0.2)
    if defect in ("stuck", "lost"):  # what is waited for in vain
        monkeypatch.setattr(world_module, "RIGHT_WITHIN", 10.0)
        monkeypatch.setattr(world_module, "_TOLD_WITHIN", 2.0)
    monkeypatch.setattr("tests.rigs.chaos.subject._SETTLES_WITHIN", 1.0)
    monkeypatch.setattr("tests.rigs.chaos.tray._SETTLED_WITHIN", 5.0)
    kind = "tray" if defect == "spinning" else "headless"
    assert defect in DEFECTS
    assert run(100.0, 5, rounds=4, kinds=(kind,), module=("tests.rigs.chaos.planted", defect)) == 1
    told = capsys.readouterr().out
    assert words in told.splitlines()[0]
    assert "--seed 5" in told
    assert "the story of this round:" in told
    assert "telex_start.session.state: online" in told
    assert all(f"telex: {step}" in told for step in steps)
