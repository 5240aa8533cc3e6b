"""The files and make targets that the documents name exist, and every package is described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "pyproject.toml"]
HISTORY = {"CHANGELOG.md"}
"""Documents that may name files which do not exist any more."""

_FILE = re.compile(r"(?<![\w./~$])(?:[\w.]+/)*\w+\.(?:py|md|toml|json)\b(?!/)")
_FOLDER = re.compile(r"`((?:\w+/)+)`")
_LINK = re.compile(r"\]\(([^)#:]+)\)")
_TARGET = re.compile(r"(?:`|^    )make ([a-z-]+)", re.MULTILINE)


def _lacking(text: str, folder: Path) -> Iterator[str]:
    """What the text names and is missing: make targets, and files below the root, the package or ``folder``."""
    places = (ROOT, ROOT / "telex_start", folder)
    for name in [*_FILE.findall(text), *_FOLDER.findall(text)]:
        if ("/" in name or name.endswith(".py")) and not any((place / name).exists() for place in places):
            yield name
    yield from (link for link in _LINK.findall(text) if not (folder / link).exists())
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    yield from (f"make {name}" for name in _TARGET.findall(text) if name not in targets)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    if document.name not in HISTORY:
        assert list(_lacking(document.read_text(), document.parent)) == []


def test_each_package_is_in_the_table_of_packages() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text[text.index("## The packages") : text.index("## Threads")]
    house = ROOT / "telex_start"
    folders = [f"`{path.name}/`" for path in house.iterdir() if (path / "__init__.py").exists()]
    modules = [path.stem for path in house.glob("*.py") if path.stem != "__init__"]
    named = {word for row in re.findall(r"the root's `([^`]+)`", table) for word in row.split()}
    assert [name for name in folders if name not in table] == []
    assert set(modules) ^ named == set()
