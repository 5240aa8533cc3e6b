"""What `make chaos` would find: a defect that is planted, in the first rounds; and the ledger, `make soak`'s too."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.rigs.ledger import Ledger

from . import subject, tray, world
from .world import Step, run


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("defect", "steps", "words"),
    [
        ("twice", [], "headless has told twice: calm-1-0"),
        ("descriptor", ["closed"], "descriptors"),
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
    def scripted(seed: int, number: int, deeds: object, subjects: Sequence[str]) -> tuple[list[Step], dict[str, str]]:
        return [Step("telex", step, random.Random(number), 0.2) for step in steps], dict.fromkeys(subjects, "wait")

    monkeypatch.setattr(world, "story", scripted)
    # One message a round: nothing has to be waited for on behalf of the flood rule.
    monkeypatch.setattr(world, "MESSAGES", 1)
    monkeypatch.setattr(world, "QUIET", 0.2)
    monkeypatch.setattr(subject, "SETTLES_WITHIN", 1.0)
    monkeypatch.setattr(tray, "SETTLED_WITHIN", 5.0)
    kind = "tray" if defect == "spinning" else "headless"
    assert run(100.0, 5, rounds=4, kinds=[kind], defect=defect) == 1
    told = capsys.readouterr().out
    assert words in told.splitlines()[0]
    assert "--seed 5" in told
    assert "the story of this round:" in told
    assert "telex_start.session.state: online" in told
    assert all(f"telex: {step}" in told for step in steps)


def test_what_is_lost_or_comes_twice_is_found_and_what_no_server_holds_is_not() -> None:
    ledger = Ledger()
    for number in range(1, 6):
        ledger.send(number)
    assert [ledger.arrived(number) for number in (1, 3, 3)] == ["", "", "3 came twice"]
    ledger.excuse(5)
    assert ledger.settle() == "2 messages are lost, one of them is 2"
    ledger.send(6)
    ledger.server_forgets()
    ledger.send(7)
    assert ledger.settle() == "1 messages are lost, one of them is 7"
    ledger.send(8, may_be_missing=True)
    assert ledger.settle() == ""
    assert (ledger.sent, ledger.came, ledger.lost, ledger.twice, ledger.forgotten) == (8, 2, 3, 1, 3)
