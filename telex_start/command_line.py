"""The command line: the parsers of all commands and options.

The man page and the shells' completions are made from them (`packaging/reference.py`). Commands and options that are
left out of the help are for the program itself, which starts windows as processes of their own.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import NoReturn

from . import __version__
from .config import ENVIRONMENTS, LOG_LEVELS
from .errors import ConfigError

PROGRAM = "telex-start"
WHAT = "Native notifications for Telex from the system tray, also while the Telex app is closed."

COMMANDS = {
    "doctor": "say what will work on this machine, and what is missing",
    "pause": "pause notifications: 30m, 1h, 4h, tomorrow, on, off",
    "preferences": "open the preferences window",
    "forget": "take the kept password out of the system's keyring",
    "reload": "have the running agent read its configuration again",
    "autostart": "start at log-in: on, off, status",
    "integrate": "give the desktop the program's name and icon: on, off, status",
    "completions": "print the completion of a shell: bash, zsh, fish",
    "sandbox": "serve a Telex on this machine (needs telex-start[sandbox])",
    "demo": "the sandbox and the agent in one command",
}
"""The commands that are listed, with a line for each. A command is the first word, before any option."""

_NOT_TOGETHER = (
    ("--login", "--headless"),
    ("--login", "--password-stdin"),
    ("--password-credential", "--login"),
    ("--password-credential", "--password-stdin"),
    ("--by-mail", "--password-stdin"),
    ("--by-mail", "--password-credential"),
    ("--at-login", "--login"),
    ("--at-login", "--headless"),
)
"""Options of the agent that cannot be combined."""


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong, by a ConfigError."""

    def error(self, message: str) -> NoReturn:
        _refuse_password(message)
        raise ConfigError(f"{message}; {self.prog} --help lists the options.")

    def flag(self, name: str, what: str) -> None:
        """Add an option without a value."""
        self.add_argument(name, action="store_true", help=what)


class Offered(tuple[str, ...]):
    """The values that shell completion offers. Argparse accepts others too: the code that uses a value checks it."""

    def __contains__(self, value: object) -> bool:
        return True


def parser(command: str = "") -> Parser:
    """The parser of the agent's options, or of one of :data:`COMMANDS`, except the sandbox, which has its own."""
    if not command:
        return _agent()
    made = Parser(prog=f"{PROGRAM} {command}", allow_abbrev=False)
    match command:
        case "doctor":
            made.description = (
                "Says what will work on this machine, what is missing, and what to do about it. "
                "It asks Telex for an answer, and signs nobody in."
            )
            _where(made)
            made.flag("--window", argparse.SUPPRESS)
        case "pause":
            made.description = (
                "Pauses notifications for so long, until tomorrow at 8:00, or until you resume them (on); off resumes "
                "them. Everything goes on being counted. Where no agent runs, the next one will know."
            )
            _word(made, "HOW_LONG", "how long", ("30m", "1h", "4h", "tomorrow", "on", "off"), r"[1-9][0-9]{0,3}[mh]")
            _where(made)
        case "preferences":
            made.description = (
                "Asks the running agent to open the preferences window, and returns at once. "
                "Where none runs, the window opens by itself."
            )
            _where(made)
            made.flag("--child", argparse.SUPPRESS)
        case "forget":
            made.description = (
                "Takes the password that keeps you signed in out of the system's keyring, and says what it did. "
                "Whoever is signed in stays so. It asks nothing of Telex, and needs no agent."
            )
            _where(made)
        case "reload":
            made.description = (
                "Has the running agent read its configuration again. "
                "Addresses, ca_file and email count at its next start."
            )
            _where(made)
        case "autostart":
            made.description = "Switches on or off that the agent starts when you log in, or says how it is."
            _word(made, "ACTION", "what to do", ("on", "off", "status"))
            made.flag("--headless", "as a systemd user unit, without an icon")
        case "integrate":
            made.description = (
                "Puts the program's desktop entry and icons where this user's desktop looks for them, takes them away "
                "again, or says how it is."
            )
            _word(made, "ACTION", "what to do", ("on", "off", "status"))
        case "completions":
            made.description = "Prints the completion of a shell: most packages put it where the shell finds it."
            _word(made, "SHELL", "which shell", ("bash", "zsh", "fish"))
        case "demo":
            made.description = (
                "A Telex on this machine and the agent signed in to it; without a display, all on the terminal."
            )
            made.flag("--headless", "no icon and no window, even where there is a display")
            made.flag("--login", "open the login window instead of signing in at once")
            made.add_argument("--toasts", metavar="N", type=int, default=0, help="with --headless: end after N toasts")
            made.add_argument("--story-interval", metavar="SECONDS", default="3", help="pace of the story (3)")
    return made


def _agent() -> Parser:
    made = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [OPTIONS] | {PROGRAM} COMMAND",
        description=WHAT,
        epilog="\n".join(["commands (each with --help):", *(f"  {name:<13}{what}" for name, what in COMMANDS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add, flag = made.add_argument, made.flag
    add("--version", action="version", version=f"{PROGRAM} {__version__}", help="print the version")
    flag("--login", "open the login window at once")
    flag("--exit", "end the running instance")
    flag("--headless", "no icon and no window: everything is told on the terminal")
    flag("--json", "with --headless: one JSON object a line on standard output")
    add("--email", metavar="NAME", help="the e-mail address to sign in with")
    flag("--password-stdin", "read the password from standard input, and sign in at once")
    add(
        "--password-credential",
        metavar="CREDENTIAL",
        help="the same from a file of $CREDENTIALS_DIRECTORY (systemd)",
    )
    flag("--by-mail", "with --headless and --email: have a link mailed, and ask for it on the terminal")
    flag("--at-login", "the desktop starts it at log-in: a tray is waited for, and the focus left alone")
    levels = Offered(LOG_LEVELS)
    add("--log-level", metavar="LEVEL", choices=levels, help=f"how much the log tells: {', '.join(levels)} (info)")
    _where(made)
    return made


def _where(made: Parser) -> None:
    """Add the options that say which Telex is meant."""
    add, names = made.add_argument, Offered(ENVIRONMENTS)
    add("--environment", metavar="NAME", choices=names, help=f"which Telex: {', '.join(names)} (production)")
    add("--api-url", metavar="URL", help="address of the API, ending in /api/v1")
    add("--push-url", metavar="URL", help="address of the push server")
    for file in (
        add(
            "--ca-file", metavar="FILE", help="PEM file of a private certificate authority, trusted beside the system's"
        ),
        add("--config", metavar="FILE", help="configuration file (default: config.toml in the platform's folder)"),
    ):
        file.complete = "file"  # type: ignore[attr-defined]  # what shtab reads


def _word(made: Parser, name: str, what: str, words: tuple[str, ...], pattern: str = r"(?!)") -> None:
    """Add the word that a command takes: one of ``words``, or one that matches ``pattern``."""
    command = made.prog.removeprefix(f"{PROGRAM} ")

    def checked(word: str) -> str:
        if word in words or re.fullmatch(pattern, word):
            return word
        *most, last = words
        raise ConfigError(
            f"{command}: {word or repr(word)} is not one of {', '.join(most)} and {last}{_like(word, words)}; "
            f"{made.prog} --help tells more."
        )

    help_words = f"{what}: {', '.join(words)}"
    made.add_argument(name.lower(), metavar=name, type=checked, choices=Offered(words), help=help_words)


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the agent's command line.

    Raises:
        ConfigError: an option or a command is unknown, or does not go with another.
        SystemExit: after ``--help`` or ``--version``.
    """
    if argv and not argv[0].startswith("-"):
        raise ConfigError(f"unknown command {argv[0]}{_like(argv[0], COMMANDS)}; {PROGRAM} --help lists the commands.")
    options = parse_command("", argv)
    for option in ("json", "by_mail"):
        if getattr(options, option) and not options.headless:
            raise ConfigError(f"--{option.replace('_', '-')} needs --headless.")
    given = {f"--{name.replace('_', '-')}" for name, value in vars(options).items() if value}
    for one, other in _NOT_TOGETHER:
        if {one, other} <= given:
            raise ConfigError(f"{one} cannot be combined with {other}.")
    return options


def parse_command(name: str, argv: list[str]) -> argparse.Namespace:
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
    made = parser(name)
    options, unknown = made.parse_known_args(argv)
    if unknown:
        # Name only the first, without its value: what follows a misspelt option may be a password.
        _refuse_password(" ".join(unknown))
        word = unknown[0].partition("=")[0]
        known = set(re.findall(r"--[a-z-]+", made.format_help())) - {"--help"}
        made.error(f"unrecognized arguments: {word}{_like(word, known)}")
    return options


def _refuse_password(words: str) -> None:
    """Refuse a password in the arguments: argparse repeats words that it does not know, and would repeat this one."""
    if "--password" in words.replace("--password-stdin", "").replace("--password-credential", ""):
        raise ConfigError("a password is never given on the command line: pipe it, with --password-stdin.")


def _like(word: str, known: Iterable[str]) -> str:
    """``(did you mean …?)`` if the word looks like a known one; else empty."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, 1)
    return f" (did you mean {found[0]}?)" if found else ""
