"""Each fuzz target still copes with all inputs kept from earlier runs, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from .__main__ import CORPUS, TARGETS, Run


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_before_stays_mended_and_nothing_is_left_behind(name: str, tmp_path: Path) -> None:
    before = (threading.active_count(), os.listdir("/proc/self/fd"))
    shutil.copytree(CORPUS / name, tmp_path / name)
    with TARGETS[name]() as target:
        target.within = 30.0  # type: ignore[misc] # a busy machine stretches what a case takes
        run = Run(target, tmp_path, seed=7)
        assert not run.run(1.0)
    assert run.tried > len(list((CORPUS / name).iterdir())) >= 8
    assert (threading.active_count(), os.listdir("/proc/self/fd")) == before
