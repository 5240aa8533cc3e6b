"""Completion for zsh, by its own `_arguments`."""

from __future__ import annotations

from ..command_line import PROGRAM, Option, Subcommand

_TEXT = """\
#compdef {program}
# zsh completion for {program}; made by `python -m telex_start.reference zsh`

local context state line
typeset -A opt_args

if (( CURRENT > 2 )); then
  case $words[2] in
{commands}
  esac
fi
if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
  local -a commands
  commands=(
{list}
  )
  _describe -t commands command commands
  return
fi
_arguments \\
{agent}
"""


def made(commands: list[Subcommand]) -> str:
    """The text of the file."""
    agent, *others = commands
    cases = []
    for command in others:
        specs = [_spec(option, "      ") for option in command.options]
        if command.argument is not None:
            words = " ".join(command.argument.values)
            specs.append(f"      {_quoted(f'1:{command.argument.name}:({words})')}")
        cases.append(
            f"    {command.name})\n      shift words; (( CURRENT-- ))\n      _arguments \\\n"
            + " \\\n".join(specs)
            + "\n      return\n      ;;"
        )
    return _TEXT.format(
        program=PROGRAM,
        commands="\n".join(cases),
        list="\n".join(f"    {_quoted(command.name + ':' + command.what)}" for command in others),
        agent=" \\\n".join(_spec(option, "  ") for option in agent.options),
    )


def _spec(option: Option, indent: str) -> str:
    what = option.what.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    alone = "(- *)" if option.name in ("--help", "--version") else ""
    if not option.value:
        return f"{indent}{_quoted(f'{alone}{option.name}[{what}]')}"
    offered = f"({' '.join(option.values)})" if option.values else "_files" if option.value == "FILE" else " "
    return f"{indent}{_quoted(f'{option.name}=[{what}]:{option.value}:{offered}')}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
