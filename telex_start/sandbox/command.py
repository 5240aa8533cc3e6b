"""The command line of the sandbox: reads the options of ``telex-start sandbox`` and serves until the end."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

_Number = TypeVar("_Number", int, float)


class _OptionParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _between(kind: Callable[[str], _Number], low: float, high: float) -> Callable[[str], _Number]:
    def read(text: str) -> _Number:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
        return value

    read.__name__ = "number"  # argparse says "invalid number value" for a text that is none
    return read


def parser() -> argparse.ArgumentParser:
    """The options with their help. Durations are seconds."""
    new = _OptionParser(
        prog="telex-start sandbox",
        description="A Telex on this machine: API, push server and demo story, over TLS on 127.0.0.1. "
        "It prints five NAME=value lines for the environment of the program under test, then serves until it is ended.",
        allow_abbrev=False,
    )
    count, positive_count = _between(int, 0, 10**6), _between(int, 1, 10**6)
    seconds, positive_seconds = _between(float, 0, 1e7), _between(float, 0.01, 1e7)
    add = new.add_argument
    add("--port", type=_between(int, 0, 65535), default=0, help="port of the API (default: any free one)")
    add("--push-port", type=_between(int, 0, 65535), default=0, help="port of the push server (default: any free one)")
    add("--organisations", type=count, default=3, metavar="N", help="organisations the user is in (3)")
    add("--connection-ttl", type=positive_count, metavar="SECONDS", default=120, help="a connection token's life (120)")
    add(
        "--subscription-ttl",
        type=positive_count,
        metavar="SECONDS",
        default=300,
        help="a subscription token's life (300)",
    )
    add("--ping", type=seconds, default=25.0, metavar="SECONDS", help="interval of pings (25); 0 for none")
    add("--stale-close-delay", type=positive_seconds, default=10.0, metavar="SECONDS", help="time to connect (10)")
    add("--expired-close-delay", type=seconds, default=25.0, metavar="SECONDS", help="grace after a token's end (25)")
    add("--rate", type=seconds, default=6.0, metavar="PER_SECOND", help="API calls a second (6); 0 for no limit")
    add("--burst", type=positive_count, default=4, help="API calls at once (4)")
    add("--history", type=count, default=0, metavar="SIZE", help="publications kept per channel (0, as the service)")
    add("--history-ttl", type=positive_seconds, default=300.0, metavar="SECONDS", help="how long they are kept (300)")
    add("--no-notification-token", dest="notification_token", action="store_false", help="logins bring none")
    add("--slugs", choices=("new", "older", "none"), default="new", help="name of the slug's field, or no slugs (new)")
    when = "when a message's text comes: before or after its count, or never (after)"
    add("--new-message", choices=("before", "after", "never"), default="after", help=when)
    add("--one-profile", action="store_true", help="one profile for all organisations, as older backends have")
    add("--honour-subs", action="store_true", help="subscribe the tokens in connect.subs, which no Centrifugo does")
    add("--any-origin", action="store_true", help="let in who sends an Origin, which no Centrifugo does by default")
    add("--no-story", dest="story", action="store_false", help="publish nothing by itself")
    add("--story-interval", type=positive_seconds, default=6.0, metavar="SECONDS", help="pace of the story (6)")
    add("--clock-offset", type=float, default=0.0, metavar="SECONDS", help="how far the server's clock is ahead (0)")
    add("--date-ahead", type=float, default=0.0, metavar="SECONDS", help="how far the API's Date alone is ahead (0)")
    binary = add("--centrifugo", type=Path, metavar="PATH", help="a Centrifugo binary to run as the push server")
    binary.complete = "file"  # type: ignore[attr-defined]  # for shtab
    add("--centrifugo-config-style", choices=("v5", "v6"), help="its configuration (default: it is asked)")
    add("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    return new


def _checked(new: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """Ends the program if options do not go together, or if there is no Centrifugo binary at the path given."""
    if options.centrifugo is None:
        if options.centrifugo_config_style is not None:
            new.error("--centrifugo-config-style says nothing without --centrifugo")
        return options
    for wrong, words in (
        (options.clock_offset, "--clock-offset does not go with --centrifugo, which has a clock of its own"),
        (options.honour_subs, "--honour-subs does not go with --centrifugo, which ignores those tokens"),
        (options.any_origin, "--any-origin does not go with --centrifugo, which is told of no origin"),
        (0 < options.ping < 1, "--ping of less than a second does not go with --centrifugo"),
        (not options.centrifugo.is_file(), f"--centrifugo: there is no file {options.centrifugo}"),
    ):
        if wrong:
            new.error(words)
    return options


def main(argv: list[str]) -> int:
    """Serve until SIGTERM, SIGINT or, with ``--until-stdin-closes``, the end of standard input.

    Args:
        argv: The options, without the program's name.

    Returns:
        0 after a clean end, 1 if a server cannot start, 2 for a wrong option or a missing dependency.
    """
    new = parser()
    try:
        options = _checked(new, new.parse_args(argv))
        from .service import serve
    except SystemExit as end:  # after --help, or a wrong option
        return int(end.code or 0)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("aiohttp", "jwt", "trustme", "cryptography"):
            raise
        missing = f"{error.name} is missing; install the extra: pip install 'telex-start[sandbox]'"
        print(f"{new.prog}: {missing}", file=sys.stderr)
        return 2
    try:
        return asyncio.run(serve(options))
    except OSError as error:
        print(f"{new.prog}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0  # Ctrl+C before the signal handlers were in place
