"""A package is installed over a running agent: its files are replaced, and the agent goes on with what it has.

The agent loads modules late, starts windows and the icon's painter by name, and finds another version of them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent import Program
from tests.ground.desk import change
from tests.process import ROOT, TIMEOUT, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

BEFORE = "1dce38d"
"""The last commit of the structure of 0.2.0."""


class Installed:
    """An earlier version of the program, which runs, and this one, which is installed over it."""

    def __init__(self, folder: Path, desktop: RealDesktop, telex: Sandbox) -> None:
        self.folder, self.desktop, self.telex = folder, desktop, telex
        self.package = folder / "lib" / "telex_start"
        self.package.parent.mkdir()
        archive = subprocess.run(["git", "archive", BEFORE, "telex_start"], cwd=ROOT, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", self.package.parent], input=archive.stdout, check=True)
        self.environ = {**desktop.environ, **telex.environ, "PYTHONPATH": str(self.package.parent)}
        self.environ["XDG_RUNTIME_DIR"] = str(folder / "run")

    def start(self, *options: str, given: str | None = None) -> Program:
        command = [sys.executable, "-m", "telex_start"]
        return Program(self.folder, *options, environ=self.environ, given=given, command=command, cwd=self.folder)

    def update(self) -> None:
        shutil.rmtree(self.package)
        shutil.copytree(ROOT / "telex_start", self.package, ignore=shutil.ignore_patterns("__pycache__"))


def waits(pid: int) -> bool:
    """Whether an agent has started: its three threads wait without an end (in futex and poll, on x86_64)."""
    calls = [task.joinpath("syscall").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
    ends = {"202": (4, "0x0"), "7": (3, "0xffffffff")}
    return len(calls) == 3 and all(call[0] in ends and call[ends[call[0]][0]] == ends[call[0]][1] for call in calls)


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    if subprocess.run(["git", "cat-file", "-e", f"{BEFORE}^{{commit}}"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip(f"this checkout has no history back to {BEFORE}")
    with RealDesktop("xfce4-panel") as desktop, Sandbox() as telex:
        yield Installed(tmp_path, desktop, telex)


def test_who_is_signed_in_stays_so_and_has_icon_toasts_and_windows(installed: Installed) -> None:
    desktop, telex = installed.desktop, installed.telex
    with installed.start("--email", telex.email, "--password-stdin", given=f"{telex.password}\n") as agent:
        item = desktop.wait_for_item()
        until(lambda: item.labels()[0] == "Online: 3 organisations", "it is signed in")
        telex.wait_until(lambda _: len(telex.calls("fetch-bots")) >= 3, timeout=30.0)  # what was unread before
        before = item.property("IconPixmap")
        installed.update()
        telex.publish(0, change("ops", 2))
        until(lambda: item.labels()[0] == "Online: 3 organisations, 2 unread", "it counts")
        until(lambda: item.property("IconPixmap") != before, "the icon says so")
        item.click("Preferences…")
        desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "Preferences")
    assert "Traceback" not in agent.log()


def test_who_is_not_is_told_to_start_it_anew(installed: Installed) -> None:
    with installed.start() as agent:
        installed.desktop.wait_for_item()
        until(lambda: waits(agent.process.pid), "it has started")
        installed.update()
        with installed.start("--login") as asking:
            assert asking.process.wait(TIMEOUT) == 0
        until(lambda: "Telex Start was updated: Exit Telex Start and start it again" in agent.log(), "it is said")
    assert "Traceback" not in agent.log()
