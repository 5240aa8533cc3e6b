"""``telex-start doctor``: what will work on this machine, what is missing, and what to do about it.

Here is the command, and what it looks at of the program itself: Python, packages, configuration, folders, the agent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from .. import config_file
from ..config import ENVIRONMENTS, Config, flatten
from ..errors import NO_ROOM, ROOM_FOR_ALL, ConfigError, TelexStartError
from ..process import instance, paths
from ..process.logs import redact
from .findings import Finding, Mark, line, log_folder_remedy, look, missing, note, ok, verdict

_NEEDED = {
    "requests": "requests",
    "websocket": "websocket-client",
    "truststore": "truststore",
    "pystray": "pystray",
    "plyer": "plyer",
    "PIL": "Pillow",
    "tktooltip": "tkinter-tooltip",
    "tomlkit": "tomlkit",
    "psutil": "psutil",
}
"""Packages that are imported when they are needed, by the name of their module. An installation has them all."""


def main(argv: list[str]) -> int:
    """Look at everything and say it on standard output, a line each.

    Returns:
        1 if the agent cannot do its job here, else 0.

    Raises:
        ConfigError: an option is wrong. (What is wrong in the configuration itself is a finding.)
    """
    from ..command_line import parse_command

    options = parse_command("doctor", argv)
    if options.window:
        from . import window

        return window.main(lambda: _findings(options))
    findings: list[Finding] = []
    try:
        for finding in _findings(options):
            findings.append(finding)
            print(line(finding), flush=True)
        words, code = verdict(findings)
        print(f"\n{words}", flush=True)
    except BrokenPipeError:
        # Nobody reads on, as in `telex-start doctor | head -3`; Python would try again at the end, and complain.
        sys.stdout = None
        return 1
    return code


def _findings(options: object) -> Iterator[Finding]:
    """All findings. People show them to others: whatever looks like a secret is struck out."""
    for finding in _looks(options):
        yield finding._replace(found=redact(finding.found), remedy=redact(finding.remedy))


def _looks(options: object) -> Iterator[Finding]:
    from . import desktop

    config: Config | ConfigError
    source = config_file.ConfigSource(options)
    try:
        config = source.load()
    except ConfigError as error:
        config = error
    yield ok("Python", f"{'.'.join(str(part) for part in sys.version_info[:3])} ({sys.executable})")
    packages = look("packages", _packages, fatal=True)
    yield packages
    yield _configuration(config, source)
    yield from map(_mistake, source.mistakes()[1:])
    yield from _worth_a_line(look("overridden", lambda: _overridden(source)))
    yield look("lock", _lock_folder, fatal=True)
    yield look("log", _log_folder)
    yield from _worth_a_line(look("organisations", _left_out))
    yield from desktop.findings(sounds=isinstance(config, Config) and config.sound == "on")
    if isinstance(config, ConfigError):
        return
    yield look("main app", lambda: desktop.main_app(config.main_app_command))
    if config.while_client_runs == "quiet":
        yield look("quiet", lambda: desktop.client_in_front(config.main_app_command))
    yield look("running agent", lambda: _running(config))
    yield _addresses(config)
    if packages.mark is Mark.OK:
        from . import network

        yield from network.findings(config)


def _worth_a_line(finding: Finding) -> list[Finding]:
    """What nobody needs to know where it is well."""
    return [finding] if finding.mark is not Mark.OK else []


def _packages() -> Finding:
    """The packages that the program comes with."""
    lacking = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if lacking:
        return missing("packages", "not installed", f"pip install {' '.join(lacking)}", fatal=True)
    return ok("packages", "all that it comes with")


def _configuration(config: Config | ConfigError, source: config_file.ConfigSource) -> Finding:
    """The configuration, or what is wrong with it."""
    if isinstance(config, ConfigError):
        return _mistake(config.message)
    words = source.path if os.path.exists(source.path) else f"no file {source.path}, which is fine"
    given = [one.source for one in source.given().values()]
    over = f", and over it {', '.join(given)}" if given else ""
    return ok("configuration", words + over)


def _mistake(words: str) -> Finding:
    """A mistake in the configuration.

    Args:
        words: A sentence.
    """
    return missing("configuration", words.rstrip("."), fatal=True)


def _overridden(source: config_file.ConfigSource) -> Finding:
    """What stands in the file and does not count, because a variable or an option says otherwise."""
    try:
        values = flatten(config_file.read(source.path), "")
    except (FileNotFoundError, ConfigError):
        return ok("overridden", "nothing is known to be")
    found = [
        f"{key} by {given.source}"
        for key, given in source.given().items()
        if key in values and repr(values[key]) != repr(given.value)
    ]
    if not found:
        return ok("overridden", "nothing")
    return note("overridden", ", ".join(found), "what stands in the file for it does not count")


def _addresses(config: Config) -> Finding:
    """Which Telex."""
    pair = (config.api_url, config.push_url)
    name = next((name for name, known in ENVIRONMENTS.items() if known[:2] == pair), "its own")
    return ok("Telex", f"{name}: {config.api_url}, {config.push_url}")


def _lock_folder() -> Finding:
    """Where the lock and the instance socket are."""
    try:
        folder = paths.runtime_folder()
    except ConfigError as error:
        return missing("lock", error.message.rstrip("."), fatal=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        return missing("lock", f"the folder {folder} cannot be written", paths.ELSEWHERE, fatal=True)
    return ok("lock", folder)


def _log_folder() -> Finding:
    """Where the log is; the agent also runs without one."""
    try:
        file = paths.log_file()
    except OSError as error:
        return note("log", f"none, its folder cannot be made ({error.strerror})", log_folder_remedy())
    if not os.access(file if os.path.exists(file) else os.path.dirname(file), os.W_OK):
        return note("log", f"none, {file} cannot be written", "see who owns it")
    return ok("log", file)


def _left_out() -> Finding:
    """The organisations that the agent has no room for on its connection to Telex, as its log names them."""
    try:
        with open(paths.log_file(), encoding="utf-8", errors="replace") as log:
            said = [text for text in log if NO_ROOM in text or ROOM_FOR_ALL in text]
    except OSError:
        said = []
    _, found, which = said[-1].rstrip().partition(NO_ROOM) if said else ("", "", "")
    if not found:
        return ok("organisations", "none was left out, as far as the log goes back")
    return note(
        "organisations",
        f"Telex took no more on one connection, and left out{which}",
        "those with unread messages go first; ask whoever runs Telex for a larger channel_limit",
    )


def _running(config: Config) -> Finding:
    """Whether an agent runs already, for this user and address."""
    try:
        kind = instance.ask(paths.runtime_folder(), config.api_url, None)
    except TelexStartError:
        kind = None  # the finding about the lock says why
    words = {None: "none", "tray": "one, with an icon", "headless": "one, headless"}
    return ok("running agent", words.get(kind, str(kind)))
