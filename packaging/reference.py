"""Writes the man page and the shells' completions into `assets/` or another folder: ``reference.py [FOLDER]``.

argparse-manpage and shtab make them from the parsers of the program. Run by `make man completions`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

import shtab
from argparse_manpage.manpage import Manpage

from telex_start import __version__, command_line
from telex_start.sandbox import command as sandbox

ROOT = Path(__file__).resolve().parent.parent

BASH = """\
# bash breaks --option=value into three words: without the middle one it is --option value.
_telex_start() {
  local word words=()
  for word in "${COMP_WORDS[@]:0:COMP_CWORD}"; do
    [[ $word == = ]] || words+=("$word")
  done
  local COMP_WORDS=("${words[@]}" "${COMP_WORDS[COMP_CWORD]#=}") COMP_CWORD=${#words[@]}
  _shtab_telex_start
}

complete -o bashdefault -F _telex_start """


def main(folder: Path) -> None:
    """Write the man page and the completions."""
    os.environ["NO_COLOR"] = "1"  # argparse of Python 3.14 asks the terminal
    (folder / "telex-start.1").write_text(man_page(), encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        made = values_after_equals_signs(shtab.complete(whole(), shell), shell).rstrip()
        (folder / "completions" / f"telex-start.{shell}").write_text(f"{made}\n", encoding="utf-8")


def whole() -> argparse.ArgumentParser:
    """One parser with a subparser for each command."""
    agent: argparse.ArgumentParser = command_line.parser()
    agent.epilog = None  # the list of commands
    commands = agent.add_subparsers(title="commands", metavar="COMMAND", prog=command_line.PROGRAM)
    for name, what in command_line.COMMANDS.items():
        parser = sandbox.parser() if name == "sandbox" else command_line.parser(name)
        word = parser.format_usage().rpartition("]")[2].strip()
        usage = f"{parser.prog} [OPTIONS] {word}".rstrip()  # without the options' names, which follow anyway
        commands.add_parser(
            name, help=what, usage=usage, description=parser.description, parents=[parser], add_help=False
        )
    return agent


def values_after_equals_signs(script: str, shell: str) -> str:
    """The script, made to complete what follows ``--option=`` too, which shtab 1.13 does for fish alone."""
    if shell == "zsh":
        return re.sub(r'^(  "--[\w-]+)(?=\[.*\]:)', r"\1=", script, flags=re.MULTILINE)
    if shell == "bash":
        return script.replace("complete -o bashdefault -F _shtab_telex_start ", BASH)
    return script


def man_page() -> str:
    """The text of telex-start(1)."""
    agent = whole()
    what = command_line.WHAT.rstrip(".")
    agent.description = None  # it is that of the section NAME
    page = Manpage(
        agent,
        format="single-commands-section",
        _data={
            "project_name": "Telex Start",
            "version": __version__,
            "date": released(),
            "description": what[0].lower() + what[1:],
            "manual_title": "User Commands",
            "include": ROOT / "packaging" / "man.include",
        },
    )
    # argparse-manpage 4.8 has a blank line before a macro that makes one, and a date that mandoc 1.14 cannot read.
    text: str = re.sub(r"\n+(?=\n\.)", "", str(page))
    return re.sub(r"(?<=\d)\\-(?=\d)", "-", text, count=2)


def released() -> str:
    """The day of the last release."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return str(re.findall(r"^## \[\d.*\] - (\S+)$", changes, re.MULTILINE)[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "assets")
