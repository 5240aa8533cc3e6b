"""The pure modules stay pure: they use no socket, clock, chance, thread or file, and import no module that does.

Who may import whom, and which module owns a library, is in pyproject.toml (import-linter, by ``make lint``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import telex_start

HOUSE = Path(telex_start.__file__).parent
PURE = (
    *("errors.py", "states.py", "menu.py", "toast.py", "events.py", "tray_view.py", "config.py", "sign_in_link.py"),
    *("news/*.py", "push/*.py"),
)
THE_WAY_OUT = HOUSE / "push" / "websocket.py"
LIBRARIES = {
    *("__future__", "collections", "collections.abc", "contextlib", "dataclasses", "difflib", "enum", "functools"),
    *("html", "html.parser", "itertools", "json", "math", "operator", "re", "typing", "unicodedata", "urllib.parse"),
    *("base64", "hashlib"),
    "logging",  # it writes, but nothing that these modules decide depends on it
}
CALLS = {"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint"}
MODULES = sorted({path for pattern in PURE for path in HOUSE.glob(pattern)} - {THE_WAY_OUT})


def impure(text: str, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name not in LIBRARIES)
            case ast.ImportFrom(level=0, module=str() as module):
                yield from [] if module in LIBRARIES else [module]
            case ast.ImportFrom(level=level, module=module):
                base = path.parents[level - 1].joinpath(*(module or "").split("."))
                for alias in node.names:
                    found = next(
                        (one for one in (base / f"{alias.name}.py", base.with_suffix(".py")) if one.exists()), base
                    )
                    if found not in MODULES and found != HOUSE:
                        yield str(found.relative_to(HOUSE))
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_what_is_pure_stays_pure(path: Path) -> None:
    assert list(impure(path.read_text(encoding="utf-8"), path)) == []
