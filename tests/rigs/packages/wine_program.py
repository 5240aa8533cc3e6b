"""The program for Windows as its zip has it, under Wine: unzipped, run, and deleted again."""

from __future__ import annotations

import filecmp
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image
from Xlib import X

from telex_start import __version__
from telex_start.desktop.main_app import shortcut
from telex_start.setup.linux import SIZES
from tests.rigs.packages.windows_program import MENDED, PACKAGES, PROGRAMS, ZIP
from tests.rigs.windows.desktop import Desktop
from tests.rigs.windows.machine import MACHINE, Program, sandbox, windows_path
from tests.servers import Sandbox

PLACE = "Programme von Zoë"
"""The folder of drive C that it is unzipped into."""
PICTURES = Path(os.environ.get("TELEX_START_PICTURES") or "build/windows/pictures").resolve()
"""Where pictures of the screen go, to be looked at."""
_PARTS, _COLOURS = 6, 8
"""A sixth of the preferences' height always has letters, and with them more colours than that."""
TITLE = "Telex – Preferences"


class Installed(Desktop):
    """A machine that has the program, and runs it where the tests of ``tests/rigs/windows`` run a Python.

    Attributes:
        program: Which of the two is run.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.program = "telex-start.exe"
        # It finds its own modules without; and finds no Python.
        del self.environ["PYTHONPATH"]

    def __enter__(self) -> Installed:
        super().__enter__()
        shutil.rmtree(self.place, ignore_errors=True)
        with ZipFile(ZIP) as archive:
            archive.extractall(self.place)
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self.place, ignore_errors=True)

    @property
    def place(self) -> Path:
        """What it is unzipped into."""
        return self.drive / PLACE

    @property
    def folder(self) -> Path:
        """The program's folder."""
        return self.place / "telex-start"

    def mend(self) -> None:
        """Have it run under Wine: from here on its programs are those that mend Wine."""
        for program in PROGRAMS:
            shutil.copyfile(MENDED / program, self.folder / program)

    def command(self, *arguments: str) -> list[str]:
        assert arguments[:2] == ("-m", "telex_start")
        return self.command_of(f"C:\\{PLACE}\\telex-start\\{self.program}", *arguments[2:])

    def run(self, *options: str, telex: Sandbox | None = None) -> tuple[int, str]:
        """Run it to its end, for a Telex or for none; the exit code, and what it said."""
        with self.telex_start(*options, telex=telex) as running:
            code = running.ended()
            return code, "\n".join([*running.output, running.errors]).strip()

    def named(self, words: str) -> list[str]:
        """Windows that are to be seen, with these words in their title, which may have letters that are not Latin-1."""
        command = ["xdotool", "search", "--onlyvisible", "--name", words]
        return subprocess.run(command, env=self._x_environ(), capture_output=True, text=True).stdout.split()

    def has_the_keyboard(self, window: str) -> bool:
        """Whether a window of :meth:`named` has it."""
        command = ["xdotool", "getwindowfocus"]
        return subprocess.run(command, env=self._x_environ(), capture_output=True, text=True).stdout.strip() == window

    def is_drawn(self, window: int) -> bool:
        """Whether letters or boxes are in each part of a window, from its top to its bottom: it is black first, of one
        colour then, and its buttons are drawn before the rest."""
        found = self._screen.create_resource_object("window", window)
        box = found.get_geometry()
        data = found.get_image(0, 0, box.width, box.height, X.ZPixmap, 0xFFFFFFFF).data
        picture = Image.frombytes("RGB", (box.width, box.height), data, "raw", "BGRX")
        edges = [box.height * part // _PARTS for part in range(_PARTS + 1)]
        parts = (picture.crop((0, top, box.width, bottom)) for top, bottom in itertools.pairwise(edges))
        return all(len(part.getcolors(part.width * part.height) or []) > _COLOURS for part in parts)

    def program_of(self, window: int) -> list[str]:
        """The command line of the process that a window is of."""
        found = self._screen.create_resource_object("window", window)
        [process] = found.get_full_property(self._screen.intern_atom("_NET_WM_PID"), X.AnyPropertyType).value
        return (Path("/proc") / str(process) / "cmdline").read_bytes().decode().split("\0")

    def files(self) -> set[str]:
        """All files in the person's folders that have the program's name, or are in folders that have it."""
        roots = (self.local, self.roaming)
        found = {
            file.relative_to(root.parent).as_posix() for root in roots for file in root.rglob("*") if file.is_file()
        }
        return {file for file in found if "telex" in file.lower()}


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Installed(tmp_path) as machine:
        yield machine


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    """Nothing in it is unread."""
    with sandbox("--organisations", "1") as started:
        yield started


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a figure, also where the test passes."""

    def to_be_read(figure: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {figure}")

    return to_be_read


def signing_in(telex: Sandbox) -> tuple[str, ...]:
    return ("--email", telex.email, "--password-stdin")


def memory(machine: Installed) -> float:
    """Megabytes of memory that only the running program has, as Linux sees it: the largest of its processes."""
    most = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if machine.program.encode() in (folder / "cmdline").read_bytes():
                text = (folder / "smaps_rollup").read_text()
                private = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_"))
                most = max(most, private / 1024)
        except OSError:
            continue
    return most


# --- what is in the zip -----------------------------------------------------------------------------------------------


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
    both = filecmp.dircmp(installed.folder, MENDED)
    different = []

    def compare(of: filecmp.dircmp[str]) -> None:
        assert not of.left_only and not of.right_only
        different.extend(of.diff_files)
        for below in of.subdirs.values():
            compare(below)

    compare(both)
    assert sorted(different) == sorted(PROGRAMS), "what is tried here is not what is in the zip"


def test_it_says_its_version_and_what_works(installed: Installed, say: Callable[[str], None]) -> None:
    for program in PROGRAMS:  # of the zip itself: no mend of Wine is needed for it
        installed.program = program
        began = time.monotonic()
        assert installed.run("--version") == (0, f"telex-start {__version__}")
        say(f"{program} --version in {time.monotonic() - began:.2f} s")
    installed.mend()
    installed.program = "telex-start.exe"
    _, words = installed.run("doctor")
    for finding in ("Python", "packages", "login window", "tray", "toasts", "lock", "log"):
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
kinds = {kind.id: kind.directory.entries for kind in read.DIRECTORY_ENTRY_RESOURCE.entries}
sizes = []
for entry in kinds[icon]:
    data = entry.directory.entries[0].data.struct
    picture = read.get_data(data.OffsetToData, data.Size)
    assert picture.startswith(b"\\x89PNG")
    sizes.append(int.from_bytes(picture[16:20], "big"))
print(json.dumps([words, len(kinds[group]), sorted(sizes), read.OPTIONAL_HEADER.Subsystem]))
"""


@pytest.mark.parametrize(("program", "subsystem"), [("telex-start.exe", 3), ("telex-startw.exe", 2)])
def test_each_program_has_its_icon_version_and_console(installed: Installed, program: str, subsystem: int) -> None:
    command = [sys.executable, "-c", RESOURCES, str(installed.folder / program)]
    environ = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    words, groups, sizes, found = json.loads(subprocess.check_output(command, env=environ))
    assert (words["ProductVersion"], words["FileDescription"]) == (__version__, "Telex Start")
    assert words["OriginalFilename"] == program
    assert (groups, sizes) == (1, list(SIZES))
    assert found == subsystem


# --- run under Wine ---------------------------------------------------------------------------------------------------


def test_headless_with_json(installed: Installed, telex: Sandbox) -> None:
    installed.mend()
    options = ("--headless", "--json", *signing_in(telex))
    with installed.telex_start(*options, telex=telex, given=telex.password + "\n") as agent:
        agent.event("state", state="online", subscribed=1)
        telex.message(organisation=0, name="Ελληνικά 漢字")
        assert agent.event("notification")["title"].startswith("Ελληνικά 漢字")
        assert agent.exit() == "Telex Start has ended."
        assert agent.ended() == 0


def online(installed: Installed, telex: Sandbox) -> Program:
    """The program without a console, which signs in."""
    installed.mend()
    installed.program = "telex-startw.exe"
    return installed.telex_start(*signing_in(telex), telex=telex, given=telex.password + "\n")


def test_icon_toast_badge_and_menu(installed: Installed, telex: Sandbox, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    with online(installed, telex) as agent:
        installed.wait_for(installed.icons, "the icon")
        say(f"icon after {time.monotonic() - began:.2f} s")
        agent.logs("session.state: online")
        say(f"online, {memory(installed):.0f} MB of its own")
        before = installed.popups()
        telex.message(organisation=0, name="General")
        installed.wait_for(lambda: set(installed.popups()) - set(before), "the toast")
        installed.wait_for(installed.badge, "the badge")
        installed.picture(PICTURES / "toast.png")
        menu = installed.open_menu()
        installed.picture(PICTURES / "menu.png")
        installed.xdotool("mousemove", "300", "300", "click", "1")
        installed.wait_gone(menu)
        installed.choose_last(installed.open_menu())  # Exit
        assert agent.ended() == 0


def test_the_preferences_in_a_process_of_their_own(installed: Installed, telex: Sandbox) -> None:
    file = installed.configuration("")

    def ask() -> int:
        """Have them opened, or brought forward; their window, once it has the keyboard and all its letters."""
        assert installed.run("preferences", telex=telex) == (0, "")
        [window] = installed.wait_for(lambda: installed.titled(TITLE), "the window")
        installed.wait_for(lambda: installed.active_title() == TITLE, "its focus")
        installed.wait_for(lambda: installed.is_drawn(window), "what is in it")
        return int(window)

    def gone() -> None:
        installed.wait_for(lambda: not installed.titled(TITLE), "its end")

    with online(installed, telex) as agent:
        installed.wait_for(installed.icons, "the icon")
        agent.logs("session.state: online")
        window = ask()
        installed.picture(PICTURES / "preferences.png")
        assert installed.program_of(window)[1:5] == ["-m", "telex_start", "preferences", "--child"]
        assert ask() == window
        installed.xdotool("key", "alt+w")  # Show what was written
        installed.xdotool("key", "Return")
        gone()
        agent.logs("the configuration was read anew: show_text")
        assert tomllib.loads(file.read_text()) == {"show_text": False}
        ask()
        assert "window preferences" not in agent.log(), "it said what is no JSON"
        assert agent.exit() == "Telex Start has ended."
        assert agent.ended() == 0
        gone()


def test_the_login_window(installed: Installed, telex: Sandbox) -> None:
    installed.mend()
    installed.program = "telex-startw.exe"
    with installed.telex_start("--login", telex=telex) as agent:
        installed.wait_for(lambda: installed.named("Sign in"), "the login window")
        [window] = installed.named("Sign in")
        installed.wait_for(lambda: installed.has_the_keyboard(window), "the keyboard")
        # By then the window manager knows it, Tk perhaps not yet: a click comes to Tk before the letters do.
        installed.xdotool("mousemove", "--window", window, "150", "120", "click", "1")
        installed.xdotool("type", "--delay", "30", telex.email)
        installed.xdotool("key", "Tab")
        installed.xdotool("type", "--delay", "30", telex.password)
        installed.picture(PICTURES / "login.png")
        installed.xdotool("key", "Return")
        agent.logs("session.state: online")
        assert agent.exit() == "Telex Start has ended."
        assert agent.ended() == 0


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
    assert installed.files() <= {"Local/telex-start/Logs/telex-start.log"}


INHERITED = """
import ctypes, os
text = ctypes.create_unicode_buffer(1000)
ctypes.windll.kernel32.GetDllDirectoryW(len(text), text)
with open(r"C:\\inherited", "w") as file:
    print("DLLs:", text.value, *os.environ, sep="\\n", file=file)
"""


def test_what_is_started_from_it_inherits_nothing(installed: Installed, telex: Sandbox) -> None:
    """The Telex client had PyInstaller's variables and looked for its libraries in our folder."""
    said, script, client = (installed.drive / name for name in ("inherited", "client.py", "telex client.cmd"))
    said.unlink(missing_ok=True)
    script.write_text(INHERITED)
    client.write_text(f"@{windows_path(MACHINE)}\\python\\python.exe C:\\client.py\r\n")
    installed.environ["TELEX_START_MAIN_APP_COMMAND"] = r"C:\telex client.cmd"
    with online(installed, telex) as agent:
        installed.wait_for(installed.icons, "the icon")
        agent.logs("session.state: online")
        [(x, y)] = installed.icons()
        installed.xdotool("mousemove", str(x), str(y - 7), "click", "1")
        installed.wait_for(lambda: said.exists() and said.read_text().endswith("\n"), "the client")
        assert agent.exit() == "Telex Start has ended."
    _, libraries, *names = said.read_text().splitlines()
    assert libraries == ""
    assert "APPDATA" in names
    assert not [name for name in names if name.startswith(("_PYI", "_MEI", "TCL_", "TK_"))]


def test_what_stays_where_its_folder_is_deleted(
    installed: Installed, telex: Sandbox, say: Callable[[str], None]
) -> None:
    before = set(installed.local.rglob("*")) | set(installed.roaming.rglob("*"))
    with online(installed, telex) as agent:
        installed.wait_for(installed.icons, "the icon")
        agent.logs("session.state: online")
        assert agent.exit() == "Telex Start has ended."
        assert agent.ended() == 0
    shutil.rmtree(installed.folder)
    assert not list(installed.place.iterdir())
    after = set(installed.local.rglob("*")) | set(installed.roaming.rglob("*"))
    stays = {path.relative_to(installed.local.parent).as_posix() for path in after - before if path.is_file()}
    say(f"stays: {', '.join(sorted(stays))}")
    assert all(name.startswith(("Local/telex-start/", "Roaming/telex-start/")) for name in stays)
