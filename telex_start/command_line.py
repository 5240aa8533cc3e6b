"""The command line: one description of all commands and options, and the parsers that are made from it.

The man page and the shells' completions are made from the same description (:mod:`.reference`). What is hidden is for
the program itself, which starts windows as processes of their own.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from . import __version__
from .config import ENVIRONMENTS, LOG_LEVELS
from .errors import ConfigError

if TYPE_CHECKING:
    import argparse

PROGRAM = "telex-start"
WHAT = "Native notifications for Telex from the system tray, also while the Telex app is closed."


class Option(NamedTuple):
    """An option that begins with ``--``."""

    name: str
    what: str
    """What it does, for ``--help`` and the man page; ends without a full stop."""
    value: str = ""
    """The word for its value; empty where it takes none. ``FILE`` is completed by files."""
    values: tuple[str, ...] = ()
    """What completion offers for its value; :mod:`.config` checks it."""
    kind: type = str
    """What the value is read as."""
    default: Any = None
    hidden: bool = False


class Argument(NamedTuple):
    """The word that a command takes."""

    name: str
    values: tuple[str, ...]
    """The words that it may be."""
    pattern: str = ""
    """Other words that it may be: a regular expression."""
    what: str = ""


class Subcommand(NamedTuple):
    """A command: the first word, before any option."""

    name: str
    what: str
    """One line for a list of commands; ends without a full stop."""
    description: str
    """Whole sentences."""
    options: tuple[Option, ...] = ()
    argument: Argument | None = None
    hidden: bool = False
    own_options: bool = False
    """It reads its options by a parser of its own: the sandbox, which imports nothing from here."""


WHERE = (
    Option("--environment", f"which Telex: {', '.join(ENVIRONMENTS)} (production)", "NAME", tuple(ENVIRONMENTS)),
    Option("--api-url", "address of the API, ending in /api/v1", "URL"),
    Option("--push-url", "address of the push server", "URL"),
    Option("--ca-file", "PEM file of a private certificate authority, trusted beside the system's", "FILE"),
    Option("--config", "configuration file (default: config.toml in the platform's folder)", "FILE"),
)
"""The options that say which Telex it is."""

AGENT = Subcommand(
    "",
    WHAT,
    f"{WHAT} Without a command it starts the agent: an icon in the tray, or with --headless lines on the terminal. "
    "Where an agent runs already, it is asked to open what you want to see.",
    (
        Option("--version", "print the version"),
        Option("--login", "open the login window at once"),
        Option("--exit", "end the running instance"),
        Option("--headless", "no icon and no window: everything is told on the terminal"),
        Option("--json", "with --headless: one JSON object a line on standard output"),
        Option("--email", "the e-mail address to sign in with", "NAME"),
        Option("--password-stdin", "read the password from standard input, and sign in at once"),
        Option("--password-credential", "the same from a file of $CREDENTIALS_DIRECTORY (systemd)", "CREDENTIAL"),
        Option("--at-login", "the desktop starts it at log-in: a tray is waited for, and the focus left alone"),
        Option("--log-level", f"how much the log tells: {', '.join(LOG_LEVELS)} (info)", "LEVEL", LOG_LEVELS),
        *WHERE,
    ),
)
"""What is started without a command."""

_ALL_COMMANDS = (
    Subcommand(
        "doctor",
        "say what will work on this machine, and what is missing",
        "Says what will work on this machine, what is missing, and what to do about it. "
        "It asks Telex for an answer, and signs nobody in.",
        (*WHERE, Option("--window", "", hidden=True)),
    ),
    Subcommand(
        "pause",
        "pause notifications: 30m, 1h, 4h, tomorrow, on, off",
        "Pauses notifications for so long, until tomorrow at 8:00, or until you resume them (on); off resumes them. "
        "Everything goes on being counted. Where no agent runs, the next one will know.",
        WHERE,
        Argument("HOW_LONG", ("30m", "1h", "4h", "tomorrow", "on", "off"), r"[1-9][0-9]{0,3}[mh]", "how long"),
    ),
    Subcommand(
        "preferences",
        "open the preferences window",
        "Asks the running agent to open the preferences window, and returns at once. "
        "Where none runs, the window opens by itself.",
        (*WHERE, Option("--child", "", hidden=True)),
    ),
    Subcommand(
        "reload",
        "have the running agent read its configuration again",
        "Has the running agent read its configuration again. Addresses, ca_file and email count at its next start.",
        WHERE,
    ),
    Subcommand(
        "autostart",
        "start at log-in: on, off, status",
        "Switches on or off that the agent starts when you log in, or says how it is.",
        (Option("--headless", "as a systemd user unit, without an icon"),),
        Argument("ACTION", ("on", "off", "status"), what="what to do"),
    ),
    Subcommand(
        "integrate",
        "give the desktop the program's name and icon: on, off, status",
        "Puts the program's desktop entry and icons where this user's desktop looks for them, takes them away again, "
        "or says how it is.",
        (),
        Argument("ACTION", ("on", "off", "status"), what="what to do"),
    ),
    Subcommand(
        "sandbox",
        "serve a Telex on this machine (needs telex-start[sandbox])",
        "A Telex on this machine: API, push server and demo story, over TLS on 127.0.0.1. It prints five NAME=value "
        "lines for the environment of the program under test, then serves until it is ended.",
        own_options=True,
    ),
    Subcommand(
        "demo",
        "the sandbox and the agent in one command",
        "A Telex on this machine and the agent signed in to it; without a display, all on the terminal.",
        (
            Option("--headless", "no icon and no window, even where there is a display"),
            Option("--login", "open the login window instead of signing in at once"),
            Option("--toasts", "with --headless: end after N toasts", "N", kind=int, default=0),
            Option("--story-interval", "pace of the story (3)", "SECONDS", default="3"),
        ),
    ),
    Subcommand("about", "", "", hidden=True),
    Subcommand("login", "", "", hidden=True),
)
COMMANDS = {command.name: command for command in _ALL_COMMANDS}


def parser(command: Subcommand) -> argparse.ArgumentParser:
    """Its options and its argument, with their help."""
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            _refuse_password(message)
            raise ConfigError(f"{message}; {self.prog} --help lists the options.")

    program = f"{PROGRAM} {command.name}".rstrip()
    whole = command is AGENT
    made = Parser(
        prog=program,
        usage=f"{PROGRAM} [OPTIONS] | {PROGRAM} COMMAND" if whole else None,
        description=WHAT if whole else command.description,
        epilog=_list() if whole else None,
        formatter_class=argparse.RawDescriptionHelpFormatter if whole else argparse.HelpFormatter,
        allow_abbrev=False,
    )
    if (argument := command.argument) is not None:
        words = ", ".join(argument.values)
        made.add_argument(argument.name.lower(), metavar=argument.name, help=f"{argument.what}: {words}")
    for option in command.options:
        words = argparse.SUPPRESS if option.hidden else option.what
        if option.name == "--version":
            made.add_argument(option.name, action="version", version=f"{PROGRAM} {__version__}", help=words)
        elif not option.value:
            made.add_argument(option.name, action="store_true", help=words)
        else:
            made.add_argument(option.name, metavar=option.value, type=option.kind, default=option.default, help=words)
    return made


def _list() -> str:
    shown = [command for command in COMMANDS.values() if not command.hidden]
    return "commands (each with --help):\n" + "\n".join(f"  {command.name:<13}{command.what}" for command in shown)


def parse(argv: list[str]) -> SimpleNamespace:
    """Read the agent's command line.

    Raises:
        ConfigError: an option or a command is unknown, or does not go with another.
        SystemExit: after ``--help`` or ``--version``.
    """
    if argv and not argv[0].startswith("-"):
        raise ConfigError(
            f"unknown command {argv[0]}{_like(argv[0], _shown(COMMANDS))}; {PROGRAM} --help lists the commands."
        )
    options = _parsed(AGENT, argv)
    if options.json and not options.headless:
        raise ConfigError("--json needs --headless.")
    if options.headless and options.login:
        raise ConfigError("--login cannot be combined with --headless.")
    if options.password_stdin and options.login:
        raise ConfigError("--login cannot be combined with --password-stdin.")
    if options.password_credential and (options.login or options.password_stdin):
        other = "--login" if options.login else "--password-stdin"
        raise ConfigError(f"--password-credential cannot be combined with {other}.")
    if options.at_login and (options.login or options.headless):
        raise ConfigError(f"--at-login cannot be combined with {'--login' if options.login else '--headless'}.")
    return options


def parse_command(name: str, argv: list[str]) -> SimpleNamespace:
    """Read the command line of a command.

    Args:
        name: Of the command.
        argv: What follows it.

    Returns:
        Its options, and its argument by the name in small letters.

    Raises:
        ConfigError: an option or the argument is unknown, or the argument is missing.
        SystemExit: after ``--help``.
    """
    command = COMMANDS[name]
    options = _parsed(command, argv)
    if (argument := command.argument) is not None:
        word = getattr(options, argument.name.lower())
        if word not in argument.values and re.fullmatch(argument.pattern or r"(?!)", word) is None:
            *most, last = argument.values
            raise ConfigError(
                f"{name}: {word or repr(word)} is not one of {', '.join(most)} and {last}"
                f"{_like(word, argument.values)}; {PROGRAM} {name} --help tells more."
            )
    return options


def _parsed(command: Subcommand, argv: list[str]) -> SimpleNamespace:
    if (plain := _plain(command, argv)) is not None:
        return plain
    made = parser(command)
    options, unknown = made.parse_known_args(argv, SimpleNamespace())
    if unknown:
        # The first alone, and without its value: what follows an option that is misspelt may be a password.
        _refuse_password(" ".join(unknown))
        word = unknown[0].partition("=")[0]
        known = [option.name for option in command.options if not option.hidden]
        made.error(f"unrecognized arguments: {word}{_like(word, known)}")
    return options


def _plain(command: Subcommand, argv: list[str]) -> SimpleNamespace | None:
    """What argparse would make of it, as far as that is plain; ``None``: ask argparse.

    Importing argparse and making a parser takes 5 ms, which a start at log-in or by a service has before its icon or
    its first line, and 1 MB.
    """
    if command.argument is not None:
        return None
    known = {option.name: option for option in command.options if option.name != "--version"}
    values = {name: option.default if option.value else False for name, option in known.items()}
    words = iter(argv)
    for word in words:
        name, given, value = word.partition("=")
        option = known.get(name)
        if option is None or option.kind is not str or (given and not option.value):
            return None
        if option.value and not given:
            value = next(words, "-")
            if not value or value.startswith("-"):  # or it is missing, or a number below 0
                return None
        values[name] = value if option.value else True
    return SimpleNamespace(**{name[2:].replace("-", "_"): value for name, value in values.items()})


def _refuse_password(words: str) -> None:
    """Argparse repeats what it does not know, and here that is a password."""
    if "--password" in words.replace("--password-stdin", "").replace("--password-credential", ""):
        raise ConfigError("a password is never given on the command line: pipe it, with --password-stdin.")


def _shown(commands: dict[str, Subcommand]) -> list[str]:
    return [command.name for command in commands.values() if not command.hidden]


def _like(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A question, where it looks like a word that is known; else nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, 1)
    return f" (did you mean {found[0]}?)" if found else ""
