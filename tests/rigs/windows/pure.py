"""The pure tests on Windows: those of ``tests/ground``, run by the Python that is there, none left out in silence.

A plugin of pytest (``-p tests.rigs.windows.pure``). Whatever cannot hold there stands in :data:`NOT_ON_WINDOWS`, with
the reason. The list is held to: each entry names a test that is there, and that fails on Windows or skips itself; and
no test skips itself that the list does not name."""

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

    def __init__(self, config: pytest.Config) -> None:
        self._chosen = bool(config.option.keyword or config.option.markexpr or any("::" in one for one in config.args))
        self._ran: set[str] = set()
        self._skipped: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What the list names must fail."""
        for item in items:
            if (reason := NOT_ON_WINDOWS.get(_name(item.nodeid))) is not None:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what ran."""
        self._ran.add(_name(report.nodeid))
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.add(_name(report.nodeid))

    def faults(self) -> list[str]:
        """What is wrong with the list."""
        files = {name.partition("::")[0] for name in self._ran}
        gone = {name for name in NOT_ON_WINDOWS.keys() - self._ran if name.partition("::")[0] in files}
        silent = sorted(self._skipped - NOT_ON_WINDOWS.keys())
        return [
            *(f"it skips itself, and tests/rigs/windows/pure.py does not say why: {name}" for name in silent),
            *(
                f"tests/rigs/windows/pure.py names a test that is not there: {name}"
                for name in (() if self._chosen else sorted(gone))
            ),
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is wrong with the list."""
        for fault in self.faults():
            terminalreporter.write_line(fault, red=True)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A list that has gone stale is a failure."""
        if session.exitstatus == pytest.ExitCode.OK and self.faults():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _name(nodeid: str) -> str:
    """File and function of a test."""
    return nodeid.partition("[")[0].replace("\\", "/").rpartition("/")[2]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Held(config))
