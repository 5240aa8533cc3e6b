"""The command line's parsers: help, values, and the message for each mistake."""

from __future__ import annotations

import pytest

from telex_start import command_line
from telex_start.command_line import COMMANDS
from telex_start.errors import ConfigError


def refused(name: str, *argv: str) -> str:
    with pytest.raises(ConfigError) as error:
        command_line.parse_command(name, list(argv)) if name else command_line.parse(list(argv))
    return error.value.message


@pytest.mark.parametrize(
    ("name", "shown", "hidden"),
    [
        ("", [*COMMANDS, "--version", "--at-login", "--config FILE", "debug, info, warning, error"], ["about"]),
        ("doctor", ["--environment NAME", "zedu-staging"], ["--window"]),
        ("pause", ["HOW_LONG", "30m, 1h, 4h, tomorrow, on, off", "--ca-file FILE"], []),
        ("preferences", ["--push-url URL"], ["--child"]),
        ("autostart", ["on, off, status", "--headless"], []),
    ],
)
def test_help_tells_all_but_what_is_for_the_program_itself(name: str, shown: list[str], hidden: list[str]) -> None:
    words = " ".join(command_line.parser(name).format_help().split())
    assert [word for word in shown if word not in words] == []
    assert [word for word in hidden if word in words] == []


@pytest.mark.parametrize(
    ("name", "argv", "words"),
    [
        ("", ["docter"], "unknown command docter (did you mean doctor?); telex-start --help lists the commands."),
        ("", ["abuot"], "unknown command abuot; telex-start --help lists the commands."),
        ("", ["--log-levle", "debug"], "unrecognized arguments: --log-levle (did you mean --log-level?); "),
        ("", ["--headles"], "unrecognized arguments: --headles (did you mean --headless?); telex-start --help lists"),
        ("", ["--head"], "unrecognized arguments: --head (did you mean --headless?); telex-start --help lists"),
        ("", ["--email"], "argument --email: expected one argument; telex-start --help lists the options."),
        ("", ["--json"], "--json needs --headless."),
        ("", ["--by-mail"], "--by-mail needs --headless."),
        ("", ["--headless", "--by-mail", "--password-stdin"], "--by-mail cannot be combined with --password-stdin."),
        ("", ["--headless", "--login"], "--login cannot be combined with --headless."),
        ("", ["--login", "--password-stdin"], "--login cannot be combined with --password-stdin."),
        ("", ["--password-credential", "x", "--login"], "--password-credential cannot be combined with --login."),
        ("", ["--password-credential", "x", "--password-stdin"], "--password-credential cannot be combined with --pas"),
        ("", ["--at-login", "--headless"], "--at-login cannot be combined with --headless."),
        (
            "",
            ["--password", "hunter2"],
            "a password is never given on the command line: pipe it, with --password-stdin.",
        ),
        ("", ["--password=hunter2"], "a password is never given on the command line: pipe it, with --password-stdin."),
        ("doctor", ["--login"], "unrecognized arguments: --login; telex-start doctor --help lists the options."),
        ("autostart", ["onn"], "autostart: onn is not one of on, off and status (did you mean on?); telex-start "),
        ("integrate", [""], "integrate: '' is not one of on, off and status; telex-start "),
        ("pause", ["1x"], "pause: 1x is not one of 30m, 1h, 4h, tomorrow, on and off"),
        ("pause", [], "the following arguments are required: HOW_LONG; telex-start pause --help lists the options."),
        ("demo", ["--toasts", "x"], "argument --toasts: invalid int value: 'x'; telex-start demo --help "),
        ("reload", ["now"], "unrecognized arguments: now; telex-start reload --help lists the options."),
        ("preferences", ["--chld"], "unrecognized arguments: --chld; telex-start preferences --help "),
        ("", ["--headless", "doctor"], "unrecognized arguments: doctor; telex-start --help lists the options."),
    ],
)
def test_what_is_wrong_is_said_with_what_was_probably_meant(name: str, argv: list[str], words: str) -> None:
    assert refused(name, *argv).startswith(words)


@pytest.mark.parametrize("argv", [["--passwort=hunter2"], ["--frob", "hunter2"], ["--pasword", "hunter2", "--login"]])
def test_what_follows_an_option_that_is_misspelt_is_not_repeated(argv: list[str]) -> None:
    """The next word may be a password."""
    assert "hunter2" not in refused("", *argv)


def test_an_argument_and_options_are_read() -> None:
    options = command_line.parse_command("pause", ["90m", "--environment", "staging"])
    assert (options.how_long, options.environment, options.config) == ("90m", "staging", None)
    assert command_line.parse_command("autostart", ["on", "--headless"]).headless
    assert command_line.parse_command("demo", []).story_interval == "3"
