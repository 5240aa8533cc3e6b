"""``python -m tests.rigs.breaks``: plants small breaks in the source (mutation testing), and names what finds each.

A break turns one comparison, replaces one return, leaves out one call or inverts one condition. A seed chooses the
places, spread over the packages by their lines, without the sandbox. For each break, the tests that cover the line run,
fastest first, until one fails that passes without the break; after :data:`BUDGET` seconds the break has survived. The
first time, one run of the suite records which tests cover a line, and how long they take. Results are appended to a
file below ``build/breaks``, so that an interrupted run can go on; ``rm -r build/breaks`` begins again.

The checkout stays unchanged. The broken file is mounted in place of the real one only for those tests, in namespaces of
their own (root, Linux), where a break can do no harm: no network, no other processes, and only a ``/tmp`` of its own to
write to.
"""

from __future__ import annotations

import argparse
import ast
import functools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData

from .covering import read_times

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ROOT / "telex_start"
BUILD = ROOT / "build" / "breaks"
COVERAGE, TIMES, RC, RESULTS = (BUILD / name for name in ("coverage", "times", "coveragerc", "results"))
BUDGET = 180.0
"""Seconds that the tests of one break may take."""
FIRST, THEN = 30, 300
"""How many tests the first run of pytest for a break has, and how many each further run."""
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.rigs.covering")
_SUITE = ("-n", "2", "--dist", "loadfile", "-m", "not centrifugo", "--ignore-glob", "*/packages", "tests")
_ALONE = """ulimit -v 8000000; ip link set lo up
for folder in /tmp /var/tmp /root /run; do mount -t tmpfs tmpfs $folder; done
mount --bind "$1" "$1"; mount -o remount,bind,ro /; [ -z "$2" ] || mount --bind "$2" "$3"; shift 3; exec "$@" """
_RC = f"""[run]
source = {PRODUCT}
branch = true
parallel = true
data_file = {COVERAGE}
core = ctrace
patch = _exit
context = ${{COVERAGE_TEST}}
disable_warnings = no-data-collected
[report]
exclude_also =
    if TYPE_CHECKING:
    \\.\\.\\.$
"""

_TURNED = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.Gt, ast.LtE),
    ast.LtE: (ast.GtE, ast.Lt),
    ast.Gt: (ast.Lt, ast.GtE),
    ast.GtE: (ast.LtE, ast.Gt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_INSTEAD = {"str": '""', "int": "0", "float": "0.0"}
"""What a function returns instead, by its annotated type."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Break(NamedTuple):
    """One change of the source."""

    path: Path
    kind: str
    node: ast.AST
    """The part of the source that is replaced."""
    new: str

    @property
    def lines(self) -> range:
        """The numbers of the lines that are replaced."""
        return range(self.node.lineno, self.node.end_lineno + 1)  # type: ignore[attr-defined]

    def planted(self) -> str:
        """The whole module's source with the break."""
        source = self.path.read_bytes()
        at = [0]
        for line in source.splitlines(keepends=True):
            at.append(at[-1] + len(line))
        node = self.node
        begin = at[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = at[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return (source[:begin] + self.new.encode() + source[end:]).decode()

    def __str__(self) -> str:
        place = f"{self.path.relative_to(ROOT)}:{self.lines.start}"
        return f"{place}\t{self.kind}\t{_short(ast.unparse(self.node))}  ->  {_short(self.new)}"


def _short(text: str) -> str:
    return " ".join(text.split())[:100]


def _breaks_of(path: Path, chance: random.Random) -> Iterator[Break]:
    """All possible breaks in a module: inside functions, without those that cannot matter."""

    def look(node: ast.AST, function: _Function | None) -> Iterator[Break]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Function):
                if child.name != "__repr__":
                    yield from look(child, child)
                continue
            if _cannot_matter(child):
                continue
            if function is not None:
                yield from (Break(path, kind, what, new) for kind, what, new in _changes(child, function, chance))
            yield from look(child, function)

    yield from look(ast.parse(path.read_bytes()), None)


def _cannot_matter(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return any(name in ast.unparse(node.test) for name in ("TYPE_CHECKING", "__name__"))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func).split(".")[0].lstrip("_") in {"log", "logging"}
    return isinstance(node, ast.Assert | ast.JoinedStr)


def _changes(node: ast.AST, function: _Function, chance: random.Random) -> Iterator[tuple[str, ast.AST, str]]:
    """The possible changes of a node: kind, replaced node, new source."""
    conditions: Iterable[ast.expr] = ()
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=comparators):
            turned = chance.choice(_TURNED[type(operator)])()
            yield "compare", node, f"({ast.unparse(ast.Compare(left, [turned], comparators))})"
        case ast.Return(value=ast.expr() as value):
            given, wanted = ast.unparse(value), ast.unparse(function.returns) if function.returns else ""
            new = f"not ({given})" if wanted == "bool" else _INSTEAD.get(wanted, "None")
            if new != given:
                yield "return", value, new
        case ast.Expr(value=ast.Call()):
            yield "call", node, "pass"
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            conditions = (test,)
        case ast.comprehension(ifs=ifs):
            conditions = ifs
    for condition in conditions:
        if not isinstance(condition, ast.Compare | ast.Constant):  # a comparison is turned instead
            yield "condition", condition, f"(not ({ast.unparse(condition)}))"


def choose(count: int, seed: int) -> list[Break]:
    """Choose so many breaks by this seed."""
    chance = random.Random(seed)
    modules = defaultdict[Path, list[Path]](list)
    for path in sorted(PRODUCT.rglob("*.py")):
        if PRODUCT / "sandbox" not in path.parents:
            modules[path.parent].append(path)
    lines = {package: sum(len(path.read_text().split("\n")) for path in paths) for package, paths in modules.items()}
    chosen: list[Break] = []
    done = 0
    for package, paths in modules.items():
        before, done = done, done + lines[package]
        wanted = count * done // sum(lines.values()) - count * before // sum(lines.values())
        by_kind = defaultdict[str, list[Break]](list)
        for one in (one for path in paths for one in _breaks_of(path, chance)):
            by_kind[one.kind].append(one)
        for _ in range(wanted):
            kinds = [kind for kind in sorted(by_kind) if by_kind[kind]]
            if kinds:
                some = by_kind[chance.choice(kinds)]
                chosen.append(some.pop(chance.randrange(len(some))))
    return chosen


def alone(command: Sequence[str], environ: dict[str, str], within: float | None, *mounted: str) -> int | None:
    """Run a command in namespaces with these files mounted; gives its exit code, or ``None`` if it took too long."""
    ends_with_us = ("setpriv", "--pdeathsig", "KILL")
    namespaces = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc")
    output = None if within is None else subprocess.DEVNULL
    with subprocess.Popen(
        [*ends_with_us, *namespaces, "sh", "-ec", _ALONE, "sh", str(BUILD), *(mounted or ("", "")), *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/examples", **environ},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    ) as process:
        try:
            return process.wait(within)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()


def record() -> None:
    """Run the suite once, to record which tests cover which lines, and how long they take."""
    BUILD.mkdir(parents=True, exist_ok=True)
    RC.write_text(_RC)
    environ = {"COVERAGE_PROCESS_START": str(RC), "COVERAGE_TEST": "", "BREAKS_TIMES": str(TIMES)}
    alone([*_PYTEST, *_SUITE], environ, None)
    coverage = (sys.executable, "-m", "coverage")
    subprocess.run([*coverage, "combine", "-q", f"--rcfile={RC}"], cwd=ROOT, check=True)
    with (BUILD / "report").open("w") as report:
        subprocess.run([*coverage, "report", f"--rcfile={RC}"], cwd=ROOT, check=True, stdout=report)


class Finder:
    """Finds the tests that find breaks."""

    def __init__(self) -> None:
        self._times = {test: seconds for test, seconds in read_times(TIMES).items() if seconds is not None}
        self._data = CoverageData(str(COVERAGE))
        self._data.read()
        self._contexts = functools.cache(lambda path: self._data.contexts_by_lineno(str(path)))

    def covering(self, broken: Break) -> list[str]:
        """The tests that cover a break, fastest first. If a fixture, which several tests may share, started
        a process that covers it, all other tests of that file follow."""
        contexts = self._contexts(broken.path)
        names = {name for line in broken.lines for name in contexts.get(line, ())}
        surely = {name.removesuffix(" (setup)") for name in names} & self._times.keys()
        files = {name.split("::")[0] for name in names if name.endswith(" (setup)")}
        perhaps = {test for test in self._times if test.split("::")[0] in files} - surely
        return [*sorted(surely, key=self._times.__getitem__), *sorted(perhaps, key=self._times.__getitem__)]

    def find(self, broken: Break, tests: list[str]) -> str:
        """Run the tests on a break; gives in words which found it, or that it survived."""
        if not tests:
            return "SURVIVED (not covered)"
        until = time.monotonic() + BUDGET
        with tempfile.NamedTemporaryFile("w", dir=BUILD, suffix=".py") as planted:
            planted.write(broken.planted())
            planted.flush()
            size = FIRST
            while tests:
                some = tests[:size]
                code, times = _run(some, until - time.monotonic(), planted.name, str(broken.path))
                if code is None:
                    return f"SURVIVED (in {BUDGET:.0f} s, of {len(tests)} tests)"
                failed = next((test for test, seconds in times.items() if seconds is None), None)
                if code and failed is None:
                    return "found while tests are collected"
                if failed and not _run([failed], BUDGET)[0]:
                    return f"found by {failed}"
                # A test that also fails without the break proves nothing.
                tests, size = tests[tests.index(failed) + 1 if failed in tests else size :], THEN
        return "SURVIVED"


def _run(tests: list[str], within: float, *mounted: str) -> tuple[int | None, dict[str, float | None]]:
    with tempfile.NamedTemporaryFile(dir=BUILD, suffix=".times") as times:
        command = (*_PYTEST, "-x", "-p", "no:xdist", "--timeout", "60", *tests)
        return alone(command, {"BREAKS_TIMES": times.name}, max(within, 0.0), *mounted), read_times(Path(times.name))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.breaks", description="Which planted breaks are found.")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--only", default="", metavar="PACKAGE", help="those of one package, as telex_start/news")
    parser.add_argument("--list", action="store_true", help="name them, and run nothing")
    options = parser.parse_args()
    breaks = [one for one in choose(options.count, options.seed) if str(one).startswith(options.only)]
    if options.list:
        print(*breaks, sep="\n")
        return
    if not TIMES.exists() or not COVERAGE.exists():
        record()
    finder = Finder()
    done = {}
    if RESULTS.exists():
        done = dict(line.rsplit("\t", 1) for line in RESULTS.read_text().splitlines())
    covering = {str(one): finder.covering(one) for one in breaks if str(one) not in done}

    def find(one: Break) -> None:
        if str(one) not in done:
            done[str(one)] = finder.find(one, covering[str(one)])
            with RESULTS.open("a") as results:
                results.write(f"{one}\t{done[str(one)]}\n")
        print(one, done[str(one)], sep="\t", flush=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(find, breaks))
    survived = [one for one in breaks if done[str(one)].startswith("SURVIVED")]
    print(f"\n{len(breaks)} breaks, {len(survived)} survived:", *survived, sep="\n")


if __name__ == "__main__":
    main()
