"""A pytest plugin for running the pure tests (``tests/ground``) on Windows, so that none is left out in silence.

Use it by ``-p tests.rigs.windows.pure``. :data:`NOT_ON_WINDOWS` names each test that cannot pass there, and why. The
list is enforced: each test in it must fail on Windows or skip itself, and no other test may skip itself."""

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
"""The tests that cannot pass on Windows, by file and function, and why."""


class _Held:
    """Compares the list with what the tests do, by their reports: these also come from tests in other processes."""

    def __init__(self) -> None:
        self._skipped: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark each test in the list: it must fail."""
        for item in items:
            if (reason := NOT_ON_WINDOWS.get(_name(item.nodeid))) is not None:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that skips itself and is not in the list."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped |= {_name(report.nodeid)} - NOT_ON_WINDOWS.keys()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the tests noted."""
        for name in sorted(self._skipped):
            terminalreporter.write_line(f"it skips itself, and tests/rigs/windows/pure.py does not say why: {name}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run if there are any."""
        if session.exitstatus == pytest.ExitCode.OK and self._skipped:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _name(nodeid: str) -> str:
    """The file and function of a test."""
    return nodeid.partition("[")[0].replace("\\", "/").rpartition("/")[2]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Held())
