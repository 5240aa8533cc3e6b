"""Little is imported between exec and the icon: that makes the start quick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.fake_desktop import FakePanel, PrivateBus
from tests.process import ROOT

PROBE = """
import os, sys
bare = set(sys.modules)
from telex_start.__main__ import main
from telex_start.desktop.statusnotifier.item import StatusNotifierItem
wait = StatusNotifierItem.wait

def wait_and_tell(self, seconds):
    taken = wait(self, seconds)
    print(taken, *sorted(set(sys.modules) - bare), flush=True)
    os._exit(0)

StatusNotifierItem.wait = wait_and_tell
main([])
"""
"""Runs the agent up to the icon's registration, and tells the modules that were imported by then."""

LATER = {
    *("logging", "dataclasses", "asyncio", "json", "ssl", "http", "email", "subprocess", "argparse", "tomllib"),
    *("http.client", "requests", "urllib3", "websocket", "truststore", "platformdirs", "psutil"),
    *("PIL", "tkinter", "plyer", "gi", "Xlib", "pystray", "six", "inspect"),
    *("telex_start.events", "telex_start.news", "telex_start.session", "telex_start.push", "telex_start.net"),
    *("telex_start.app", "telex_start.console", "telex_start.doctor", "telex_start.sandbox"),
    *("telex_start.command_line", "telex_start.process.logs", "telex_start.desktop.icons"),
}
"""What comes while a person looks at the icon, or never."""
MOST_OF_OURS = 31
"""So many modules of the project, packages with them, stand before the icon."""


def test_nothing_that_can_wait_is_imported_before_the_icon(tmp_path: Path) -> None:
    with PrivateBus() as bus, FakePanel(bus):
        folders = dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(tmp_path))
        # No coverage of this process: coverage would import modules that this test forbids.
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("TELEX_", "COVERAGE_"))}
        environ |= {**bus.environ, **folders, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        # The first start draws the icon, once and for all.
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", PROBE], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=50
            )
    assert done.returncode == 0, done.stderr
    taken, *imported = done.stdout.split()
    assert taken == "True", "the icon was not registered"
    assert "telex_start.desktop.statusnotifier.item" in imported
    assert [name for name in imported if name in LATER or name.partition(".")[0] in LATER] == []
    assert len([name for name in imported if name.partition(".")[0] == "telex_start"]) <= MOST_OF_OURS, imported
