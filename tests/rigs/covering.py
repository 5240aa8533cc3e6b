"""A pytest plugin for :mod:`.breaks`: tells coverage which test is running, and records how long each test takes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from coverage import Coverage


class _Times:
    """Writes a line for each test when it begins, and one with its seconds when it has passed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        self._times: dict[str, float | None] = {}

    def _write(self, test: str, seconds: str) -> None:
        self._file.write(f"{test}\t{seconds}\n")
        self._file.flush()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._write(nodeid, "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seconds = 0.0 if report.when == "setup" else self._times.get(report.nodeid)
        self._times[report.nodeid] = None if report.failed or seconds is None else seconds + report.duration

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        if (seconds := self._times.pop(nodeid, None)) is not None:
            self._write(nodeid, f"{seconds:.4f}")


def read_times(path: Path) -> dict[str, float | None]:
    """The seconds of each test that began; ``None`` if it did not pass."""
    lines = (line.rsplit("\t", 1) for line in path.read_text().splitlines())
    return {test: float(seconds) if seconds else None for test, seconds in lines}


def pytest_configure(config: pytest.Config) -> None:
    """Make Hypothesis try the same examples each time, without a search for the smallest one that fails."""
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("breaks", deadline=None, derandomize=True, database=None, phases=phases)
    hypothesis.settings.load_profile("breaks")
    if (times := os.environ.get("BREAKS_TIMES")) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Times(Path(times)))
    if "COVERAGE_PROCESS_START" in os.environ:
        _measure_all_processes()


def _measure_all_processes() -> None:
    """Measure also processes that a test starts with an environment of their own."""
    popen: Any = subprocess.Popen
    begin = popen.__init__

    def init(process: subprocess.Popen[Any], *words: Any, env: Any = None, **options: Any) -> None:
        if env is not None:
            env = {**env, **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}}
        begin(process, *words, env=env, **options)

    popen.__init__ = init


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Switch to this test. A process that its fixtures start may also serve other tests of its file."""
    if current := Coverage.current():
        current.switch_context(item.nodeid)
    os.environ["COVERAGE_TEST"] = f"{item.nodeid} (setup)"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Processes that start from here on belong to this test alone."""
    os.environ["COVERAGE_TEST"] = item.nodeid
