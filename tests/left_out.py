"""Which test modules a platform cannot run, and why. `make test` leaves them out there, and says so at its beginning.

On macOS that is found out from what a module imports at its top, directly or by others of this project: D-Bus, X11 and
GTK are for Linux. On Windows the pure tests run; the others wait for processes by signals, named pipes and terminals of
Unix, and what of the program Windows can show is `python -m tests.rigs.windows`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"jeepney": "it speaks D-Bus", "Xlib": "it asks an X server", "gi": "it uses GTK"}
"""Package that only Linux has -> why its users are left out elsewhere."""
FIXTURES = {"private_bus": PACKAGES["jeepney"], "xvfb": PACKAGES["Xlib"]}
"""Fixture that only Linux can make -> likewise."""
PURE = ROOT / "tests" / "ground"
NOT_PURE = "it needs Unix: on Windows the pure tests run here, and python -m tests.rigs.windows elsewhere"


def why(path: Path, platform: str = sys.platform) -> str:
    """Why a test module is left out on this platform; empty where it is not."""
    if platform == "linux":
        return ""
    if platform == "win32":
        return "" if path.is_relative_to(PURE) else NOT_PURE
    needed = needs(path, platform)
    return next((reason for package, reason in PACKAGES.items() if package in needed), "")


def all_of_them(platform: str = sys.platform) -> dict[str, list[str]]:
    """Reason -> the test modules that are left out for it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")) if platform != "linux" else []:
        if reason := why(path, platform):
            found.setdefault(reason, []).append(path.relative_to(ROOT / "tests").as_posix())
    return found


def needs(path: Path, platform: str) -> set[str]:
    """The packages that importing a module imports on a platform, with its folders' `conftest.py` and `__init__.py`."""
    waiting = [path]
    for folder in path.parents:
        if folder == ROOT:
            break
        waiting += [folder / "conftest.py", folder / "__init__.py"]
    seen: set[Path] = set()
    packages: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one in seen or not one.exists():
            continue
        seen.add(one)
        for name in _imports(one, platform):
            inside = _file(name)
            packages |= {name.partition(".")[0]} if inside is None else set()
            waiting += [inside] if inside is not None else []
    return packages


@cache
def _imports(path: Path, platform: str) -> tuple[str, ...]:
    return tuple(_imported(ast.parse(path.read_text("utf-8")).body, path, platform))


def _imported(statements: list[ast.stmt], path: Path, platform: str) -> Iterator[str]:
    for statement in statements:
        match statement:
            case ast.Import():
                yield from (alias.name for alias in statement.names)
            case ast.ImportFrom():
                base = _absolute(statement, path)
                yield base
                # What is no module of this project is a name in one.
                yield from (whole for alias in statement.names if _file(whole := f"{base}.{alias.name}") is not None)
            case ast.If():
                for holds, body in ((True, statement.body), (False, statement.orelse)):
                    if _may_be(statement.test, holds, platform):
                        yield from _imported(body, path, platform)
            case ast.Try():
                yield from _imported(statement.body, path, platform)


def _may_be(test: ast.expr, holds: bool, platform: str) -> bool:
    """Whether a condition may have this value: one for types or platforms has one alone."""
    match test:
        case ast.Name(id="TYPE_CHECKING"):
            return not holds
        case ast.Compare(left=left, ops=[operator], comparators=[ast.Constant(value=value)]):
            if ast.unparse(left) == "sys.platform" and isinstance(operator, ast.Eq | ast.NotEq):
                return holds == ((platform == value) == isinstance(operator, ast.Eq))
    return True


def _absolute(statement: ast.ImportFrom, path: Path) -> str:
    if not statement.level:
        return statement.module or ""
    package = path.relative_to(ROOT).parts[: -statement.level]
    return ".".join([*package, *([statement.module] if statement.module else [])])


def _file(name: str) -> Path | None:
    """The file of a module of this project."""
    if name.partition(".")[0] not in ("tests", "telex_start"):
        return None
    path = ROOT.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()), None)
