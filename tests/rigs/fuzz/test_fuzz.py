"""What was ever found stays mended; and the fuzzing itself finds what is put there for it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telex_start.news import wording
from telex_start.push import frames
from telex_start.session import telex_api

from .__main__ import tell
from .material import joined, smaller
from .runner import CORPUS, Run
from .target import NoCase, Target
from .targets import ALL
from .targets.answers import Answers
from .targets.frames import Frames
from .targets.handshakes import Handshakes
from .targets.publications import Publications

SECONDS = 60.0
"""In which a planted defect must be found; it takes a few."""


def untimed(kind: type[Target]) -> Target:
    """The target without its bound on processor time, which a busy machine stretches."""
    target = kind()
    target.within = 30.0  # type: ignore[misc]
    return target


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_whatever_was_found_before_stays_mended(kind: type[Target]) -> None:
    with untimed(kind) as target:
        figures = Run(target, CORPUS, seed=1).replay()
    assert figures.found is None, (figures.file, figures.found)
    assert figures.kept >= 8


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_nothing_is_left_behind(kind: type[Target], tmp_path: Path) -> None:
    before = (threading.active_count(), os.listdir("/proc/self/fd"))
    with untimed(kind) as target:
        seconds = 1.0
        while not (figures := Run(target, tmp_path, seed=7).run(seconds)).generated:
            seconds *= 2  # a machine that is too busy for the first case gets more time
    assert figures.found is None, figures.found
    assert (threading.active_count(), os.listdir("/proc/self/fd")) == before


# --- planted defects ------------------------------------------------------------------------------------------------


def strictly(frame: bytes, decode: Callable[[bytes], Any] = frames.decode) -> Any:
    """The decoder that is given text alone."""
    return decode(frame.decode().encode())


def whole(text: str, limit: int) -> str:
    """The cut that is forgotten."""
    return text


def as_it_came(text: str, _: str) -> str:
    """What Telex says, with what a terminal would obey."""
    return text


@pytest.mark.parametrize(
    ("kind", "module", "name", "defect"),
    [
        (Frames, frames, "decode", strictly),
        (Publications, wording, "cut", whole),
        (Answers, telex_api, "printable", as_it_came),
    ],
)
def test_a_planted_defect_is_found_kept_and_found_again_at_once(
    kind: type[Target],
    module: Any,
    name: str,
    defect: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patched, untimed(kind) as target:
        patched.setattr(module, name, defect)
        figures = Run(target, tmp_path, seed=1).run(SECONDS)
        assert figures.found is not None
        assert figures.file is not None and figures.file.exists()
        assert tell(figures, target.what)
        assert str(figures.file) in capsys.readouterr().out
        again = Run(target, tmp_path, seed=2).run(SECONDS)
        assert again.found is not None
        assert (again.file, again.kept, again.generated) == (figures.file, 1, 0)
    with untimed(kind) as target:
        assert Run(target, tmp_path, seed=1).replay().found is None, "it is mended, and still found"


def test_what_takes_too_long_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(frame: bytes) -> list[Any]:
        sum(range(300_000))
        return []

    monkeypatch.setattr(frames, "decode", slow)
    monkeypatch.setattr(Frames, "within", 0.001)
    with Frames() as target:
        figures = Run(target, tmp_path, seed=1).run(SECONDS)
    assert figures.found is not None
    assert "processor time" in str(figures.found.error)


def test_a_defect_behind_a_real_handshake_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's answer goes over a socket: the target sees what the client makes of it."""

    def receive(self: object, seconds: float) -> bytes:
        raise KeyError("a frame")

    monkeypatch.setattr("telex_start.push.websocket.WebSocket.receive", receive)
    with Handshakes() as target:
        figures = Run(target, tmp_path, seed=1).run(SECONDS)
    assert figures.found is not None
    assert isinstance(figures.found.error, KeyError)


def test_a_found_case_is_made_small(tmp_path: Path) -> None:
    class Picky(Target):
        """Does not like a 7."""

        name = "picky"
        what = "a test"
        cases = Frames.cases

        def run(self, case: Any) -> None:
            if "7" in json.dumps(case):
                raise ValueError("a 7")

    with Picky() as target:
        figures = Run(target, tmp_path, seed=1).run(SECONDS)
    assert figures.found is not None and figures.file is not None
    assert len(json.loads(figures.file.read_text())) == 1
    assert figures.file.stat().st_size < 40


def test_parts_are_bytes_of_bounded_length() -> None:
    assert joined(["a", ["bc", 2], "\udcff\ud83d"]) == b"abcbc\xff\xed\xa0\xbd"
    assert len(joined([["x", 10**30]])) == 1 << 20
    with pytest.raises(NoCase):
        joined([["x", -1], 7])


def test_smaller_values_are_smaller() -> None:
    case = {"a": [12, "xyz"], "b": None}
    found = list(smaller(case))
    assert {"a": [12, "xyz"]} in found
    assert {"a": ["xyz"], "b": None} in found
    assert {"a": [0, "xyz"], "b": None} in found
    assert all(len(json.dumps(less)) < len(json.dumps(case)) for less in found)
