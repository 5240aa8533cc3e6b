"""Completion for bash, with nothing but bash: the package bash-completion loads it, and is not needed by it."""

from __future__ import annotations

from ..command_line import PROGRAM, Subcommand

_TEXT = """\
# bash completion for {program}; made by `python -m telex_start.reference bash`

_telex_start() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command='' options='' arguments='' word
    # bash breaks --option=value into three words.
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    if (( COMP_CWORD > 1 )); then
        case ${{COMP_WORDS[1]}} in
            {names}) command=${{COMP_WORDS[1]}} ;;
        esac
    fi
    COMPREPLY=()
    case $command:$prev in
{values}
    esac
    case $command in
{commands}
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ -n $command ]]; then
        for word in "${{COMP_WORDS[@]:2:COMP_CWORD-2}}"; do
            if [[ " $arguments " == *" $word "* ]]; then return; fi
        done
        COMPREPLY=($(compgen -W "$arguments" -- "$cur"))
    elif (( COMP_CWORD == 1 )); then
        COMPREPLY=($(compgen -W "$arguments" -- "$cur"))
    fi
}}

complete -F _telex_start {program}
"""


def made(commands: list[Subcommand]) -> str:
    """The text of the file."""
    names = [command.name for command in commands if command.name]
    values, cases = [], []
    offered: dict[str, list[str]] = {}
    for command in commands:
        options = " ".join(option.name for option in command.options)
        words = names if not command.name else command.argument.values if command.argument else ()
        cases.append(f"        {command.name or chr(39) * 2})\n            options='{options}'")
        cases.append(f"            arguments='{' '.join(words)}'\n            ;;")
        for option in command.options:
            if option.value:
                offered.setdefault(_offer(option.value, option.values), []).append(f"{command.name}:{option.name}")
    for offer, places in offered.items():
        values.append(f"        {' | '.join(places)})\n{offer}            return\n            ;;")
    return _TEXT.format(
        program=PROGRAM, names=" | ".join(names), values="\n".join(_wrapped(values)), commands="\n".join(cases)
    )


def _offer(value: str, words: tuple[str, ...]) -> str:
    if words:
        return f"            COMPREPLY=($(compgen -W '{' '.join(words)}' -- \"$cur\"))\n"
    if value == "FILE":
        return (
            "            compopt -o filenames 2>/dev/null\n"
            "            local IFS=$'\\n'\n"
            '            COMPREPLY=($(compgen -f -- "$cur"))\n'
        )
    return ""


def _wrapped(cases: list[str]) -> list[str]:
    """Long lists of places with a line break after every third."""
    done = []
    for case in cases:
        head, rest = case.split(")\n", 1)
        places = head.strip().split(" | ")
        lines = [" | ".join(places[at : at + 3]) for at in range(0, len(places), 3)]
        done.append("        " + " | \\\n        ".join(lines) + ")\n" + rest)
    return done
