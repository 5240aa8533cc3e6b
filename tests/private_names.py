"""``python -m tests.private_names [PATHS]``: lists where tests use the product's private names. Ends with 1 if any.

It counts a private name that the product defines and no module of the tests defines, wherever a test imports it, uses
it as an attribute, or has it as a string; also in programs that are strings.
"""

from __future__ import annotations

import ast
import contextlib
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PRIVATE = re.compile(r"_[A-Za-z]\w*")
_OF_NAMED_TUPLES = {"_replace", "_asdict", "_fields", "_make"}
_IN_STRING = re.compile(r"(?:telex_start[\w.]*\.)?(_\w+)")


def _defined_below(folder: Path) -> set[str]:
    """The private names of functions, classes, variables and attributes in a folder's modules."""
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    names.add(name)
    return set(filter(_PRIVATE.match, names))


def _nodes(tree: ast.AST) -> Iterator[tuple[int, ast.AST]]:
    """All nodes with their lines, also those of programs in strings."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        yield line, node
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "telex_start" in node.value:
            with contextlib.suppress(SyntaxError):
                yield from ((line + inner, found) for inner, found in _nodes(ast.parse(textwrap.dedent(node.value))))


def found(path: Path, theirs: set[str]) -> Iterator[tuple[int, str]]:
    """The uses of private names in a module: line and name of each."""
    for line, node in _nodes(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(attr=name) if name in theirs:
                yield line, name
            case ast.ImportFrom(module=str() as module, names=names) if module.startswith("telex_start"):
                yield from ((line, alias.name) for alias in names if _PRIVATE.fullmatch(alias.name))
            case ast.Constant(value=str() as text) if (match := _IN_STRING.fullmatch(text)) and match[1] in theirs:
                yield line, match[1]


def main() -> int:
    theirs = _defined_below(ROOT / "telex_start") - _OF_NAMED_TUPLES - _defined_below(ROOT / "tests")
    count = 0
    for root in [Path(name).resolve() for name in sys.argv[1:]] or [ROOT / "tests"]:
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            for line, name in sorted(found(path, theirs)):
                print(f"{path.relative_to(ROOT)}:{line} {name}")
                count += 1
    print(f"private names: {count}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
