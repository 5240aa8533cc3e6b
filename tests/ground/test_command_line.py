"""The one description of all commands and options, and what its parsers say to what is wrong."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start import command_line
from telex_start.command_line import AGENT, COMMANDS
from telex_start.errors import ConfigError

OURS = [command for command in COMMANDS.values() if not command.own_options]


def refused(name: str, *argv: str) -> str:
    with pytest.raises(ConfigError) as error:
        command_line.parse_command(name, list(argv)) if name else command_line.parse(list(argv))
    return error.value.message


@pytest.mark.parametrize("command", [AGENT, *OURS], ids=lambda command: command.name or "agent")
def test_each_commands_help_names_what_is_not_hidden(command: command_line.Subcommand) -> None:
    words = command_line.parser(command).format_help()
    for option in command.options:
        assert (option.name in words) is not option.hidden
    if command.argument is not None:
        for value in command.argument.values:
            assert value in words


def test_the_list_of_commands_has_all_but_the_hidden() -> None:
    words = command_line.parser(AGENT).format_help()
    for command in COMMANDS.values():
        assert (f"\n  {command.name} " in words) is not command.hidden


@pytest.mark.parametrize(
    ("name", "argv", "words"),
    [
        ("", ["docter"], "unknown command docter (did you mean doctor?); telex-start --help lists the commands."),
        ("", ["abuot"], "unknown command abuot; telex-start --help lists the commands."),
        ("", ["--log-levle", "debug"], "unrecognized arguments: --log-levle (did you mean --log-level?); "),
        ("autostart", ["onn"], "autostart: onn is not one of on, off and status (did you mean on?); telex-start "),
        ("integrate", [""], "integrate: '' is not one of on, off and status; telex-start "),
        ("pause", ["1x"], "pause: 1x is not one of 30m, 1h, 4h, tomorrow, on and off"),
        ("pause", [], "the following arguments are required: HOW_LONG; telex-start pause --help lists the options."),
        ("demo", ["--toasts", "x"], "argument --toasts: invalid int value: 'x'; telex-start demo --help "),
        ("reload", ["now"], "unrecognized arguments: now; telex-start reload --help lists the options."),
    ],
)
def test_what_is_wrong_is_said_with_what_was_probably_meant(name: str, argv: list[str], words: str) -> None:
    assert refused(name, *argv).startswith(words)


@pytest.mark.parametrize("argv", [["--passwort=hunter2"], ["--frob", "hunter2"], ["--pasword", "hunter2", "--login"]])
def test_what_follows_an_option_that_is_misspelt_is_not_repeated(argv: list[str]) -> None:
    """It may be a password."""
    assert "hunter2" not in refused("", *argv)


def test_an_argument_and_options_are_read() -> None:
    options = command_line.parse_command("pause", ["90m", "--environment", "staging"])
    assert (options.how_long, options.environment, options.config) == ("90m", "staging", None)
    assert command_line.parse_command("autostart", ["on", "--headless"]).headless
    assert command_line.parse_command("demo", []).story_interval == "3"


WORDS = (
    *(option.name for option in AGENT.options if option.name != "--version"),
    *(
        "--email=ada@example.org",
        "--email=",
        "--email=-x",
        "--login=1",
        "--login=",
        "--log-level=debug=x",
        "--password",
    ),
    *("ada@example.org", "a b", "", "-", "--", "-1", "-e", "--emai", "--no-such", "=", "--="),
)


@given(st.lists(st.sampled_from(WORDS), max_size=5))
def test_what_is_read_without_argparse_is_what_argparse_would_read(argv: list[str]) -> None:
    plain = command_line._plain(AGENT, argv)
    if plain is not None:
        assert command_line.parser(AGENT).parse_known_args(argv, SimpleNamespace()) == (plain, [])


def test_a_plain_start_does_without_argparse() -> None:
    argv = ["--email", "ada@example.org", "--password-stdin", "--log-level=debug", "--config", "/etc/x y.toml"]
    code = f"import sys; from telex_start.command_line import parse; parse({argv!r}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50).stdout

    assert not {"argparse", "gettext", "locale"} & set(loaded.split())
