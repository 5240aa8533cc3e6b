"""The man page telex-start(1), in the macros of man(7)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from .. import __version__
from ..command_line import AGENT, PROGRAM, WHERE, Option, Subcommand
from ..config import settings

_DATE = "2026-11-27"
"""Of the words below; the version stands beside it."""
_WIDTH = 78
"""Characters of a line of the source."""
_PAGES = "https://telex.im"

_DESCRIPTION = (
    "Telex Start is a small background agent for Telex, the team chat for DevOps. "
    "It sits in the system tray, signs you in, listens to Telex's push server, and raises a native notification for "
    "every unread thread in every one of your organisations, also while the Telex app is closed. "
    "It stays connected through token expiry, sleep, server restarts and bad networks, until you choose Exit.",
    "Without a command it starts the agent. A second start shows you the first. "
    "Without a tray the icon comes as soon as there is one.",
    "Passwords and tokens live in memory only: they are never given on the command line, and never written.",
)
_EXIT = (
    ("0", "After Exit, or the command has done what was asked."),
    ("1", "An unexpected error; the log has it. Of doctor: the agent cannot do its job on this machine."),
    ("2", "A bad option or configuration, or no place for an icon."),
    ("3", "Credentials were refused, or there are none, and nobody can be asked."),
    ("4", "Telex has ended the session, and nobody can be asked: started again, it signs in anew."),
)
_FILES = (
    (
        "$XDG_CONFIG_HOME/telex-start/config.toml",
        "The configuration; it need not be there. Without XDG_CONFIG_HOME: ~/.config/telex-start/config.toml.",
    ),
    (
        "$XDG_STATE_HOME/telex-start/log/telex-start.log",
        "The log, and beside it the two before it, .1 and .2. Without XDG_STATE_HOME: below ~/.local/state.",
    ),
    (
        "$XDG_CONFIG_HOME/telex-start/password",
        "For autostart on --headless: the password, which you put there, and nobody else can read (mode 0600).",
    ),
    (
        "$XDG_CONFIG_HOME/autostart/telex-start.desktop, $XDG_CONFIG_HOME/systemd/user/telex-start.service",
        "What autostart on writes, without and with --headless; autostart off removes it.",
    ),
    (
        "$XDG_STATE_HOME/telex-start/",
        "What is remembered over a restart: a pause, and what is muted.",
    ),
    (
        "$XDG_RUNTIME_DIR/telex-start/",
        "The lock of the one instance, and the socket by which another start reaches it.",
    ),
    ("$XDG_CACHE_HOME/telex-start/", "Icons that were drawn. It may be deleted at any time."),
)
_ELSEWHERE = "On Windows and macOS these are in the platform's folders; \\fBtelex\\-start doctor\\fR names them."
_ENVIRONMENT = "Each overrides the key of the configuration, and is overridden by an option."
_EXAMPLES = (
    ("telex-start --email you@example.org --password-stdin < secret", "Sign in at once."),
    ("telex-start --headless --json", "One JSON object a line, for scripts."),
    ("telex-start pause 1h", "An hour without notifications."),
    ("telex-start doctor", "What works on this machine, what is missing, and the remedy."),
    ("telex-start --exit", "End the running agent."),
)


def made(commands: list[Subcommand]) -> str:
    """The text of the file."""
    return "\n".join(_lines(commands)) + "\n"


def _lines(commands: list[Subcommand]) -> Iterator[str]:
    agent, *others = commands
    yield '.\\" made by `python -m telex_start.reference man`'
    yield f'.TH {PROGRAM.upper().replace("-", chr(92) + "-")} 1 {_DATE} "Telex Start {__version__}" "User Commands"'
    yield from (
        ".SH NAME",
        *_text(f"{_plain(PROGRAM)} \\- {_plain(AGENT.what[0].lower() + AGENT.what[1:].rstrip('.'))}"),
    )
    yield ".SH SYNOPSIS"
    yield from (f".B {_plain(PROGRAM)}", f"[{_italic('OPTIONS')}]", ".br")
    yield from (f".B {_plain(PROGRAM)}", f"{_italic('COMMAND')} [{_italic('OPTIONS')}]")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(_DESCRIPTION)
    yield ".SH OPTIONS"
    yield from (line for option in agent.options for line in _option(option))
    yield ".SH COMMANDS"
    yield from (line for command in others for line in _command(command))
    yield ".SH EXIT STATUS"
    yield from _table(_EXIT)
    yield ".SH FILES"
    yield from _table(_FILES, "I")
    yield from (".PP", *_text(_ELSEWHERE))
    yield from (".SH ENVIRONMENT", *_text(_plain(_ENVIRONMENT)))
    for key, (variable, allowed) in settings().items():
        if variable:
            yield from (".TP", f".B {_plain(variable)}", *_text(f"{_bold(key)}: {_plain(allowed)}"))
    yield ".SH EXAMPLES"
    for number, (command, what) in enumerate(_EXAMPLES):
        yield from (*([".PP"] if number else []), _plain(what))
        yield from (".PP", ".RS", ".nf", _plain(command), ".fi", ".RE")
    yield ".SH SEE ALSO"
    yield from (".BR systemctl (1),", ".BR xdg\\-open (1)", ".PP", _plain(_PAGES))


def _command(command: Subcommand) -> Iterator[str]:
    words = [_bold(command.name)]
    if command.argument is not None:
        words.append("|".join(_bold(word) for word in command.argument.values))
    own = [option for option in command.options[:-1] if option not in WHERE]
    which = any(option in WHERE for option in command.options)
    if own or which:
        words.append(f"[{_italic('OPTIONS')}]")
    yield from (".TP", " ".join(words), *_text(_plain(command.description)))
    if which:
        yield from _text(f"Takes {_listed([_bold(option.name) for option in WHERE])} as the agent does.")
    if own:
        yield ".RS"
        yield from (line for option in own for line in _option(option))
        yield ".RE"


def _option(option: Option) -> Iterator[str]:
    yield from (".TP", _bold(option.name) + (f" {_italic(option.value)}" if option.value else ""))
    what = option.what[0].upper() + option.what[1:]
    yield from _text(_plain(what + "."))


def _paragraphs(texts: tuple[str, ...]) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield from (*([".PP"] if number else []), *_text(_plain(text)))


def _table(rows: tuple[tuple[str, str], ...], face: str = "B") -> Iterator[str]:
    for name, what in rows:
        yield from (".TP", f".{face} {_plain(name)}", *_text(_plain(what)))


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _bold(text: str) -> str:
    return f"\\fB{_plain(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_plain(text)}\\fR"


def _text(words: str) -> Iterator[str]:
    """Lines of the source, each sentence on lines of its own; none begins as a macro does."""
    for sentence in re.split(r"(?<=[.:;]) (?=[A-Z])", words):
        for line in textwrap.wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False):
            yield f"\\&{line}" if line.startswith((".", "'")) else line


def _plain(text: str) -> str:
    """The text as roff takes it, with hyphens that can be copied."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace('"', "\\(dq").replace("~", "\\(ti")
