"""Sections beside the C++ original, in turn with it on one desktop: ``starts``, ``memory``, ``pixels``, ``flood``."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.process import end
from tests.real_desktop import RealDesktop
from tests.rigs.bench.measuring import PYTHON, IconWatch, Memory, cpu_clock, memory, tree
from tests.rigs.bench.original import CONCEDED, PORTS, Missing, Original, build, installed_megabytes
from tests.rigs.bench.pixels import Corner
from tests.rigs.bench.running import AGENT, IDLE, ROUNDS, agent, change, environment, signed_in_by_window
from tests.rigs.bench.table import Table
from tests.servers import Sandbox

Running = tuple[RealDesktop, Sandbox, "subprocess.Popen[Any]"]
SOON = 2.0
"""Seconds between two pushes that come one after the other."""
_SETTLE = 1.5
"""Seconds after the icon, in which the rest of a start is done."""
_PRIVATE = Path(PYTHON).with_name("python-of-its-own")
"""A copy of the interpreter, whose pages no other Python on this machine shares."""
AT_ONCE = 1000
"""Pushes of a flood, in one second and each in a frame of its own."""


def program() -> Path | None:
    """The original, or ``None`` after a line that says what is lacking."""
    try:
        return build()
    except Missing as lacking:
        print(f"the C++ original is left out: {lacking}", flush=True)
        return None


def _telex(*options: str) -> Sandbox:
    return Sandbox("--port", str(PORTS[0]), "--push-port", str(PORTS[1]), *CONCEDED, *options)


# --- starts -----------------------------------------------------------------------------------------------------------


class Start(NamedTuple):
    """One start."""

    milliseconds: float
    """From exec to the icon's pixels."""
    cpu: float
    """Seconds of processor time, :data:`_SETTLE` seconds later."""


_AT_LOGIN = "--at-login"


def starts(folder: str, table: Table) -> None:
    """From exec to the icon's pixels on xfce4-panel: warm, for the first time, and with an empty page cache."""
    original = program()
    may_drop = not os.geteuid()
    kinds: dict[str, Callable[[], object]] = {kind: lambda: None for kind in ("warm", _AT_LOGIN, "first")}
    if may_drop:
        kinds["cold"] = _drop_caches
    found: dict[tuple[str, bool], list[Start]] = {(kind, ours): [] for kind in kinds for ours in (True, False)}
    with RealDesktop("xfce4-panel") as desktop:
        kept = Path(folder, "kept")
        kept.mkdir()
        for turn in range(-1, ROUNDS):  # the first round does not count
            for kind, prepare in kinds.items():
                for ours in (True, False) if turn % 2 else (False, True):
                    if not ours and original is None:
                        continue
                    with _home(folder, kept if kind != "first" else None) as home:
                        prepare()
                        command = [*AGENT, *([_AT_LOGIN] if kind == _AT_LOGIN else [])] if ours else [str(original)]
                        start = _start(command, environment(desktop, None, home))
                    if turn >= 0:
                        found[kind, ours].append(start)

    def figures(kind: str, field: str, ours: bool) -> list[float]:
        return [getattr(start, field) for start in found[kind, ours]]

    for kind, words, goal in (
        ("warm", "exec -> icon", 0.9),
        (_AT_LOGIN, "  as the desktop starts it, --at-login", 0.9),
        ("first", "  the very first start, nothing of its own on the disk", 0.9),
        ("cold", "  with a cold page cache", 0.8),
    ):
        if kind in kinds:
            row = [figures(kind, "milliseconds", ours) for ours in (True, False)]
            table.row(words, *row, unit=" ms", goal=goal)
    table.row("CPU of the start", *(figures("warm", "cpu", ours) for ours in (True, False)), unit=" s", most=0.12)


@contextmanager
def _home(folder: str, kept: Path | None) -> Iterator[str]:
    if kept is not None:
        yield str(kept)
        return
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        yield fresh


def _drop_caches() -> None:
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


def _start(command: list[str], environ: dict[str, str]) -> Start:
    watch = IconWatch(environ)
    quiet = subprocess.DEVNULL
    try:
        watch.settle()
        began = time.monotonic()
        process = subprocess.Popen(command, env=environ, cwd=environ["HOME"], stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            milliseconds = (watch.appears() - began) * 1000
            time.sleep(_SETTLE)
            return Start(milliseconds, cpu_clock(process.pid))
        finally:
            end(process)
    finally:
        watch.close()


# --- memory -----------------------------------------------------------------------------------------------------------


def memories(folder: str, table: Table) -> None:
    """Signed in to three organisations, and nothing happens; an interpreter of its own, so that nobody shares it."""
    shutil.copy(os.path.realpath(PYTHON), _PRIVATE)
    try:
        _memories(folder, table, [str(_PRIVATE), *AGENT])
    finally:
        _PRIVATE.unlink()


def _memories(folder: str, table: Table, command: list[str]) -> None:
    original = program()
    once: list[Memory] = []
    window: list[Memory] = []
    theirs: list[Memory] = []
    for _ in range(max(1, ROUNDS // 3)):
        for kept, by_window in ((once, False), (window, True)):
            with _ours(folder, command, by_window) as (_, _, process):
                time.sleep(IDLE / 2)
                kept.append(memory(tree(process.pid)))
        if original is not None:
            with _theirs(original) as (_, _, process):
                time.sleep(IDLE / 2)
                theirs.append(memory(tree(process.pid)))
    peer = [each.uss for each in theirs]
    table.row("memory of its own (USS), signed in, idle", [each.uss for each in once], peer, unit=" MB")
    row = "  after signing in by the window"
    table.row(row, [each.uss for each in window], peer, unit=" MB", most=31)
    row = "  shared pages in proportion (PSS), signed in, idle"
    table.row(row, [each.pss for each in once], [each.pss for each in theirs], unit=" MB", goal=1.12)


# --- a push on the screen ---------------------------------------------------------------------------------------------


def pixels(folder: str, table: Table) -> None:
    """From the push server's sending to the first changed pixel: dunst's toast, and the original's own window."""
    original = program()
    ours: dict[float, list[float]] = {}
    theirs: dict[float, list[float]] = {}
    with _ours(folder) as (desktop, telex, _), Corner(desktop.environ, 950, 24) as corner:
        ours = _seen(telex, corner)
    if original is not None:
        with _theirs(original) as (desktop, telex, _), Corner(desktop.environ, 940, 720) as corner:
            theirs = _seen(telex, corner)
    for wait, found in ours.items():
        words = "push -> first pixels" if wait == SOON else f"  after {wait:.0f} s idle"
        table.row(words, found, theirs.get(wait, ()), unit=" ms", goal=0.6)


def _seen(telex: Sandbox, corner: Corner) -> dict[float, list[float]]:
    """Milliseconds, by the seconds before in which nothing happened."""
    found: dict[float, list[float]] = {SOON: [], IDLE / 2: []}
    for turn in range(-1, ROUNDS):
        for wait, kept in found.items():
            corner.wait_empty()
            time.sleep(wait)
            push = change(f"c{turn}-{wait:.0f}", 1)
            took = corner.after(functools.partial(_publish, telex, turn % 3, push)) * 1000
            if turn >= 0:
                kept.append(took)
    return found


def _publish(telex: Sandbox, organisation: int, push: dict[str, object]) -> float:
    """When the push server sent it."""
    return float(telex.publish(organisation, push)["sent_at"])


# --- a flood ----------------------------------------------------------------------------------------------------------


def flood(folder: str, table: Table) -> None:
    """A thousand pushes in a second, each in a frame of its own: processor time and growth."""
    original = program()
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(max(1, ROUNDS // 3)):
        with _ours(folder) as (_, telex, process):
            ours.append(_flooded(telex, process.pid))
        if original is not None:
            with _theirs(original) as (_, telex, process):
                theirs.append(_flooded(telex, process.pid))
    row = f"{AT_ONCE:,} pushes in a second: CPU"
    table.row(row, [each[0] for each in ours], [each[0] for each in theirs], unit=" s", most=0.25)
    table.row("  growth", [each[1] for each in ours], [each[1] for each in theirs], unit=" MB", most=2.0)


def _flooded(telex: Sandbox, pid: int) -> tuple[float, float]:
    telex.publish_many(0, [change(f"warm{n}", 1) for n in range(10)], per_second=10)
    time.sleep(8)
    before, cpu = memory([pid]).uss, cpu_clock(pid)
    telex.publish_many(0, [change(f"c{n % 50}", n // 50 + 1) for n in range(AT_ONCE)], per_second=AT_ONCE)
    time.sleep(8)  # to the end of the flood rule's window
    return cpu_clock(pid) - cpu, memory([pid]).uss - before


@contextmanager
def _ours(folder: str, program: Sequence[str] = AGENT, by_window: bool = False) -> Iterator[Running]:
    """A desktop, a Telex and ours, signed in, with nothing on the disk before."""
    with ExitStack() as stack:
        desktop = stack.enter_context(RealDesktop("xfce4-panel"))
        telex = stack.enter_context(_telex())
        environ = environment(desktop, telex, stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        signed_in = (
            signed_in_by_window(desktop, environ, telex, program) if by_window else agent(environ, telex, program)
        )
        yield desktop, telex, stack.enter_context(signed_in)


@contextmanager
def _theirs(program: Path) -> Iterator[Running]:
    """A desktop, a Telex and the original, signed in; it shows by a window of its own."""
    with (
        RealDesktop("xfce4-panel", dunst=False) as desktop,
        _telex() as telex,
        Original(desktop, telex, program).signed_in() as process,
    ):
        yield desktop, telex, process


# --- on the disk ------------------------------------------------------------------------------------------------------


def installed(folder: str, table: Table) -> None:
    """What an installation takes: of ours all that pip brings but for pip itself, of the original also wxWidgets."""
    original = program()
    site = Path(PYTHON).parent.parent / "lib"
    [packages] = site.glob("python*/site-packages")
    skipped = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
    size = 0
    for entry in packages.iterdir():
        if not entry.name.startswith(skipped):
            files = entry.rglob("*") if entry.is_dir() else [entry]
            size += sum(file.lstat().st_blocks * 512 for file in files)
    peer = [installed_megabytes(original)] if original is not None else []
    table.row("installed, libraries included", [size / 1e6], peer, unit=" MB", most=46)
