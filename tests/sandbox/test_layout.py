"""The rooms of the sandbox: which may import which, and that none imports the program that it tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import telex_start.sandbox

SANDBOX = Path(telex_start.sandbox.__file__).parent

GROUND = {"certificates", "json_writer", "server_clock", "token_signer", "traffic_log"}
"""Modules beside the rooms that know none of them. The others put the rooms together, and no room imports those."""
ALLOWED = {
    "backend": GROUND,
    "push": GROUND,
    "centrifugo": GROUND | {"push"},
    "control": GROUND | {"backend", "push"},
}
"""What a room may import beside itself."""


def imported(module: Path) -> set[str]:
    """The rooms and top modules of the sandbox that a module imports, by their first name."""
    package = module.relative_to(SANDBOX).parent.parts
    found = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            assert node.level <= len(package) + 1, f"{module} leaves the sandbox"
            path = [*base, *(node.module or "").split(".")]
            # ``from . import codes`` names the module only after the import.
            found |= {path[0]} if path[0] else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not any(name.split(".")[0] in ("telex_start", "tests") for name in names), module
    return found


def test_every_room_is_known() -> None:
    assert {path.parent.name for path in SANDBOX.glob("*/__init__.py")} == set(ALLOWED)


def test_rooms_import_only_what_is_below_them() -> None:
    wrong = []
    for room, allowed in ALLOWED.items():
        for module in sorted((SANDBOX / room).glob("*.py")):
            wrong += [f"{room}/{module.name} imports {name}" for name in sorted(imported(module) - allowed - {room})]
    assert not wrong


def test_ground_modules_import_no_room() -> None:
    for name in sorted(GROUND):
        assert imported(SANDBOX / f"{name}.py") <= GROUND, name


_IMPORT_ALL = """
import importlib, pkgutil, sys
import telex_start.sandbox
for module in pkgutil.walk_packages(telex_start.sandbox.__path__, "telex_start.sandbox."):
    importlib.import_module(module.name)
print(*[name for name in sys.modules if name.partition(".")[0] == "telex_start"])
"""


def test_it_imports_nothing_of_the_program_it_tests() -> None:
    """A server that shared the client's decoder would hide the client's faults."""
    command = [sys.executable, "-c", _IMPORT_ALL]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SANDBOX.parent.parent)
    names = set(loaded.stdout.split())
    assert "telex_start.sandbox.push.hub" in names
    assert {name for name in names if not name.startswith("telex_start.sandbox")} == {"telex_start"}
