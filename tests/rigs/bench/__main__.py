"""``make bench``: runs the :data:`SECTIONS` of measurements, on a real panel, with the sandbox over TLS.

Name sections to run only those: ``make bench ARGS="starts idle"``. ``IDLE=10`` shortens the idle minute,
``MESSAGES=20`` the latency runs, ``ROUNDS=1`` the comparisons with the original. As root it runs in namespaces of its
own, so that no other program shares its displays, ports and bus.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.agent import Program, cpu_clock, read, tree
from tests.fake_desktop import FakeNotificationDaemon
from tests.ground.desk import change
from tests.process import end, quietly, until
from tests.real_desktop import RealDesktop
from tests.real_keyring import RealKeyring
from tests.servers import Sandbox

from .measuring import AGENT, IDLE, MESSAGES, PYTHON, ROUNDS, Corner, Table, agent, environment, percentiles
from .original import CONCEDED, PORTS, Missing, build, installed_megabytes, original

Running = tuple[RealDesktop, Sandbox, int]
SOON = 2.0
"""Seconds between two pushes in quick succession."""
_SETTLE = 1.5
"""Seconds after the icon's appearance in which the rest of a start is done."""
_PRIVATE = Path(PYTHON).with_name("python-of-its-own")
"""A copy of the interpreter, whose pages no other Python on this machine shares."""
AT_ONCE = 1000
"""Pushes of a flood, in one second and each in a frame of its own."""
_FEW = max(1, ROUNDS // 3)


def program() -> Path | None:
    """The original's program; or ``None``, after printing what is lacking for it."""
    try:
        return build()
    except Missing as lacking:
        print(f"the C++ original is left out: {lacking}", flush=True)
        return None


@contextmanager
def _ours(folder: str, command: list[str] = AGENT, by_window: bool = False) -> Iterator[Running]:
    """A desktop, a sandbox and our agent, signed in, with an empty home folder before."""
    with ExitStack() as stack:
        desktop, telex = stack.enter_context(RealDesktop("xfce4-panel")), stack.enter_context(_telex())
        home = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
        yield desktop, telex, stack.enter_context(agent(desktop, telex, home, command, by_window=by_window))


@contextmanager
def _theirs(program: Path) -> Iterator[Running]:
    """A desktop, a sandbox and the original, signed in; without dunst, as it shows its toasts in windows of its own."""
    with (
        RealDesktop("xfce4-panel", dunst=False) as desktop,
        _telex() as telex,
        original(desktop, telex, program) as pid,
    ):
        yield desktop, telex, pid


def _telex() -> Sandbox:
    return Sandbox("--port", str(PORTS[0]), "--push-port", str(PORTS[1]), *CONCEDED)


# Starts.


_AT_LOGIN = "--at-login"
_KINDS = (
    ("warm", "exec -> icon", 0.9),
    (_AT_LOGIN, "  as the desktop starts it, --at-login", 0.9),
    ("first", "  the very first start, nothing of its own on the disk", 0.9),
    ("cold", "  with a cold page cache", 0.8),
)


def starts(folder: str, table: Table) -> None:
    """Measures from exec to the icon's pixels on xfce4-panel: warm, for the first time, with an empty page cache."""
    theirs = program()
    kinds = _KINDS if not os.geteuid() else _KINDS[:-1]  # only root may drop caches
    took: dict[tuple[str, bool], list[float]] = defaultdict(list)
    spent: dict[tuple[str, bool], list[float]] = defaultdict(list)
    with RealDesktop("xfce4-panel") as desktop:
        Path(folder, "kept").mkdir()
        for turn in range(-1, ROUNDS):  # the first round does not count
            for kind, _, _ in kinds:
                for ours in (True, False) if turn % 2 else (False, True):
                    if not ours and theirs is None:
                        continue
                    with tempfile.TemporaryDirectory(dir=folder) as fresh:
                        home = fresh if kind == "first" else str(Path(folder, "kept"))
                        if kind == "cold":
                            os.sync()
                            Path("/proc/sys/vm/drop_caches").write_text("3")
                        command = [*AGENT, *([_AT_LOGIN] if kind == _AT_LOGIN else [])] if ours else [str(theirs)]
                        milliseconds, cpu = _start(command, environment(desktop, None, home))
                    if turn >= 0:
                        took[kind, ours].append(milliseconds)
                        spent[kind, ours].append(cpu)
    for kind, words, goal in kinds:
        table.row(words, took[kind, True], took[kind, False], unit=" ms", goal=goal)
    table.row("CPU of the start", spent["warm", True], spent["warm", False], unit=" s", most=0.12)


def _start(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Milliseconds from exec to the icon's pixels, and seconds of processor time :data:`_SETTLE` seconds later."""
    with Corner(environ) as tray:
        tray.settle()
        began = time.monotonic()
        process = quietly(command, environ, environ["HOME"])
        try:
            milliseconds = (tray.appears() - began) * 1000
            time.sleep(_SETTLE)
            return milliseconds, cpu_clock(process.pid)
        finally:
            end(process)


# Memory, a flood, a push on the screen.


def memories(folder: str, table: Table) -> None:
    """Memory while idle, signed in to three organisations; with an interpreter whose pages nobody shares."""

    def idle(running: Callable[[], Any]) -> list[Any]:
        found = []
        for _ in range(_FEW):
            with running() as (_, _, pid):
                time.sleep(IDLE / 2)
                found.append(read(*tree(pid)))
        return found

    shutil.copy(os.path.realpath(PYTHON), _PRIVATE)
    try:
        command, theirs = [str(_PRIVATE), *AGENT], program()
        once, window = (idle(partial(_ours, folder, command, by_window)) for by_window in (False, True))
        peers = idle(partial(_theirs, theirs)) if theirs is not None else []
    finally:
        _PRIVATE.unlink()
    uss = [each.uss for each in peers]
    table.row("memory of its own (USS), signed in, idle", [each.uss for each in once], uss, unit=" MB")
    table.row("  after signing in by the window", [each.uss for each in window], uss, unit=" MB", most=31)
    row = "  shared pages in proportion (PSS), signed in, idle"
    table.row(row, [each.pss for each in once], [each.pss for each in peers], unit=" MB", goal=1.12)


def flood(folder: str, table: Table) -> None:
    """Processor time and growth in memory by a thousand pushes in a second, each in a frame of its own."""

    def flooded(running: Callable[[], Any]) -> list[tuple[float, float]]:
        found = []
        for _ in range(_FEW):
            with running() as (_, telex, pid):
                telex.publish_many(0, [change(f"warm{n}", 1) for n in range(10)], per_second=10)
                time.sleep(8)
                before, cpu = read(pid).uss, cpu_clock(pid)
                telex.publish_many(0, [change(f"c{n % 50}", n // 50 + 1) for n in range(AT_ONCE)], per_second=AT_ONCE)
                time.sleep(8)  # to the end of the flood rule's window
                found.append((cpu_clock(pid) - cpu, read(pid).uss - before))
        return found

    theirs, ours = program(), flooded(partial(_ours, folder))
    peers = flooded(partial(_theirs, theirs)) if theirs is not None else []
    row = f"{AT_ONCE:,} pushes in a second: CPU"
    table.row(row, [cpu for cpu, _ in ours], [cpu for cpu, _ in peers], unit=" s", most=0.25)
    table.row("  growth", [grown for _, grown in ours], [grown for _, grown in peers], unit=" MB", most=2.0)


def pixels(folder: str, table: Table) -> None:
    """Measures from the push server's sending to the first changed pixel, by dunst or by the original's window."""
    theirs, waits = program(), (SOON, IDLE / 2)
    with _ours(folder) as (desktop, telex, _), Corner(desktop.environ, (950, 24, 12, 12)) as corner:
        ours = _seen(telex, corner, waits)
    peers: dict[float, list[float]] = {}
    if theirs is not None:
        with _theirs(theirs) as (desktop, telex, _), Corner(desktop.environ, (940, 720, 12, 12)) as corner:
            peers = _seen(telex, corner, waits)
    for wait in waits:
        words = "push -> first pixels" if wait == SOON else f"  after {wait:.0f} s idle"
        table.row(words, ours[wait], peers.get(wait, ()), unit=" ms", goal=0.6)


def _seen(telex: Sandbox, corner: Corner, waits: tuple[float, ...]) -> dict[float, list[float]]:
    """Milliseconds from push to pixels, by the seconds of idleness before the push."""
    found: dict[float, list[float]] = defaultdict(list)
    for turn in range(-1, ROUNDS):
        for wait in waits:
            corner.wait_empty()
            time.sleep(wait)
            push = change(f"c{turn}-{wait:.0f}", 1)
            took = corner.after(lambda push=push, turn=turn: telex.publish(turn % 3, push)["sent_at"])  # type: ignore[misc]
            if turn >= 0:
                found[wait].append(took * 1000)
    return found


# On the disk.


def installed(_folder: str, table: Table) -> None:
    """Disk space of an installation: ours with all that pip brings except pip itself, the original with wxWidgets."""
    theirs = program()
    [packages] = (Path(PYTHON).parent.parent / "lib").glob("python*/site-packages")
    skipped = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
    size = 0
    for entry in packages.iterdir():
        if not entry.name.startswith(skipped):
            files = entry.rglob("*") if entry.is_dir() else [entry]
            size += sum(file.lstat().st_blocks * 512 for file in files)
    peers = [installed_megabytes(theirs)] if theirs is not None else []
    table.row("installed, libraries included", [size / 1e6], peers, unit=" MB", most=46)


# Alone: there is no peer that does the same.


APART = 1.8
"""Seconds between two messages, so that the flood rule holds none of them back."""
WARM_UP = 3
"""How many first messages do not count."""


def idle(folder: str, _table: Table) -> None:
    """Memory, wake-ups and processor time while idle, signed in to three organisations."""
    with RealDesktop() as desktop, Sandbox() as telex, agent(desktop, telex, folder) as pid:
        time.sleep(5)  # until the work of the start is done; there is no event for that
        pings, first, cpu = telex.status()["pongs"], read(pid), cpu_clock(pid)
        time.sleep(IDLE)
        last, spent = read(pid), cpu_clock(pid) - cpu
        pings = telex.status()["pongs"] - pings
    woken = last.voluntary - first.voluntary
    print(f"PSS, signed in over TLS, 3 organisations, {IDLE:.0f} s idle:  {last.pss:.1f} MB;  {last.threads} threads")
    answered = f"{pings} pings answered among them"
    print(f"voluntary switches in {IDLE:.0f} s:  {woken}, {answered};  CPU {spent:.2f} s", flush=True)


def texts(folder: str, _table: Table) -> None:
    """Measures from the push server's sending to the daemon's receiving of a message, for each way of its text."""
    for words, new_message in (("without text", "never"), ("text first", "before"), ("text in the same push", "after")):
        took = []
        with (
            RealDesktop(dunst=False) as desktop,
            Sandbox("--rate", "0", "--organisations", "1") as telex,
            FakeNotificationDaemon(desktop.bus) as daemon,
            agent(desktop, telex, folder),
        ):
            for turn in range(-WARM_UP, MESSAGES):
                known = len(daemon.shown)
                sent = telex.message(0, f"c{turn}", "the text", new_message=new_message)
                until(lambda known=known: daemon.shown[known:], "no toast")  # type: ignore[misc]
                if turn >= 0:  # the first text of an organisation is not waited for
                    assert ("the text" in daemon.shown[known].body) is (new_message != "never")
                    took.append((daemon.arrivals[known] - sent["sent_at"]) * 1000)
                time.sleep(APART)
        print(f"push sent -> Notify, {words}, {len(took)} messages:  {percentiles(took)}", flush=True)


def kept(folder: str, _table: Table) -> None:
    """Measures from exec to all organisations online, with a given password, and with one that a real keyring keeps.

    Runs with the tests' Python: the lean environment has no library for keyrings.
    """
    command = [sys.executable, "-m", "telex_start"]
    with RealDesktop() as desktop, Sandbox() as telex, RealKeyring(desktop.bus, Path(folder)) as keyring:
        given, options = telex.password + "\n", ("--email", telex.email, "--password-stdin")

        def online(home: Path, stay: str, *options: str, given: str | None = None) -> float:
            environ = environment(desktop, telex, str(home)) | {"TELEX_START_STAY_SIGNED_IN": stay}
            telex.wait_until(lambda status: not sum(status["subscriptions"].values()))
            began = time.monotonic()
            with Program(home, *options, environ=environ, given=given, command=command, cwd=home):
                telex.wait_until(lambda status: sum(status["subscriptions"].values()) == len(status["organisations"]))
                took = (time.monotonic() - began) * 1000
                if stay == "true":
                    until(lambda: keyring.holds(f"{telex.api_url} {telex.email}") == telex.password)
            return took

        homes = Path(folder, "given"), Path(folder, "kept")
        for home in homes:
            home.mkdir()
        online(homes[1], "true", *options, given=given)
        with_given = [online(homes[0], "false", *options, given=given) for _ in range(ROUNDS)]
        with_kept = [online(homes[1], "true") for _ in range(ROUNDS)]
    print(f"exec -> online, password given:  {percentiles(with_given)}")
    print(f"exec -> online, password kept:  {percentiles(with_kept)}", flush=True)


SECTIONS = {section.__name__: section for section in (starts, memories, pixels, flood, installed, idle, texts, kept)}


# The command.


MARK = "BENCH_APART"
"""The environment variable that marks a run in namespaces of its own."""
_APART = 'ip link set lo up; mkdir -p /tmp/.X11-unix; mount -t tmpfs -o mode=1777 tmpfs /tmp/.X11-unix; exec "$@"'


def main(wanted: list[str]) -> int:
    wanted = wanted or [*SECTIONS]
    if unknown := [name for name in wanted if name not in SECTIONS]:
        print(f"bench: no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    where = "in namespaces of its own" if _go_apart() else "beside all else on this machine"
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {load}, {where}", flush=True)
    table = Table()
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            SECTIONS[name](folder, table)
    print(f"not reached: {', '.join(table.missed) or 'none'}", flush=True)
    return 0


def _go_apart() -> bool:
    """Run this very command again with a network and mounts of its own, if root may do that.

    Returns:
        Whether this process is such a run. The first call replaces the process, if that is possible.
    """
    if os.environ.get(MARK):
        return True
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() or subprocess.run([unshare, "-m", "-n", "true"], capture_output=True).returncode:
        return False
    sys.stdout.flush()
    command = [unshare, "-m", "-n", "sh", "-ec", _APART, "sh", sys.executable, "-m", "tests.rigs.bench", *sys.argv[1:]]
    os.execve(unshare, command, os.environ | {MARK: "1"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
