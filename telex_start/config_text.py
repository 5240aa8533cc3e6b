"""Changes settings in the text of a ``config.toml`` as a person would: only their lines, everything else as it stands.

The owner of tomlkit, which knows where in the text a value is. New lines are put beside their like; where tomlkit alone
would drop a comment, or tear one from what it belongs to, the place is found here. What was made is read again by
tomllib, and counts only if it says exactly what it should. Pure.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.items import AoT, Array, Comment, InlineTable, Item, Key, Null, Table, Trivia, Whitespace

from .config import organisation_of

_MARK = "\0"
"""Stands where lines come in or go, until the text is made; no TOML holds it."""
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'|(?P<comment>\#[^\r\n]*)",
    re.DOTALL,
)
"""A string, which may hold the sign that a comment begins with, or a comment (TOML v1.0.0, *Comment* and *String*)."""
_Place = tuple[Container, int]
"""An entry of a part of the document: the part, and the entry's number in its body."""


class CannotChange(ValueError):
    """The text is so written that it can only be changed by hand."""


def change(text: str, key: str, value: Any | None) -> str:
    """The text with one setting changed.

    Args:
        text: TOML; line ends of either kind.
        key: With dots, as in :mod:`.config`.
        value: ``None`` takes the setting out.

    Raises:
        CannotChange: the setting stands where this cannot get at it.
        tomllib.TOMLDecodeError: the text is no TOML.
    """
    name = organisation_of(key)
    steps = ("organisations", name, "notify") if name is not None else tuple(key.split("."))
    expected = _said(_with(tomllib.loads(text), steps, value))
    if _said(tomllib.loads(text)) == expected:
        return text
    before = Counter(comments(text))
    newline = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
    ways = _ways_out if value is None else _ways_in
    for way in ways(text, steps, value, newline):
        try:
            made = way()
            if _said(tomllib.loads(made)) == expected and not before - Counter(comments(made)):
                return made
        except Exception:  # not all that tomlkit raises is of its own kind; what comes of a way is looked at anyway
            continue
    raise CannotChange(key)


def comments(text: str) -> list[str]:
    """All comments of a TOML text, each from its sign to the end of its line."""
    return [found["comment"] for found in _TOKEN.finditer(text) if found["comment"] is not None]


def _with(data: dict[str, Any], steps: tuple[str, ...], value: Any | None) -> dict[str, Any]:
    """The data that the changed text is to say."""
    *sections, last = steps
    here: Any = data
    for step in sections:
        here = here.setdefault(step, {})
        if not isinstance(here, dict):
            raise CannotChange(".".join(steps))
    if value is None:
        here.pop(last, None)
    else:
        here[last] = value
    return data


def _said(data: Any) -> str:
    """What data say, for comparing. A section of which nothing is left says nothing."""

    def pruned(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: kept for key, item in value.items() if (kept := pruned(item)) != {}}

    return json.dumps(pruned(data), sort_keys=True, default=repr)


# --- ways to change it ----------------------------------------------------------------------------------------------


def _ways_in(text: str, steps: tuple[str, ...], value: Any, newline: str) -> Iterator[Callable[[], str]]:
    """Ways to set a value, the best first."""
    line = f"{_spelled(steps[-1:])} = {tomlkit.item(value).as_string()}"
    yield lambda: _replaced(text, steps, value, newline)
    if len(steps) == 1:
        yield lambda: _at_top(text, line, newline)
        return
    yield lambda: _in_section(text, steps, 1, value, newline)
    yield lambda: _in_new_section(text, steps, line, newline)
    for inner in range(2, len(steps)):
        yield lambda inner=inner: _in_section(text, steps, inner, value, newline)  # type: ignore[misc]


def _ways_out(text: str, steps: tuple[str, ...], value: None, newline: str) -> Iterator[Callable[[], str]]:
    yield lambda: _removed(text, steps, newline)


def _replaced(text: str, steps: tuple[str, ...], value: Any, newline: str) -> str:
    document = tomlkit.parse(text)
    for part, number in _places(document, steps):
        key, old = part.body[number]
        new = _in_place_of(old, value, newline)
        new.trivia.indent, new.trivia.trail = old.trivia.indent, old.trivia.trail
        new.trivia.comment_ws, new.trivia.comment = old.trivia.comment_ws, old.trivia.comment
        part.body[number] = (key, new)
        return tomlkit.dumps(document)
    raise CannotChange


def _in_place_of(old: Item, value: Any, newline: str) -> Item:
    """The value, with the comments that stand within the old one."""
    new: Item = tomlkit.item(value)
    inside = comments(old.as_string())
    if not inside or not isinstance(new, Array):
        return new
    items = ", ".join(tomlkit.item(item).as_string() for item in value)
    lines = ["[", *(f"    {comment}" for comment in inside), *([f"    {items},"] if items else []), "]"]
    return tomlkit.parse(f"value = {newline.join(lines)}").body[0][1]


def _removed(text: str, steps: tuple[str, ...], newline: str) -> str:
    document = tomlkit.parse(text)
    for part, number in _places(document, steps):
        holder = _holder(document, part)
        _, old = part.body[number]
        if isinstance(holder, InlineTable):
            holder.remove(steps[-1])
            return tomlkit.dumps(document)
        trivia = old.trivia
        kept = [*comments(old.as_string()), *([trivia.comment] if trivia.comment else [])]
        if _is_table(old):
            raise CannotChange
        end = trivia.trail or newline
        part.body[number : number + 1] = [
            (None, Comment(Trivia(trivia.indent, "", comment, end if comment is not kept[-1] else trivia.trail)))
            for comment in kept
        ]
        return _without_empty_header(tomlkit.dumps(document), steps[:-1])
    raise CannotChange


def _without_empty_header(text: str, section: tuple[str, ...]) -> str:
    """The text without the header of a section that has no key; what stands below it stays."""
    if not section:
        return text
    document = tomlkit.parse(text)
    for part, number in _places(document, section):
        table = part.body[number][1]
        empty = isinstance(table, Table) and not any(key is not None for key, _ in table.value.body)
        if empty and not table.trivia.comment and not _is_dotted(part, number):
            table.trivia.indent = _MARK + table.trivia.indent
            return re.sub(f"{_MARK}[^\n]*\n?", "", tomlkit.dumps(document))
    return text


# --- places for new lines -------------------------------------------------------------------------------------------


def _at_top(text: str, line: str, newline: str) -> str:
    """A new line of the document itself: behind the last of its own, or before the first section."""
    document = tomlkit.parse(text)
    last = _last_line(document)
    if last is not None:
        return _behind(document, last, line + newline, newline)
    first = next((item for item in map(_headed, document.body) if item is not None), None)
    if first is None:
        return _ended(text, newline) + line + newline
    first.trivia.indent = _MARK + first.trivia.indent
    head, _, rest = tomlkit.dumps(document).partition(_MARK)
    lines = head.splitlines(keepends=True)
    own: list[str] = []
    while lines and lines[-1].lstrip().startswith("#"):
        own.insert(0, lines.pop())  # it tells of the section
    return "".join([*lines, line, newline, newline, *own]) + rest


def _in_section(text: str, steps: tuple[str, ...], inner: int, value: Any, newline: str) -> str:
    """A new line in a section that is there.

    Args:
        inner: So many of the last steps stand in the line.
    """
    document = tomlkit.parse(text)
    line = f"{_spelled(steps[-inner:])} = {tomlkit.item(value).as_string()}{newline}"
    for part, number in _places(document, steps[:-inner]):
        table = part.body[number][1]
        if isinstance(table, InlineTable):
            for step in reversed(steps[len(steps) - inner + 1 :]):
                value = {step: value}
            table.append(steps[-inner], _inline(value))
            return tomlkit.dumps(document)
        if not isinstance(table, Table):
            continue
        last = _last_line(table.value)
        if _is_dotted(part, number):
            if last is not None:
                above = _dotted_from(document, part, steps[:-inner])
                return _behind(document, last, f"{_spelled(above)}.{line}", newline)
        elif not table.is_super_table():
            return _behind(document, last or table, line, newline)
    raise CannotChange


def _in_new_section(text: str, steps: tuple[str, ...], line: str, newline: str) -> str:
    """A new section: behind the last of its kind, or at the end."""
    header = f"[{_spelled(steps[:-1])}]"
    block = f"{header}{newline}{line}{newline}"
    document = tomlkit.parse(text)
    like: Item | None = None
    for part, number in _places(document, steps[:-2]) if steps[:-2] else []:
        table = part.body[number][1]
        if isinstance(table, Table) and not _is_dotted(part, number):
            for key, inner in table.value.body:
                if isinstance(inner, Table) and key is not None and not key.is_dotted() and not inner.is_super_table():
                    like = _last_line(inner.value) or inner
    if like is not None:
        return _behind(document, like, newline + block, newline)
    text = _ended(text, newline)
    blank = newline if text and not text.endswith((newline * 2, "\n\n")) else ""
    return text + blank + block


def _behind(document: Container, item: Item, lines: str, newline: str) -> str:
    """The text with lines behind an item's own."""
    mark = f"{_MARK}\n"  # tomlkit (0.15) ends a line by itself that does not end before a header
    item.trivia.trail += mark
    head, _, rest = tomlkit.dumps(document).partition(mark)
    return _ended(head, newline) + lines + rest


def _ended(text: str, newline: str) -> str:
    return text if not text or text.endswith("\n") else text + newline


# --- the document ---------------------------------------------------------------------------------------------------


def _places(part: Container, steps: tuple[str, ...]) -> Iterator[_Place]:
    """Where in the document it stands what these steps lead to. A section may stand in several places."""
    for number, (key, item) in enumerate(part.body):
        if key is None or key.key != steps[0]:
            continue
        if len(steps) == 1:
            yield part, number
        elif isinstance(item, Table | InlineTable):
            yield from _places(item.value, steps[1:])


def _holder(part: Container, wanted: Container) -> Item | None:
    """The table whose content that part is; ``None`` for the document itself."""
    for _, item in part.body:
        if isinstance(item, Table | InlineTable):
            if item.value is wanted:
                return item
            if (found := _holder(item.value, wanted)) is not None:
                return found
    return None


def _is_table(item: Item) -> bool:
    return isinstance(item, Table | AoT)


def _is_dotted(part: Container, number: int) -> bool:
    """Whether it is a section by a key with dots alone, which has no header."""
    key = part.body[number][0]
    return key is not None and key.is_dotted()


def _dotted_from(part: Container, wanted: Container, steps: tuple[str, ...]) -> tuple[str, ...]:
    """The steps that stand in a line with dots; those before are in the header above it."""
    for count, step in enumerate(steps):
        for number, (key, item) in enumerate(part.body):
            if key is not None and key.key == step and isinstance(item, Table):
                if _is_dotted(part, number):
                    return steps[count:]
                if part is not wanted:
                    part = item.value
                    break
    return steps[-1:]


def _last_line(part: Container) -> Item | None:
    """The last of a part's own lines; not those of sections within it that have a header."""
    last: Item | None = None
    for key, item in part.body:
        if key is None or isinstance(item, Whitespace | Comment | Null | AoT):
            continue
        if not isinstance(item, Table):
            last = item
        elif key.is_dotted():
            last = _last_line(item.value) or last
    return last


def _headed(entry: tuple[Key | None, Item]) -> Item | None:
    """The first item with a header in an entry; ``None`` where it has none."""
    key, item = entry
    if isinstance(item, AoT):
        return item[0] if len(item) else None
    if not isinstance(item, Table) or key is None or key.is_dotted():
        return None
    if item.is_super_table():
        return next((found for found in map(_headed, item.value.body) if found is not None), None)
    return item


def _inline(value: Any) -> Item:
    if not isinstance(value, Mapping):
        item: Item = tomlkit.item(value)
        return item
    table = tomlkit.inline_table()
    for key, inner in value.items():
        table.append(key, _inline(inner))
    return table


def _spelled(steps: tuple[str, ...]) -> str:
    """Keys as they are written, with dots between; an organisation's name in quotes."""
    return ".".join(step if re.fullmatch("[a-z_]+", step) else tomlkit.string(step).as_string() for step in steps)
