"""What was ever found stays mended; and the fuzzing itself finds what is put there for it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telex_start.news import wording
from telex_start.push import frames
from telex_start.push.websocket import WebSocket
from telex_start.session import telex_api

from .__main__ import CORPUS, TARGETS, Run, tell
from .target import Target

SECONDS = 60.0
"""In which a planted defect must be found; it takes a few."""


def untimed(kind: type[Target]) -> Target:
    """The target without its bound on processor time, which a busy machine stretches."""
    target = kind()
    target.within = 30.0  # type: ignore[misc]
    return target


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_before_stays_mended_and_nothing_is_left_behind(name: str, tmp_path: Path) -> None:
    before = (threading.active_count(), os.listdir("/proc/self/fd"))
    shutil.copytree(CORPUS / name, tmp_path / name)
    with untimed(TARGETS[name]) as target:
        figures = Run(target, tmp_path, seed=7).run(1.0)
    assert figures.error is None, figures
    assert figures.kept >= 8
    assert (threading.active_count(), os.listdir("/proc/self/fd")) == before


def strictly(frame: bytes, decode: Callable[[bytes], Any] = frames.decode) -> Any:
    """The decoder that is given text alone."""
    return decode(frame.decode().encode())


def never(self: object, seconds: float) -> bytes:
    """The client that does not expect what comes."""
    raise KeyError("a frame")


@pytest.mark.parametrize(
    ("name", "seed", "where", "what", "defect"),
    [
        ("push", "a-day-that-goes-well", frames, "decode", strictly),
        ("publications", "a-day", wording, "cut", lambda text, limit: text),
        # What Telex says, with what a terminal would obey.
        ("answers", "wrong-password", telex_api, "printable", lambda text, _: text),
        ("connections", "handshake-well", WebSocket, "receive", never),
    ],
)
def test_a_planted_defect_is_found_kept_and_found_again_at_once(
    name: str,
    seed: str,
    where: Any,
    what: str,
    defect: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kind = TARGETS[name]
    (tmp_path / name).mkdir()
    shutil.copy(CORPUS / name / f"{seed}.json", tmp_path / name)
    with monkeypatch.context() as patched, untimed(kind) as target:
        patched.setattr(where, what, defect)
        figures = Run(target, tmp_path, seed=1).run(SECONDS)
        assert tell(figures, kind)
        assert figures.file is not None and str(figures.file) in capsys.readouterr().out
        again = Run(target, tmp_path, seed=2).run(SECONDS)
        assert (again.file, again.new) == (figures.file, 0)
    with untimed(kind) as target:
        assert Run(target, tmp_path, seed=1).run(0.0).error is None, "it is mended, and still found"


def test_what_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TARGETS["push"], "within", 0.0)
    with TARGETS["push"]() as target:
        assert "processor time" in str(Run(target, CORPUS, seed=1).run(0.0).error)
