"""``telex-start reload``: the running agent reads its configuration again."""

from __future__ import annotations

import contextlib

from . import config_file
from .command_line import parse_command
from .errors import ConfigError
from .menu import Request
from .process import instance, paths


def main(argv: list[str]) -> int:
    """Ask the running agent to read its configuration; say whether one runs.

    Returns:
        0.

    Raises:
        ConfigError: an option or the configuration is wrong. The agent was asked all the same, and says so too.
    """
    options = parse_command("reload", argv)
    wrong: ConfigError | None = None
    api_url = None
    try:
        api_url = config_file.load(options).api_url
    except ConfigError as error:
        wrong = error
        with contextlib.suppress(ConfigError):
            api_url = config_file.load_where(options).api_url
    asked = ask(options, api_url)
    if wrong is not None:
        raise wrong
    print("Telex Start reads its configuration again." if asked else "Telex Start is not running.")
    return 0


def ask(options: object, api_url: str | None) -> bool:
    """Ask the running agent to read its configuration.

    Args:
        options: The parsed command line.
        api_url: The agent's address, by the configuration; ``None`` where that is wrong.

    Returns:
        Whether one runs.
    """
    folder = paths.runtime_folder()
    if api_url is not None and instance.ask(folder, api_url, Request.RELOAD) is not None:
        return True
    # The address may be what has just been changed. The others find that nothing else counts for them.
    return not config_file.names_address(options) and bool(instance.ask_all(folder, Request.RELOAD))
