"""``telex-start reload``: the running agent reads its configuration anew."""

from __future__ import annotations

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
    try:
        config = config_file.load(options)
    except ConfigError as error:
        wrong = error
        config = config_file.load_where(options)
    kind = instance.ask(paths.runtime_folder(), config.api_url, Request.RELOAD)
    if wrong is not None:
        raise wrong
    print("Telex Start reads its configuration anew." if kind else "Telex Start is not running.")
    return 0
