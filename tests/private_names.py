"""``python -m tests.private_names [PATHS]``: where tests reach for what is private in the product. Ends with 1 if any.

Counted is a private name that the product defines, and that no module of the tests in sight does (its own, and what
it imports, or what that does), or that is taken from what a class of the product made: where it is imported, an
attribute, overridden, or a string; in programs that are strings, too.
"""

from __future__ import annotations

import ast
import contextlib
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PRIVATE = re.compile(r"_[A-Za-z]\w*")
_OF_NAMED_TUPLES = {"_replace", "_asdict", "_fields", "_make"}
_IN_STRING = re.compile(r"(?:telex_start[\w.]*\.)?(_\w+)")


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _defined(node: ast.AST, in_function: bool = False) -> Iterator[str]:
    """What is defined here for others: of modules and classes all, of functions what they set in ``self``."""
    for child in ast.iter_child_nodes(node):
        inner = in_function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not in_function:
                yield child.name
            inner = in_function or not isinstance(child, ast.ClassDef)
        elif isinstance(child, ast.Name | ast.Attribute) and isinstance(child.ctx, ast.Store):
            if isinstance(child, ast.Name) and not in_function:
                yield child.id
            elif isinstance(child, ast.Attribute) and ast.unparse(child.value) in {"self", "cls"}:
                yield child.attr
        yield from _defined(child, inner)


@cache
def _defined_in(path: Path) -> set[str]:
    return {name for name in _defined(_parsed(path)) if _PRIVATE.fullmatch(name)}


def _imported(path: Path, package: str) -> Iterator[tuple[str, str]]:
    """(Module, name) of what is imported from this package."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.ImportFrom):
            folders = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join((*folders, *filter(None, [node.module])))
            yield from ((module, name.name) for name in node.names if module.split(".")[0] == package)


def _in_sight(path: Path) -> set[Path]:
    """This module of the tests, and those that it imports, and so on."""
    found, new = set[Path](), {path}
    while new:
        found |= new
        names = {
            name for file in new for module, last in _imported(file, "tests") for name in (module, f"{module}.{last}")
        }
        new = {file for name in names if (file := ROOT / f"{name.replace('.', '/')}.py").is_file()} - found
    return found


def _made_of(node: ast.AST) -> tuple[ast.AST | None, ast.AST | None]:
    """A name that is bound here, and by what class or call."""
    match node:
        case ast.arg(annotation=made):
            return node, made
        case ast.Assign(targets=[name], value=ast.Call(func=made)):
            return name, made
        case ast.withitem(context_expr=ast.Call(func=made), optional_vars=name):
            return name, made
    return None, None


def _nodes(tree: ast.AST) -> Iterator[tuple[int, ast.AST]]:
    """All nodes and their lines; those of programs in strings, too."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        yield line, node
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "telex_start" in node.value:
            with contextlib.suppress(SyntaxError):
                yield from ((line + inner, found) for inner, found in _nodes(ast.parse(textwrap.dedent(node.value))))


def found(path: Path, of_product: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of each."""
    theirs = of_product.difference(*map(_defined_in, _in_sight(path)))
    bases = {name for _, name in _imported(path, "telex_start")}
    pairs = map(_made_of, ast.walk(_parsed(path)))
    objects = {ast.unparse(name).split(":")[0] for name, made in pairs if name and getattr(made, "id", "") in bases}
    for line, node in _nodes(_parsed(path)):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            counted = theirs | of_product if ast.unparse(node.value) in objects else theirs
            names = [node.attr] if node.attr in counted else []
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("telex_start"):
            names = [alias.name for alias in node.names if _PRIVATE.fullmatch(alias.name)]
        elif isinstance(node, ast.ClassDef) and bases & {getattr(base, "id", "") for base in node.bases}:
            names = [name for name in _defined(node) if name in of_product and _PRIVATE.fullmatch(name)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            match = _IN_STRING.fullmatch(node.value)
            names = [match[1]] if match and match[1] in theirs else []
        yield from ((line, name) for name in names)


def main() -> int:
    of_product = set[str]().union(*(_defined_in(path) for path in (ROOT / "telex_start").rglob("*.py")))
    of_product -= _OF_NAMED_TUPLES
    totals = Counter[str]()
    for root in [Path(name).resolve() for name in sys.argv[1:]] or [ROOT / "tests"]:
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            where = path.relative_to(ROOT)
            for line, name in sorted(found(path, of_product)):
                print(f"{where}:{line} {name}")
                totals[str(where.parent)] += 1
    print("".join(f"{folder}: {count}\n" for folder, count in totals.items()) + f"private names: {totals.total()}")
    return 1 if totals else 0


if __name__ == "__main__":
    sys.exit(main())
