"""The options of ``telex-start sandbox``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

_Number = TypeVar("_Number", int, float)


class WrongOption(Exception):
    """An option is unknown or has no sensible value; the message is one line."""


@dataclass(frozen=True)
class Options:
    """What ``telex-start sandbox`` was asked for. Durations are seconds."""

    port: int = 0
    push_port: int = 0
    organisations: int = 3
    connection_ttl: int = 120
    subscription_ttl: int = 300
    ping: float = 25.0
    stale_close_delay: float = 10.0
    expired_close_delay: float = 25.0
    rate: float = 6.0
    burst: int = 4
    history: int = 0
    history_ttl: float = 300.0
    notification_token: bool = True
    slugs: str = "new"
    new_message: str = "after"
    one_profile: bool = False
    honour_subs: bool = False
    any_origin: bool = False
    story: bool = True
    story_interval: float = 6.0
    clock_offset: float = 0.0
    date_ahead: float = 0.0
    centrifugo: Path | None = None
    centrifugo_config_style: str | None = None
    until_stdin_closes: bool = False


class _OptionParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongOption(message)


def _port(value: str) -> int:
    return _within(int(value), 0, 65535)


def _count(value: str) -> int:
    return _within(int(value), 0, 10**6)


def _positive_count(value: str) -> int:
    return _within(int(value), 1, 10**6)


def _seconds(value: str) -> float:
    return _within(float(value), 0, 1e7)


def _positive_seconds(value: str) -> float:
    return _within(float(value), 0.01, 1e7)


def _within(value: _Number, low: float, high: float) -> _Number:
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
    return value


def parser() -> argparse.ArgumentParser:
    """The options with their help."""
    new = _OptionParser(
        prog="telex-start sandbox",
        description="A Telex on this machine: API, push server and demo story, over TLS on 127.0.0.1. "
        "It prints five NAME=value lines for the environment of the program under test, then serves until it is ended.",
        allow_abbrev=False,
    )
    add = new.add_argument
    add("--port", type=_port, default=0, help="port of the API (default: any free one)")
    add("--push-port", type=_port, default=0, help="port of the push server (default: any free one)")
    add("--organisations", type=_count, default=3, metavar="N", help="organisations the user is in (3)")
    add(
        "--connection-ttl", type=_positive_count, default=120, metavar="SECONDS", help="a connection token's life (120)"
    )
    add(
        "--subscription-ttl",
        type=_positive_count,
        default=300,
        metavar="SECONDS",
        help="a subscription token's life (300)",
    )
    add("--ping", type=_seconds, default=25.0, metavar="SECONDS", help="interval of pings (25); 0 for none")
    add("--stale-close-delay", type=_positive_seconds, default=10.0, metavar="SECONDS", help="time to connect (10)")
    add("--expired-close-delay", type=_seconds, default=25.0, metavar="SECONDS", help="grace after a token's end (25)")
    add("--rate", type=_seconds, default=6.0, metavar="PER_SECOND", help="API calls a second (6); 0 for no limit")
    add("--burst", type=_positive_count, default=4, help="API calls at once (4)")
    add("--history", type=_count, default=0, metavar="SIZE", help="publications kept per channel (0, as the service)")
    add("--history-ttl", type=_positive_seconds, default=300.0, metavar="SECONDS", help="how long they are kept (300)")
    add("--no-notification-token", dest="notification_token", action="store_false", help="logins bring none")
    add("--slugs", choices=("new", "older", "none"), default="new", help="name of the slug's field, or no slugs (new)")
    add(
        "--new-message",
        choices=("before", "after", "never"),
        default="after",
        help="when a message's text comes: before or after its count, or never (after)",
    )
    add("--one-profile", action="store_true", help="one profile for all organisations, as older backends have")
    add("--honour-subs", action="store_true", help="subscribe the tokens in connect.subs, which no Centrifugo does")
    add("--any-origin", action="store_true", help="let in who sends an Origin, which no Centrifugo does by default")
    add("--no-story", dest="story", action="store_false", help="publish nothing by itself")
    add("--story-interval", type=_positive_seconds, default=6.0, metavar="SECONDS", help="pace of the story (6)")
    add("--clock-offset", type=float, default=0.0, metavar="SECONDS", help="how far the server's clock is ahead (0)")
    add("--date-ahead", type=float, default=0.0, metavar="SECONDS", help="how far the API's Date alone is ahead (0)")
    binary = add("--centrifugo", type=Path, metavar="PATH", help="a Centrifugo binary to run as the push server")
    binary.complete = "file"  # type: ignore[attr-defined]  # for shtab
    add("--centrifugo-config-style", choices=("v5", "v6"), help="its configuration (default: it is asked)")
    add("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    return new


def parse_options(argv: list[str]) -> Options:
    """Read the command line.

    Raises:
        WrongOption: one clear line about what is wrong.
        SystemExit: after ``--help``.
    """
    options = Options(**vars(parser().parse_args(argv)))
    if options.centrifugo is not None:
        if options.clock_offset:
            raise WrongOption("--clock-offset does not go with --centrifugo, which has a clock of its own")
        if options.honour_subs:
            raise WrongOption("--honour-subs does not go with --centrifugo, which ignores those tokens")
        if options.any_origin:
            raise WrongOption("--any-origin does not go with --centrifugo, which is told of no origin")
        if 0 < options.ping < 1:
            raise WrongOption("--ping of less than a second does not go with --centrifugo")
        if not options.centrifugo.is_file():
            raise WrongOption(f"--centrifugo: there is no file {options.centrifugo}")
    elif options.centrifugo_config_style is not None:
        raise WrongOption("--centrifugo-config-style says nothing without --centrifugo")
    return options
