"""Tests the zip of the program for Windows under Wine: unzips it, runs the program, and deletes it again."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from zipfile import ZipFile

import pytest
from Xlib import X

from telex_start import __version__
from telex_start.desktop.main_app import shortcut
from telex_start.setup.linux import SIZES
from tests.rigs.packages.windows_program import MENDED, PACKAGES, PROGRAMS, ZIP
from tests.rigs.windows.desktop import Desktop
from tests.rigs.windows.machine import Program, sandbox
from tests.servers import Sandbox

PLACE = "Programme von Zoë"
"""The folder on drive C that it is unzipped into."""
PREFERENCES = "Telex – Preferences"
EXIT = -1
"""The index of the menu's line Exit."""


class Installed(Desktop):
    """The Windows machine with the program installed: commands of ``telex-start`` run it, and not a Python.

    Attributes:
        program: The name of the program to run, one of the two.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.program = "telex-start.exe"
        # The program must find its own modules without this, and no Python.
        del self.environ["PYTHONPATH"]

    def __enter__(self) -> Self:
        super().__enter__()
        self.place = self.drive / PLACE
        self.folder = self.place / "telex-start"
        shutil.rmtree(self.place, ignore_errors=True)
        with ZipFile(ZIP) as archive:
            archive.extractall(self.place)
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self.place, ignore_errors=True)

    def mend(self, program: str = "telex-start.exe") -> None:
        """Replace both programs by those with the mends for Wine, and run ``program`` from here on."""
        for name in PROGRAMS:
            shutil.copyfile(MENDED / name, self.folder / name)
        self.program = program

    @contextmanager
    def online(self, telex: Sandbox) -> Iterator[Program]:
        self.mend("telex-startw.exe")
        with super().online(telex) as agent:
            yield agent

    def command(self, *arguments: str) -> list[str]:
        if arguments[:2] != ("-m", "telex_start"):
            return super().command(*arguments)
        return self.command_of(f"C:\\{PLACE}\\telex-start\\{self.program}", *arguments[2:])

    def run(self, *options: str, telex: Sandbox | None = None) -> tuple[int, str]:
        """Run the program to its end, with or without a sandbox; gives the exit code and its output."""
        code, output, errors = self.says(*options, telex=telex)
        return code, "\n".join([*output, errors]).strip()

    def program_of(self, window: int) -> list[str]:
        """The command line of the process that owns a window."""
        found = self._screen.create_resource_object("window", window)
        [process] = found.get_full_property(self._screen.intern_atom("_NET_WM_PID"), X.AnyPropertyType).value
        return (Path("/proc") / str(process) / "cmdline").read_bytes().decode().split("\0")

    def files(self) -> set[str]:
        """All files in the person's two folders for application data."""
        roots = (self.local, self.roaming)
        return {
            file.relative_to(root.parent).as_posix() for root in roots for file in root.rglob("*") if file.is_file()
        }


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    with Installed(tmp_path) as machine:
        yield machine


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    """A sandbox in which nothing is unread."""
    with sandbox("--organisations", "1") as started:
        yield started


# What is in the zip.


def test_the_zip_has_one_folder_of_one_time_and_nothing_of_wine_or_of_tests(installed: Installed) -> None:
    with ZipFile(ZIP) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert {name.partition("/")[0] for name in names} == {"telex-start"}
    assert len({entry.date_time for entry in entries}) == 1
    for name in ("telex-start.exe", "telex-startw.exe", "LICENSE.txt", "README.txt", "licences/pystray/COPYING"):
        assert f"telex-start/{name}" in names
    for program in PROGRAMS:
        text = (installed.folder / program).read_bytes()
        for word in (b"sitecustomize", b"telex_start.sandbox", b"unittest", b"setuptools"):
            assert word not in text, f"{word!r} is in {program}"
        assert b"telex_start.news.notifier" in text, "names are to be read in it"
    files = {file.relative_to(installed.folder) for file in installed.folder.rglob("*") if file.is_file()}
    assert files == {file.relative_to(MENDED) for file in MENDED.rglob("*") if file.is_file()}
    _, different, _ = filecmp.cmpfiles(installed.folder, MENDED, files, shallow=False)
    assert {str(file) for file in different} == {*PROGRAMS}, "what is tried here is not what is in the zip"


def test_it_says_its_version_and_what_works(installed: Installed) -> None:
    for installed.program in PROGRAMS:  # of the zip itself: no mend of Wine is needed for it
        assert installed.run("--version") == (0, f"telex-start {__version__}")
    installed.mend()
    _, words = installed.run("doctor")
    for finding in ("Python", "packages", "login window", "keyring", "tray", "toasts", "lock", "log"):
        [line] = [line for line in words.splitlines() if line[9:].startswith(f"{finding} ")]
        assert line.startswith("ok"), line
    assert f"C:\\{PLACE}\\telex-start\\telex-start.exe" in words
    assert installed.run("completions", "bash")[1].endswith(" telex-start")
    code, words = installed.run("sandbox")
    assert (code, "comes without the sandbox" in words, "Traceback" in words) == (2, True, False)


RESOURCES = """
import json, pefile, sys
read = pefile.PE(sys.argv[1])
words = {
    key.decode(): value.decode()
    for table in read.FileInfo[0] if table.Key == b"StringFileInfo"
    for strings in table.StringTable
    for key, value in strings.entries.items()
}
icon, group = 3, 14
kinds = {kind.id: len(kind.directory.entries) for kind in read.DIRECTORY_ENTRY_RESOURCE.entries}
print(json.dumps([words, kinds[group], kinds[icon], read.OPTIONAL_HEADER.Subsystem]))
"""


def test_each_program_has_its_icon_version_and_console(installed: Installed) -> None:
    for program, subsystem in zip(PROGRAMS, (3, 2), strict=True):
        command = [sys.executable, "-c", RESOURCES, str(installed.folder / program)]
        environ = {**os.environ, "PYTHONPATH": str(PACKAGES)}
        words, groups, icons, found = json.loads(subprocess.check_output(command, env=environ))
        assert (words["ProductVersion"], words["FileDescription"]) == (__version__, "Telex Start")
        assert words["OriginalFilename"] == program
        assert (groups, icons, found) == (1, len(SIZES), subsystem)


# Run under Wine.


def test_headless_with_json(installed: Installed, telex: Sandbox) -> None:
    installed.mend()
    with installed.agent(telex, "--headless", "--json") as agent:
        agent.event("state", state="online", subscribed=1)
        telex.message(organisation=0, name="Ελληνικά 漢字")
        assert agent.event("notification")["title"].startswith("Ελληνικά 漢字")
        agent.leave()


def test_icon_toast_badge_menu_and_what_stays_where_its_folder_is_deleted(installed: Installed, telex: Sandbox) -> None:
    files = installed.files()
    with installed.online(telex) as agent:
        before = installed.popups()
        telex.message(organisation=0, name="General")
        installed.wait_for(lambda: set(installed.popups()) - set(before), "the toast")
        installed.wait_for(installed.badge, "the badge")
        installed.choose(installed.open_menu(), EXIT)
        assert agent.ended() == 0
    shutil.rmtree(installed.folder)
    assert not list(installed.place.iterdir())
    assert all(file.startswith(("Local/telex-start/", "Roaming/telex-start/")) for file in installed.files() - files)


def test_the_windows_are_processes_of_their_own(installed: Installed, telex: Sandbox) -> None:
    file = installed.configuration("")
    installed.mend("telex-startw.exe")
    with installed.telex_start("--login", telex=telex) as agent:
        installed.wait_for(lambda: "Sign in" in installed.active_title(), "the login window's focus")
        # By then the window manager knows it, Tk perhaps not yet: a click comes to Tk before the letters do.
        command = ("search", "--onlyvisible", "--name", "Sign in", "mousemove", "--window", "%1", "150", "120")
        installed.xdotool(*command, "click", "1")
        for text, key in ((telex.email, "Tab"), (telex.password, "Return")):
            installed.xdotool("type", "--delay", "30", text)
            installed.xdotool("key", key)
        agent.logs("session.state: online")
        assert installed.run("preferences", telex=telex) == (0, "")
        installed.wait_for(lambda: installed.active_title() == PREFERENCES, "its focus")
        [window] = installed.titled(PREFERENCES)
        assert installed.program_of(window)[1:5] == ["-m", "telex_start", "preferences", "--child"]
        installed.xdotool("key", "alt+w")  # Show what was written
        installed.xdotool("key", "Return")
        agent.logs("the configuration was read anew: show_text")
        assert tomllib.loads(file.read_text()) == {"show_text": False}
        assert "window preferences" not in agent.log(), "it said what is no JSON"
        agent.leave()


def test_log_in_and_start_menu_start_the_program_without_a_console(installed: Installed) -> None:
    for switch in ("integrate", "autostart"):
        assert installed.run(switch, "off")[0] == 0, "whatever a run that failed has left"
    command = ["reg", "query", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"]

    def run_key() -> str:
        return subprocess.run(
            installed.command_of(*command), env=installed.environ, capture_output=True, stdin=subprocess.DEVNULL
        ).stdout.decode(errors="replace")

    assert installed.run("autostart", "on")[0] == 0
    assert "telex-startw.exe" in run_key() and "--at-login" in run_key() and " -m " not in run_key()
    menu = installed.roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Telex Start.lnk"
    [target] = shortcut.targets(menu.read_bytes(), r"C:\Telex Start.lnk", {}, "cp1252")[:1]
    assert target == f"C:\\{PLACE}\\telex-start\\telex-startw.exe"
    assert installed.run("autostart", "off")[0] == 0
    assert "telex" not in run_key()
    assert not menu.exists()
    assert {file for file in installed.files() if "telex" in file.lower()} <= {"Local/telex-start/Logs/telex-start.log"}
