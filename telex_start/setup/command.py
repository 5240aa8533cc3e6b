"""Carries out ``telex-start autostart``, ``integrate`` (the desktop knows its icon) and ``completions``."""

from __future__ import annotations

import sys
from pathlib import Path

from .. import config_file
from ..command_line import parse_command
from ..errors import ConfigError, TelexStartError
from . import autostart, headless
from .files import NOT_DONE, Status

_OFF = 1
"""The exit code of ``status`` if it is off."""
_OFF_WORDS = "Telex Start does not start at log-in"


def start_at_login(argv: list[str]) -> int:
    """``telex-start autostart on|off|status [--headless]``.

    Returns:
        0; for ``status`` 1 if it is off.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    options = parse_command("autostart", argv)
    if options.headless and not sys.platform.startswith("linux"):
        raise TelexStartError("--headless needs systemd, which only Linux has.", NOT_DONE)
    if options.action == "status":
        return _tell_autostart(options.headless)
    on = options.action == "on"
    if on and options.headless:
        _turn_headless_on()
        return 0
    # At most one of the two starts is on; ``off --headless`` does not touch the start with an icon.
    if (kept := headless.turn_off()) is not None:
        print(f"{headless.gone(kept)}{': one of them runs at a time' if on else ''}.")
    if on or not options.headless:
        _tell(autostart.turn(on))
        print("Telex Start starts when you log in." if on else f"{_OFF_WORDS}.")
    return 0


def integrate(argv: list[str]) -> int:
    """``telex-start integrate on|off|status``.

    Returns:
        0; for ``status`` 1 if it is off.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    here = autostart.platform()
    match parse_command("integrate", argv).action:
        case "status":
            status = here.integration()
            print(_words("The desktop knows Telex Start", "The desktop does not know Telex Start", status))
            return 0 if status.on else _OFF
        case "off":
            print(here.turn_integration(False) or "The desktop's entry and icons of Telex Start are gone.")
        case _:
            print(here.turn_integration(True) or "The desktop knows Telex Start by its name and icon.")
    autostart.keep_integration()
    return 0


def completions(argv: list[str]) -> int:
    """``telex-start completions bash|zsh|fish``, for a shell that does not look where the program was installed (pipx).

    Returns:
        0.

    Raises:
        ConfigError: an option or the argument is wrong.
    """
    shell = parse_command("completions", argv).shell
    here = Path(__file__)
    packaged, in_a_checkout = here.with_name("completions"), here.parents[2] / "assets" / "completions"
    file = (packaged if packaged.is_dir() else in_a_checkout) / f"telex-start.{shell}"
    sys.stdout.buffer.write(file.read_bytes())  # unchanged: a shell on Windows wants these line ends too
    return 0


def _turn_headless_on() -> None:
    try:
        email = config_file.ConfigSource(None).load().email
    except ConfigError:
        email = None  # the agent itself says what is wrong with the configuration
    left = headless.turn_on(email)
    if autostart.platform().autostart().on:
        _tell(autostart.turn(False))
        print("The start with an icon is switched off: one of them runs at a time.")
    print(f"Telex Start starts when you log in, without an icon, by {headless.path()}.")
    for sentence in left:
        print(f"- {sentence}")


def _tell(sentences: list[str]) -> None:
    for sentence in sentences:
        print(sentence)


def _tell_autostart(only_headless: bool) -> int:
    unit = headless.status()
    if unit.on or (only_headless and unit.words):
        print(_words("Telex Start starts at log-in, without an icon", _OFF_WORDS, unit))
        if why := headless.secret_is_open():
            print(f"{why}: chmod 600.")
        if unit.on:
            return 0
    icon = Status(False, "") if only_headless else autostart.platform().autostart()
    if not (only_headless and unit.words):
        print(_words("Telex Start starts at log-in", _OFF_WORDS, icon))
    return 0 if icon.on else _OFF


def _words(on: str, off: str, status: Status) -> str:
    if status.on:
        return f"{on}, {status.words}."
    return f"{off}: {status.words}." if status.words else f"{off}."
