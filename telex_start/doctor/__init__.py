"""``telex-start doctor``: what will work on this machine, what is missing, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import config_file
from ..config import Config
from ..errors import ConfigError
from ..process.logs import struck
from . import desktop, machine
from .findings import Finding, Mark, line, verdict
from .probing import look

if TYPE_CHECKING:
    from ..desktop.tk import help_windows


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
        from ..desktop.tk import help_windows

        return help_windows.doctor(lambda: _lines(options))
    findings: list[Finding] = []
    try:
        for finding in _findings(options):
            findings.append(finding)
            print(line(finding), flush=True)
        words, code = _verdict(findings)
        print(f"\n{words}", flush=True)
    except BrokenPipeError:
        # Nobody reads on, as in `telex-start doctor | head -3`; Python would try again at the end, and complain.
        sys.stdout = None
        return 1
    return code


def _lines(options: object) -> Iterator[help_windows.Line | help_windows.Conclusion]:
    """All of it for the window."""
    from ..desktop.tk.help_windows import Conclusion, Line

    findings: list[Finding] = []
    for finding in _findings(options):
        findings.append(finding)
        yield Line(finding.mark.value, finding.subject, finding.found, finding.remedy, line(finding))
    words, code = _verdict(findings)
    yield Conclusion(words, not code)


def _verdict(findings: list[Finding]) -> tuple[str, int]:
    tray = any(finding.subject == "tray" and finding.mark is Mark.OK for finding in findings)
    bus = any(finding.subject == "session bus" and finding.mark is Mark.OK for finding in findings)
    return verdict(findings, tray, without_icon=bus)


def _findings(options: object) -> Iterator[Finding]:
    """All findings. People show them to others: whatever looks like a secret is struck out."""
    for finding in _looks(options):
        yield finding._replace(found=struck(finding.found), remedy=struck(finding.remedy))


def _looks(options: object) -> Iterator[Finding]:
    config: Config | ConfigError
    try:
        config = config_file.load(options)
    except ConfigError as error:
        config = error
    yield look("Python", machine.python, fatal=True)
    packages = look("packages", machine.packages, fatal=True)
    yield packages
    yield machine.configuration(config, config_file.file_of(options), config_file.sources(options))
    yield from map(machine.mistake, config_file.mistakes(options)[1:])
    preferences = look("preferences", machine.preferences)
    if preferences.mark is not Mark.OK:
        yield preferences
    overridden = look("overridden", lambda: machine.overridden(options))
    if overridden.mark is not Mark.OK:
        yield overridden
    yield look("lock", machine.lock_folder, fatal=True)
    yield look("log", machine.log_folder)
    organisations = look("organisations", machine.left_out)
    if organisations.mark is not Mark.OK:
        yield organisations
    yield from desktop.findings(sounds=isinstance(config, Config) and config.sound == "on")
    if isinstance(config, ConfigError):
        return
    yield look("main app", lambda: desktop.main_app(config.main_app_command))
    if config.while_client_runs == "quiet":
        yield look("quiet", lambda: desktop.client_in_front(config.main_app_command))
    yield look("running agent", lambda: machine.running(config))
    yield machine.addresses(config)
    if packages.mark is Mark.OK:
        from . import network

        yield from network.findings(config)
