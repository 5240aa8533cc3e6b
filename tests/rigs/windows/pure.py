"""The pure tests on Windows: those of ``tests/ground``, run by the Python that is there, none left out in silence.

A plugin of pytest (``-p tests.rigs.windows.pure``). Whatever cannot hold there stands in :data:`NOT_ON_WINDOWS`, with
the reason. The list is held to: each test that it names fails on Windows or skips itself, and no other skips itself."""

from __future__ import annotations

import pytest

_MODES = "a file's mode says nothing there: who may read it is inherited from the person's own folder"

NOT_ON_WINDOWS = {
    "test_clock.py::test_on_linux_the_clock_counts_sleep": "it asks a clock of Linux",
    "test_credentials.py::test_one_that_others_can_read_is_refused": f"there is no systemd, and {_MODES}",
    "test_main.py::test_an_agent_whose_address_was_changed_in_the_file_is_found": "Wine lists no pipes",
    "test_state_file.py::test_a_file_that_cannot_be_read_just_now_stays_and_counts_once_it_can": "it has Linux say EIO",
    "test_state_file.py::test_it_is_this_users_alone_and_leaves_no_draft": _MODES,
}
"""What cannot hold on Windows, by file and function, and why."""


class _Held:
    """Holds the list to what the tests do. All is learnt from reports, which tests in other processes send too."""

    def __init__(self) -> None:
        self._skipped: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What the list names must fail."""
        for item in items:
            if (reason := NOT_ON_WINDOWS.get(_name(item.nodeid))) is not None:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what skips itself without being named."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped |= {_name(report.nodeid)} - NOT_ON_WINDOWS.keys()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which those are."""
        for name in sorted(self._skipped):
            terminalreporter.write_line(f"it skips itself, and tests/rigs/windows/pure.py does not say why: {name}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """They are a failure."""
        if session.exitstatus == pytest.ExitCode.OK and self._skipped:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _name(nodeid: str) -> str:
    """File and function of a test."""
    return nodeid.partition("[")[0].replace("\\", "/").rpartition("/")[2]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Held())
