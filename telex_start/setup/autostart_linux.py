"""The start at log-in on Linux, by the Desktop Application Autostart Specification 0.5."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from ..desktop.main_app import desktop_entry
from ..process import paths
from . import desktop_files, files, launch
from .record import Record
from .status import Status


def path() -> str:
    """This user's entry."""
    return os.path.join(paths.config_home(), "autostart", desktop_files.NAME)


def status(environ: Mapping[str, str] = os.environ) -> Status:
    """Whether the program starts at log-in.

    Args:
        environ: The environment variables.
    """
    for place in (path(), *_of_the_system(environ)):
        if (text := files.read(place)) is None:
            continue
        values = desktop_entry.parse(text)
        if why := desktop_files.off_because(values):
            return Status(False, f"{place} says {why}")
        words = desktop_files.words_of(values)
        for program in (values.get("TryExec"), words[0] if words else ""):
            if program is not None and not shutil.which(program, path=environ.get("PATH")):
                return Status(False, f"{place} starts {program or 'nothing'}, which is not there")
        if why := _elsewhere(values, environ):
            return Status(False, f"{place} says {why}")
        return Status(True, f"by {place}")
    return Status(False, "")


def turn(on: bool) -> str:
    """Have the program started at log-in, or not.

    Returns:
        What was left, switched off, as it is the person's own; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    record = Record()
    text = files.read(path())
    if on:
        command = launch.tried()
        if text is None:
            text = desktop_files.at_login(command)
        else:
            text = desktop_files.renewed(text, desktop_entry.parse(text), command, desktop_files.AT_LOGIN)
        files.write(path(), text, record)
        return ""
    left = ""
    if text is not None:
        if desktop_files.edited(text, desktop_files.at_login, [desktop_files.AT_LOGIN]):
            files.write(path(), desktop_files.hidden(text), record)
            left = f"{path()} has changes of yours: it stays, switched off by Hidden=true."
        else:
            files.remove(path())
    if status().on:  # one for all users of this machine, which only an entry of the same name switches off
        files.write(path(), desktop_files.hidden(desktop_files.at_login(launch.command())), record)
    record.tidy()
    return left


def _of_the_system(environ: Mapping[str, str]) -> list[str]:
    folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [os.path.join(folder, "autostart", desktop_files.NAME) for folder in folders.split(":") if folder]


def _elsewhere(values: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Which key says that it is not for this desktop; empty for none, or where no desktop says its name."""
    desktops = set(filter(None, environ.get("XDG_CURRENT_DESKTOP", "").split(":")))
    if not desktops:
        return ""
    for key, wanted in (("OnlyShowIn", True), ("NotShowIn", False)):
        if key in values and bool(desktops & set(values[key].split(";"))) is not wanted:
            return f"{key}={values[key]}"
    return ""
