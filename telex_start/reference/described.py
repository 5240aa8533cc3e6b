"""All commands with all their options, those of the sandbox too, which it describes by a parser of its own."""

from __future__ import annotations

import argparse

from ..command_line import AGENT, COMMANDS, Option, Subcommand
from ..sandbox import options as sandbox

HELP = Option("--help", "show this help and exit")


def commands() -> list[Subcommand]:
    """What is not hidden: the agent first, whose name is empty, each with ``--help`` as its last option."""
    return [
        command._replace(options=(*_options(command), HELP))
        for command in (AGENT, *COMMANDS.values())
        if not command.hidden
    ]


def _options(command: Subcommand) -> list[Option]:
    if command.own_options:
        return [_option(action) for action in sandbox.parser()._actions if action.dest != "help"]
    return [option for option in command.options if not option.hidden]


def _option(action: argparse.Action) -> Option:
    takes_value = action.nargs != 0
    words = tuple(str(word) for word in action.choices or ())
    if isinstance(action.metavar, str):
        value = "FILE" if action.metavar == "PATH" else action.metavar
    else:
        value = action.dest.rpartition("_")[2].upper()
    return Option(action.option_strings[-1], action.help or "", value if takes_value else "", words)
