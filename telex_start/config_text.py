"""Edits settings in the text of a ``config.toml`` as a person would: only the lines of those settings change.

The text is split into *statements*: a header, a key with its value, a comment or a blank line. If a setting has a
statement, tomlkit changes the setting in it (only this module uses tomlkit); else a new line follows similar ones. The
result is parsed again, and counts only if it says exactly what it should and has kept every comment. Pure.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import tomlkit
from tomlkit.items import Array, InlineTable

from .config import organisation_of

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'|(?P<comment>\#[^\r\n]*)",
    re.DOTALL,
)
"""A string, which may hold a ``#``, or a comment (TOML v1.0.0, *Comment* and *String*)."""
_Steps = tuple[str, ...]


class CannotChange(ValueError):
    """The text is so written that it can only be changed by hand."""


class _Statement(NamedTuple):
    """The smallest run of whole lines that parses as TOML by itself."""

    text: str
    section: _Steps
    """The section it is in; for a header, the section that the header opens."""
    says: Mapping[str, Any]
    """For a key: its value, nested in the steps that are written here. Empty for any other statement."""

    @property
    def is_header(self) -> bool:
        return self.text.lstrip().startswith("[")


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
    for way in _Change(text, steps, value, newline).ways():
        try:
            made = way()
            if _said(tomllib.loads(made)) == expected and not before - Counter(comments(made)):
                return made
        except Exception:  # tomlkit also raises exceptions of other kinds; each result is checked anyway
            continue
    raise CannotChange(key)


def comments(text: str) -> list[str]:
    """All comments of a TOML text, each from its ``#`` to the end of its line."""
    return [found["comment"] for found in _TOKEN.finditer(text) if found["comment"] is not None]


def _with(data: dict[str, Any], steps: _Steps, value: Any | None) -> dict[str, Any]:
    """The data that the changed text must parse to; ``data`` itself is changed."""
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
    """The data as a text, for comparing. Empty sections are left out."""

    def pruned(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: kept for key, item in value.items() if (kept := pruned(item)) != {}}

    return json.dumps(pruned(data), sort_keys=True, default=repr)


def _statements(text: str) -> Iterator[_Statement]:
    section: _Steps = ()
    lines = ""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        lines += line
        try:
            says: Any = tomllib.loads(lines)
        except tomllib.TOMLDecodeError:
            continue  # the statement goes on in the next line
        if lines.lstrip().startswith("["):
            section = ()
            while says:
                [(step, says)] = says.items() if isinstance(says, dict) else [("[[]]", {})]
                section += (step,)
        yield _Statement(lines, section, says)
        lines = ""


class _Change:
    """The ways to make one change."""

    def __init__(self, text: str, steps: _Steps, value: Any | None, newline: str) -> None:
        self._statements = list(_statements(text))
        self._steps = steps
        self._value = value
        self._newline = newline

    def ways(self) -> Iterator[Callable[[], str]]:
        """All ways, the best first."""
        if self._value is None:
            yield self._removed
            return
        yield self._replaced
        if len(self._steps) == 1:
            yield self._at_top
            return
        yield lambda: self._in_section(1)
        yield self._in_new_section
        for inner in range(2, len(self._steps)):
            yield lambda inner=inner: self._in_section(inner)  # type: ignore[misc]

    def _replaced(self) -> str:
        number = self._holding(self._steps)[0]
        return self._text(number, number + 1, self._within(number, self._value))

    def _removed(self) -> str:
        number = self._holding(self._steps)[0]
        text = self._statements[number].text
        if isinstance(self._table(tomlkit.parse(text), number), InlineTable):
            return self._text(number, number + 1, self._within(number, None))
        indent = text[: len(text) - len(text.lstrip())]
        kept = "".join(f"{indent}{comment}{self._newline}" for comment in comments(text))
        self._statements[number] = _Statement(kept, (), {})
        header = self._header(self._steps[:-1])
        if header is not None and self._last_of(header) == header and not comments(self._statements[header].text):
            return self._text(header, header + 1, "")
        return self._text()

    def _at_top(self) -> str:
        """A new line outside all sections: behind the last key there, or else before the first section."""
        line = self._line(self._steps)
        first = next((n for n, one in enumerate(self._statements) if one.is_header), None)
        last = next((n for n, one in reversed([*enumerate(self._statements[:first])]) if one.says), None)
        if last is not None or first is None:
            return self._behind(last if last is not None else len(self._statements) - 1, line)
        while first and self._statements[first - 1].text.lstrip().startswith("#"):
            first -= 1  # this comment is about the section
        return self._text(first, first, line + self._newline)

    def _in_section(self, inner: int) -> str:
        """A new line in an existing section; the key's last ``inner`` steps are written in that line."""
        section = self._steps[:-inner]
        header = self._header(section)
        if header is not None:
            return self._behind(self._last_of(header), self._line(self._steps[-inner:]))
        last = self._holding(section)[-1]
        if isinstance(self._table(tomlkit.parse(self._statements[last].text), last, inner), InlineTable):
            return self._text(last, last + 1, self._within(last, self._value, inner))
        return self._behind(last, self._line(self._steps[len(self._statements[last].section) :]))

    def _in_new_section(self) -> str:
        """A new section: behind the last one below the same section, or at the end."""
        *above, _ = section = self._steps[:-1]
        block = f"[{_spelled(section)}]{self._newline}{self._line(self._steps[-1:])}"
        like = [n for n, one in enumerate(self._statements) if one.is_header and [*one.section[:-1]] == above]
        if above and like:
            return self._behind(self._last_of(like[-1]), self._newline + block)
        text = self._text()
        blank = self._newline if text and not text.endswith((self._newline * 2, "\n\n")) else ""
        return self._behind(len(self._statements) - 1, blank + block)

    def _holding(self, steps: _Steps) -> list[int]:
        """The numbers of the keys' statements that set a value at these steps, or below them."""
        found: list[int] = []
        for number, one in enumerate(self._statements):
            count = len(one.section)
            here: Any = one.says
            if not one.is_header and one.section == steps[:count]:
                for step in steps[count:]:
                    here = here.get(step) if isinstance(here, dict) else None
                if here not in (None, {}):
                    found.append(number)
        return found

    def _header(self, section: _Steps) -> int | None:
        return next((n for n, one in enumerate(self._statements) if one.is_header and one.section == section), None)

    def _last_of(self, header: int) -> int:
        """The number of the last key below a header; the header's own if there is none."""
        last = header
        for number, one in enumerate(self._statements[header + 1 :], header + 1):
            if one.is_header:
                break
            last = number if one.says else last
        return last

    def _table(self, document: Any, number: int, inner: int = 1) -> Any:
        """The table of a parsed statement in which the last ``inner`` steps of the setting stand."""
        for step in self._steps[len(self._statements[number].section) : -inner]:
            document = document[step]
        return document

    def _within(self, number: int, value: Any | None, inner: int = 1) -> str:
        """A statement with the setting in it, or without it (``None``). The last ``inner`` steps are set in a table."""
        document = tomlkit.parse(self._statements[number].text)
        table = self._table(document, number, inner)
        first, *further = self._steps[-inner:]
        if value is None:
            table.remove(first)
            return document.as_string()
        for step in reversed(further):
            value = {step: value}
        old = table.get(first)
        inside = comments(old.as_string()) if isinstance(old, Array) else []
        if inside:
            items = [f"    {', '.join(tomlkit.item(item).as_string() for item in value)},"] if value else []
            lines = ["value = [", *(f"    {comment}" for comment in inside), *items, "]"]
            value = tomlkit.parse(self._newline.join(lines))["value"]
        table[first] = value
        return document.as_string()

    def _line(self, steps: _Steps) -> str:
        return f"{_spelled(steps)} = {tomlkit.item(self._value).as_string()}{self._newline}"

    def _behind(self, number: int, lines: str) -> str:
        """The text with lines behind a statement."""
        last = self._statements[number].text if self._statements else "\n"
        return self._text(number + 1, number + 1, lines if last.endswith("\n") else self._newline + lines)

    def _text(self, begin: int = 0, end: int = 0, instead: str = "") -> str:
        """The text with ``instead`` in place of the statements from ``begin`` to before ``end``."""
        texts = [one.text for one in self._statements]
        return "".join([*texts[:begin], instead, *texts[end:]])


def _spelled(steps: _Steps) -> str:
    """Keys as they are written, with dots between; an organisation's name in quotes."""
    return ".".join(step if re.fullmatch("[a-z_]+", step) else tomlkit.string(step).as_string() for step in steps)
