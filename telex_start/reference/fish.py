"""Completion for fish, 3.0 and newer."""

from __future__ import annotations

from collections.abc import Iterator

from ..command_line import PROGRAM, Option, Subcommand

_TEXT = """\
# fish completion for {program}; made by `python -m telex_start.reference fish`

function __telex_start_is -d 'Whether this command is being written; none: that of the agent'
    set -l words (commandline -opc)
    set -l command
    if test (count $words) -gt 1; and contains -- $words[2] {names}
        set command $words[2]
    end
    test "$command" = "$argv[1]"
end

function __telex_start_first -d 'Whether the first word is being written'
    test (count (commandline -opc)) -eq 1
end

complete -c {program} -f
{lines}
"""


def made(commands: list[Subcommand]) -> str:
    """The text of the file."""
    names = " ".join(command.name for command in commands if command.name)
    lines = [line for command in commands for line in _of(command)]
    return _TEXT.format(program=PROGRAM, names=names, lines="\n".join(lines))


def _of(command: Subcommand) -> Iterator[str]:
    here = f"__telex_start_is {command.name}".rstrip()
    if command.name:
        yield f"\ncomplete -c {PROGRAM} -n __telex_start_first -a {command.name} -d {_quoted(command.what)}"
    if command.argument is not None:
        words = " ".join(command.argument.values)
        once = f"{here}; and not __fish_seen_subcommand_from {words}"
        what = _quoted(command.argument.what)
        yield f"complete -c {PROGRAM} -n {_quoted(once)} -a {_quoted(words)} -d {what}"
    for option in command.options:
        yield f"complete -c {PROGRAM} -n {_quoted(here)} -l {option.name[2:]}{_value(option)} -d {_quoted(option.what)}"


def _value(option: Option) -> str:
    if option.values:
        return f" -x -a {_quoted(' '.join(option.values))}"
    if option.value == "FILE":
        return " -r -F"
    return " -x" if option.value else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
