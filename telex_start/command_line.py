"""The agent's command-line options."""

from __future__ import annotations

import argparse
from typing import NoReturn

from . import __version__
from .config import ENVIRONMENTS, LOG_LEVELS
from .errors import ConfigError

COMMANDS = {
    "doctor": "say what will work on this machine, and what is missing",
    "sandbox": "serve a Telex on this machine (needs telex-start[sandbox])",
    "demo": "the sandbox and the agent in one command",
}

_HELP = """\
commands (each with --help):
""" + "\n".join(f"  {name:<10}{what}" for name, what in COMMANDS.items())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if "--password" in message.replace("--password-stdin", ""):
            # Argparse repeats what it does not know, and here that is a password.
            raise ConfigError("a password is never given on the command line: pipe it, with --password-stdin.")
        raise ConfigError(f"{message}; {self.prog} --help lists the options.")


def parser() -> argparse.ArgumentParser:
    """The options, with their help."""
    made = _Parser(
        prog="telex-start",
        usage="telex-start [OPTIONS] | telex-start COMMAND",
        description="Native notifications for Telex from the system tray, also while the Telex app is closed.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = made.add_argument
    add("--version", action="version", version=f"telex-start {__version__}")
    add("--login", action="store_true", help="open the login window at once")
    add("--exit", action="store_true", help="end the running instance")
    add("--headless", action="store_true", help="no icon and no window: everything is told on the terminal")
    add("--json", action="store_true", help="with --headless: one JSON object a line on standard output")
    add("--email", metavar="NAME", help="the e-mail address to sign in with")
    add("--password-stdin", action="store_true", help="read the password from standard input, and sign in at once")
    add("--log-level", metavar="LEVEL", help=f"{', '.join(LOG_LEVELS)} (info)")
    _add_where(made)
    return made


def _add_where(made: argparse.ArgumentParser) -> None:
    """The options that say which Telex it is."""
    add = made.add_argument
    add("--environment", metavar="NAME", help=f"{', '.join(ENVIRONMENTS)} (production)")
    add("--api-url", metavar="URL", help="address of the API, ending in /api/v1")
    add("--push-url", metavar="URL", help="address of the push server")
    add("--ca-file", metavar="FILE", help="PEM file of a private certificate authority, trusted beside the system's")
    add("--config", metavar="FILE", help="configuration file (default: config.toml in the platform's folder)")


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line.

    Raises:
        ConfigError: an option is unknown or does not go with another.
        SystemExit: after ``--help`` or ``--version``.
    """
    options = parser().parse_args(argv)
    if options.json and not options.headless:
        raise ConfigError("--json needs --headless.")
    if options.headless and options.login:
        raise ConfigError("--login cannot be combined with --headless.")
    if options.password_stdin and options.login:
        raise ConfigError("--login cannot be combined with --password-stdin.")
    return options


def parse_doctor(argv: list[str]) -> argparse.Namespace:
    """Read the command line of ``telex-start doctor``.

    Raises:
        ConfigError: an option is unknown.
        SystemExit: after ``--help``.
    """
    made = _Parser(
        prog="telex-start doctor",
        description="Says what will work on this machine, what is missing, and what to do about it. "
        "It asks Telex for an answer, and signs nobody in.",
        allow_abbrev=False,
    )
    _add_where(made)
    return made.parse_args(argv)
