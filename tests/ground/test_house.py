"""The house keeps its order: which package may import which, what is pure, and who owns which library.

A *package* is a folder of ``telex_start``; each module at the root counts as one of its own. What others wrote is a
*library*. Every import counts: at the top of a module, inside a function (late for the sake of the start, but a
dependency all the same), and under ``TYPE_CHECKING`` (who reads the module has to know the other package).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import telex_start

PACKAGE = "telex_start"
HOUSE = Path(telex_start.__file__).parent

GROUND = {
    *("", "errors", "states", "menu", "events", "face", "config", "clock", "toast"),
}
"""Modules at the root that every package but the sandbox may import; "" is the package itself, with its version."""

PACKAGES: dict[str, set[str]] = {
    # The ground, from the bottom up.
    "": set(),
    "errors": set(),
    "states": set(),
    "menu": set(),
    "clock": set(),
    "toast": set(),
    "events": {"menu", "states", "toast"},
    "face": {"events", "menu", "states"},
    "config": {"errors"},
    # Packages that need the ground alone.
    "news": set(),
    "net": set(),
    "process": set(),
    # What talks to Telex.
    "push": {"net"},
    "session": {"push", "net"},
    # What decides, on the main thread; the others serve its ports.
    "app": {"news"},
    # What a person sees.
    "desktop": {"process"},
    "desktop.bus": {"process"},
    "desktop.statusnotifier": {"desktop", "desktop.bus", "process"},
    "desktop.toasts": {"desktop.bus", "news", "process"},
    # Of main_app: a link in About is opened as a click on a toast is.
    "desktop.tk": {"desktop", "desktop.main_app", "process"},
    "desktop.main_app": {"desktop"},
    "desktop.tray": {
        "desktop",
        "desktop.bus",
        "desktop.statusnotifier",
        "desktop.tk",
        "app",
        "news",
        "process",
    },
    # What puts the parts together, and the commands.
    "console": {"app", "news", "process"},
    "config_file": {"config_text", "process"},
    "config_text": set(),
    "command_line": set(),
    "agent": {
        "config_file",
        "app",
        "session",
        "console",
        "process",
        "desktop",
        "desktop.bus",
        "desktop.main_app",
        "desktop.tk",
        "desktop.toasts",
        "desktop.tray",
    },
    "doctor": {"net", "push", "news", "process", "config_file", "command_line"}
    | {"desktop", "desktop.bus", "desktop.tray", "desktop.main_app", "desktop.tk"},
    # Of desktop: the icons that it installs; of main_app: how a desktop entry is read and found.
    "setup": {"process", "desktop", "desktop.main_app", "command_line", "config_file"},
    # Without an agent a pause is noted as an agent would: by the same rules (news), in the same file. The page of the
    # preferences switches the start at log-in (setup).
    "commands": {"command_line", "config_file", "news", "process", "setup"} | {"desktop", "desktop.tk"},
    "sandbox": set(),
    "__main__": {"agent", "command_line", "commands", "config_file", "console", "doctor", "sandbox"}
    | {"news", "process", "setup", "desktop.bus", "desktop.tk", "desktop.toasts"},
}
"""Package -> what it may import beside itself; beside the ground too, where it is not of the ground itself."""

STRANGERS = {"sandbox"}
"""Packages that may not even import the ground: what the sandbox does must not come from the client that it tests."""

PURE = ("news/", "push/", "events.py", "states.py", "toast.py", "menu.py", "face.py", "config.py", "errors.py")
PURE_TOO = (
    "desktop/tk/preferences_model.py",
    "net/pacing.py",
    "net/json_text.py",
    "__init__.py",
)
IMPURE_IN_PURE_PACKAGES = {"push/websocket.py"}
"""The one module of a pure package that is the way out of it."""
PURE_LIBRARIES = {
    "__future__",
    "collections",
    "contextlib",
    "difflib",
    "enum",
    "html",
    "itertools",
    "json",
    "math",
    "operator",
} | {
    *("re", "typing", "unicodedata", "urllib.parse", "dataclasses", "base64", "hashlib"),
    "logging",  # it writes, but only tells: nothing that these modules decide depends on it
}
"""What pure modules may import. Not: sockets, clocks, chance, threads, queues, files, the system."""
IMPURE_CALLS = {"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint"}

OWNERS: dict[str, set[str]] = {
    "truststore": {"net/sockets.py"},
    "requests": {"net/https.py"},
    "urllib3": {"net/https.py"},
    "websocket": {"push/websocket.py"},
    "platformdirs": {"process/paths.py"},
    "tomlkit": {"config_text.py"},
    "psutil": {"desktop/main_app/main_app.py"},
    "plyer": {"desktop/toasts/plyer_backend.py"},
    "PIL": {"desktop/icons.py"},
    "AppKit": {"desktop/macos.py"},
    "Foundation": {"desktop/macos.py"},
    "objc": {"desktop/macos.py"},
    "Xlib": {"desktop/x11.py"},
    "tkinter": {"desktop/tk/"},
    "tktooltip": {"desktop/tk/controls.py"},
    "gi": {"desktop/tray/pystray_backend.py"},
    "pystray": {"desktop/tray/pystray_backend.py", "desktop/tray/menu.py"},
    "jeepney": {"desktop/bus/"},
    "aiohttp": {"sandbox/"},
    "jwt": {"sandbox/"},
    "trustme": {"sandbox/"},
}
"""Package -> the modules or folders that may import it."""

ANYWHERE = {"tkinter": {"doctor/desktop.py"}}
"""Who may import a library only to see whether it is there."""


class Import(NamedTuple):
    """One import of a module."""

    path: str
    """Of the importing file, below the package."""
    line: int
    target: str
    """The imported module's full name."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.target}"


class House:
    """What a tree of modules imports.

    Args:
        folder: The package's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.trees = {path.relative_to(folder).as_posix(): ast.parse(path.read_text()) for path in folder.rglob("*.py")}
        self.modules = {_module(path): path for path in self.trees}
        self.imports = [found for path in sorted(self.trees) for found in self._imports(path)]

    def _imports(self, path: str) -> Iterator[Import]:
        for node in ast.walk(self.trees[path]):
            match node:
                case ast.Import():
                    targets = [alias.name for alias in node.names]
                case ast.ImportFrom():
                    base = self._base(path, node)
                    whole = [f"{base}.{alias.name}" for alias in node.names]
                    targets = [name if name in self.modules else base for name in whole]
                case ast.Call(args=[argument, *_]) if _is_import(node.func):
                    targets = [_spelled(argument)]
                case _:
                    continue
            for target in dict.fromkeys(filter(None, targets)):
                yield Import(path, node.lineno, target)

    @staticmethod
    def _base(path: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = [PACKAGE, *path.split("/")[:-1]]
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, *([node.module] if node.module else [])])

    # --- the rules --------------------------------------------------------------------------------------------------

    def forbidden(self) -> list[str]:
        """Imports that the table of packages does not allow, and packages that it does not know."""
        faults = [
            f"no row for the package {name!r}"
            for name in sorted({_package(path) for path in self.trees} - set(PACKAGES))
        ]
        for found in self.imports:
            package, other = _package(found.path), self._package_of(found.target)
            if other is None or other == package or package not in PACKAGES:
                continue
            ground = set() if package in GROUND or package in STRANGERS else GROUND
            if other not in PACKAGES[package] | ground:
                faults.append(str(found))
        return faults

    def superfluous(self) -> list[str]:
        """Rows of the table that nothing needs."""
        used = {(_package(found.path), self._package_of(found.target)) for found in self.imports}
        there = {_package(path) for path in self.trees}
        empty = [f"the package {package!r} is empty" for package in PACKAGES if package not in there | GROUND]
        return empty + [
            f"{package!r} does not import {other!r}"
            for package, others in PACKAGES.items()
            for other in sorted(others)
            if (package, other) not in used
        ]

    def circle(self, of: Callable[[str], str]) -> list[str]:
        """A circle of imports, if there is one.

        Args:
            of: What stands for a file: its package, or its own path.
        """
        graph: dict[str, set[str]] = {}
        for found in self.imports:
            if found.target in self.modules:
                here, there = of(found.path), of(self.modules[found.target])
                graph.setdefault(here, set()).update({there} - {here})
        try:
            list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            return [str(name) for name in error.args[1]]
        return []

    def impure(self) -> list[str]:
        """What a pure module imports or calls, and should not."""
        faults = []
        for found in self.imports:
            if _pure(found.path):
                inside = self.modules.get(found.target)
                allowed = _pure(inside) if inside is not None else _allowed(found.target, PURE_LIBRARIES)
                if not allowed:
                    faults.append(str(found))
        for path, tree in self.trees.items():
            if _pure(path):
                calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
                names = [(call.lineno, call.func.id) for call in calls if isinstance(call.func, ast.Name)]
                faults += [f"{path}:{line} calls {name}" for line, name in names if name in IMPURE_CALLS]
        return faults

    def trespassing(self) -> list[str]:
        """Imports of a library by a module that does not own it, and libraries without an owner."""
        faults = []
        for found in self.imports:
            library = found.target.partition(".")[0]
            if library == PACKAGE or (library in sys.stdlib_module_names and library not in OWNERS):
                continue
            owners = OWNERS.get(library, set()) | ANYWHERE.get(library, set())
            if not any(_belongs(found.path, owner) for owner in owners):
                faults.append(str(found))
        return faults

    def unowned(self) -> list[str]:
        """Owners in the table that do not import what they own."""
        return [
            f"{owner or 'nothing'} does not import {library}"
            for library, owners in OWNERS.items()
            for owner in sorted(owners)
            if not any(
                found.target.partition(".")[0] == library and _belongs(found.path, owner) for found in self.imports
            )
        ]

    def _package_of(self, module: str) -> str | None:
        if module != PACKAGE and not module.startswith(f"{PACKAGE}."):
            return None
        return _package(self.modules[module]) if module in self.modules else module.partition(".")[2]


def _module(path: str) -> str:
    parts = [PACKAGE, *path.removesuffix(".py").split("/")]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _package(path: str) -> str:
    folder, _, file = path.rpartition("/")
    if folder.startswith("sandbox/"):
        return "sandbox"
    return folder.replace("/", ".") if folder else file.removesuffix(".py").replace("__init__", "")


def _pure(path: str) -> bool:
    return path not in IMPURE_IN_PURE_PACKAGES and (path.startswith(PURE) or path in PURE_TOO)


def _allowed(target: str, libraries: set[str]) -> bool:
    """A library is allowed with all that is in it; one that has a dot in its name alone."""
    parts = target.split(".")
    return any(".".join(parts[:count]) in libraries for count in range(1, len(parts) + 1))


def _belongs(path: str, owner: str) -> bool:
    return path.startswith(owner) if owner.endswith("/") or not owner else path == owner


def _is_import(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")


def _spelled(argument: ast.expr) -> str:
    """What stands in a call of ``import_module``, as far as it is written out."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0]
    value = argument.value if isinstance(argument, ast.Constant) else ""
    return value.rstrip(".") if isinstance(value, str) else ""


# --- this house -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house() -> House:
    return House(HOUSE)


def test_each_package_imports_only_what_it_may(house: House) -> None:
    assert house.forbidden() == []


def test_the_table_allows_nothing_that_nobody_needs(house: House) -> None:
    assert house.superfluous() == []


def test_no_circle_runs_through_packages(house: House) -> None:
    assert house.circle(_package) == []


def test_no_circle_runs_through_modules(house: House) -> None:
    assert house.circle(lambda path: path) == []


def test_what_is_pure_stays_pure(house: House) -> None:
    assert house.impure() == []


def test_each_library_has_its_owner(house: House) -> None:
    assert house.trespassing() == []


def test_each_owner_uses_what_it_owns(house: House) -> None:
    assert house.unowned() == []


# --- made-up houses: each rule is broken, and says so -----------------------------------------------------------------


def _made(folder: Path, **files: str) -> House:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return House(folder)


def test_an_import_that_climbs_is_found_wherever_it_stands(tmp_path: Path) -> None:
    house = _made(
        tmp_path,
        news__flood="from ..app import app\n",
        news__text="def late():\n    from ..app.app import App\n",
        news__toast="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from telex_start.app import app\n",
        app__app="from ..news import flood, text\nfrom ..events import Event\n",
        events="",
    )

    assert house.forbidden() == [
        "news/flood.py:1 imports telex_start.app.app",
        "news/text.py:2 imports telex_start.app.app",
        "news/toast.py:3 imports telex_start.app.app",
    ]


def test_a_sandbox_that_uses_the_client_is_found(tmp_path: Path) -> None:
    house = _made(tmp_path, sandbox__hub="from ..events import Event\n", events="")

    assert house.forbidden() == ["sandbox/hub.py:1 imports telex_start.events"]


def test_a_package_that_the_table_does_not_know_is_found(tmp_path: Path) -> None:
    assert _made(tmp_path, helpers__all="").forbidden() == ["no row for the package 'helpers'"]


def test_a_circle_is_found(tmp_path: Path) -> None:
    house = _made(
        tmp_path, push__channel="from . import frames\n", push__frames="def late():\n    from . import channel\n"
    )

    assert house.circle(_package) == []
    assert set(house.circle(lambda path: path)) == {"push/channel.py", "push/frames.py"}
    packages = _made(tmp_path, net__https="from ..push import frames\n", push__frames="from ..net import https\n")
    assert set(packages.circle(_package)) == {"net", "push"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("import time", "imports time"),
        ("from os import path", "imports os"),
        ("import urllib.request", "imports urllib.request"),
        ("from ..net import https", "imports telex_start.net.https"),
        ("from . import websocket", "imports telex_start.push.websocket"),
        ("from importlib import import_module", "imports importlib"),
        ("text = open('file').read()", "calls open"),
    ],
)
def test_what_a_pure_module_must_not_do_is_found(tmp_path: Path, line: str, fault: str) -> None:
    house = _made(tmp_path, push__frames=f"{line}\n", push__websocket="import select\n", net__https="import ssl\n")

    assert house.impure() == [f"push/frames.py:1 {fault}"]


@pytest.mark.parametrize(
    ("line", "library"),
    [
        ("import truststore", "truststore"),
        ("from truststore._api import SSLContext", "truststore._api"),
        ("import tkinter", "tkinter"),
        ("import numpy", "numpy"),
        ("importlib.import_module('Xlib.display')", "Xlib.display"),
        ("import_module(f'plyer.platforms.{name}')", "plyer.platforms"),
    ],
)
def test_a_library_used_by_another_than_its_owner_is_found(tmp_path: Path, line: str, library: str) -> None:
    house = _made(tmp_path, session__telex_api=f"{line}\n", push__websocket="import websocket\nimport json\n")

    assert house.trespassing() == [f"session/telex_api.py:1 imports {library}"]


def test_an_owner_that_is_gone_is_found(tmp_path: Path) -> None:
    faults = _made(tmp_path, net__sockets="import truststore\n").unowned()

    assert "push/websocket.py does not import websocket" in faults
    assert "net/sockets.py does not import truststore" not in faults


def test_a_row_that_nothing_needs_is_found(tmp_path: Path) -> None:
    faults = _made(tmp_path, app__app="", news__text="").superfluous()

    assert "'app' does not import 'news'" in faults
    assert "the package 'push' is empty" in faults
    assert "the package 'app' is empty" not in faults
