"""The program's desktop entry and icons for this user, so that desktops show its name, icon and history."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress

from ..desktop.main_app import desktop_entry
from ..process import paths
from . import desktop_files, draw_icons, files, launch
from .record import Record
from .status import Status

_RENEWED_WITHIN = 30.0
"""Seconds for a program that renews a cache."""


def path() -> str:
    """This user's entry."""
    return os.path.join(paths.data_home(), "applications", desktop_files.NAME)


def theme() -> str:
    """The folder of this user's icons that all themes fall back on."""
    return os.path.join(paths.data_home(), "icons", "hicolor")


def status(environ: Mapping[str, str] = os.environ) -> Status:
    """Whether the desktop knows the program.

    Args:
        environ: The environment variables.
    """
    if desktop_entry.find(desktop_files.NAME, environ) is not None:
        if files.read(path()) is not None:
            return Status(True, f"by {path()}")
        return Status(True, "by what is installed for all users")
    if (text := files.read(path())) is None:
        return Status(False, "")
    values = desktop_entry.parse(text)
    why = desktop_files.off_because(values) and f"{path()} says {desktop_files.off_because(values)}"
    return Status(False, why or f"{path()} starts {values.get('TryExec', 'nothing')}, which is not there")


def turn(on: bool) -> str:
    """Put entry and icons there, or take them away.

    Returns:
        What was left as it is, and why; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    return _put() if on else _take()


def _put() -> str:
    record, command = Record(), launch.tried()
    text = files.read(path())
    if text is None and _is_installed(command):
        return "It is installed for all users of this machine, so there is nothing to do."
    if text is None or not desktop_files.edited(text, desktop_files.application):
        text = desktop_files.application(command)
    else:
        text = desktop_files.renewed(text, desktop_entry.parse(text), command)
    for icon in draw_icons.files(theme()).values():
        try:
            record.make_folder(os.path.dirname(icon))
        except OSError as error:
            raise files.failed(icon, error) from None
    # Before the entry: a desktop that sees it looks for its icon at once.
    draw_icons.draw_elsewhere(theme())
    files.write(path(), text, record)
    record.wrote(*draw_icons.files(theme()).values())
    _renew_caches()
    return ""


def _take() -> str:
    record, left = Record(), ""
    text = files.read(path())
    if text is not None:
        if desktop_files.edited(text, desktop_files.application):
            left = f"{path()} has changes of yours, and is left as it is."
        else:
            files.remove(path())
    if not left:
        icons = draw_icons.files(theme()).values()
        own = [icon for icon in icons if record.is_as_written(icon) is False and os.path.exists(icon)]
        for icon in icons:
            if icon not in own:
                files.remove(icon)
        if own:
            left = f"What is not as Telex Start drew it is left as it is: {', '.join(own)}."
    record.tidy()
    _renew_caches()
    return left


def _is_installed(command: list[str]) -> bool:
    """Whether the system has an entry for this very program, with its icon beside it."""
    entry = desktop_entry.find(desktop_files.NAME, os.environ)
    if entry is None:
        return False
    words = desktop_files.words_of(entry)
    found = shutil.which(words[0]) if words else None
    return found is not None and os.path.realpath(found) == os.path.realpath(command[0]) and len(command) == 1


def _renew_caches() -> None:
    """Have caches renewed that are there already. Where there is none, desktops look at the files themselves; one that
    is made here would be for somebody else to renew, and stay behind."""
    applications, icons = os.path.dirname(path()), theme()
    for cache, words in (
        (os.path.join(applications, "mimeinfo.cache"), ["update-desktop-database", "-q", applications]),
        (os.path.join(icons, "icon-theme.cache"), ["gtk-update-icon-cache", "-q", "-f", "-t", icons]),
    ):
        if os.path.exists(cache):
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_RENEWED_WITHIN, check=False
                )
    with suppress(OSError):
        os.utime(icons)  # by which they see that there is something to look at
