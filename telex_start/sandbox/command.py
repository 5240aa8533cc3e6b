"""``telex-start sandbox [options]``."""

from __future__ import annotations

import asyncio
import sys

from .options import WrongOption, parse_options

_PROGRAM = "telex-start sandbox"


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        argv: The options, without the program's name.

    Returns:
        0 after a clean end, 1 if it cannot listen, 2 for a wrong option or a missing dependency.
    """
    try:
        options = parse_options(argv)
    except WrongOption as error:
        return _complain(str(error))
    except SystemExit:
        return 0  # after --help
    try:
        from .service import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("aiohttp", "jwt", "trustme", "cryptography"):
            raise
        return _complain(f"{error.name} is missing; install the extra: pip install 'telex-start[sandbox]'")
    try:
        return asyncio.run(serve(options))
    except OSError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 0  # Ctrl+C before the signal handlers were in place


def _complain(message: str) -> int:
    print(f"{_PROGRAM}: {message}", file=sys.stderr)
    return 2
