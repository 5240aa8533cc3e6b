"""Linux: the start at log-in (Desktop Application Autostart Specification 0.5), and the entry in the menus.

``python -m telex_start.setup.linux THEME`` draws the icons of a package, whose folders are there.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress

from ..desktop.main_app import desktop_entry
from ..errors import TelexStartError
from ..process import paths
from . import desktop_files, files, launch
from .files import Record, Status

SIZES = (16, 22, 24, 32, 48, 64, 128, 256)
"""Pixels, each drawn for itself: those that the icon theme hicolor 0.17 has folders for, as far as desktops ask for."""
_HIDDEN = {"Hidden": "true"}
"""By which nobody starts an entry."""
_RENEWED_WITHIN = 30.0
"""Seconds for a program that renews a cache."""


def autostart() -> Status:
    """Whether the program starts at log-in."""
    folders = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    of_the_system = [os.path.join(folder, "autostart", desktop_files.NAME) for folder in folders if folder]
    for place in (_autostart_entry(), *of_the_system):
        if (text := files.read(place)) is not None:
            why = _why_off(desktop_entry.parse(text))
            return Status(False, f"{place} {why}") if why else Status(True, f"by {place}")
    return Status(False, "")


def turn_autostart(on: bool) -> str:
    """Have the program started at log-in, or not.

    Returns:
        What was left, switched off, as it is the person's own; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    path, record, left = _autostart_entry(), Record(), ""
    text = files.read(path)
    if on:
        command = launch.tried()
        if text is None:
            text = desktop_files.at_login(command)
        else:
            text = desktop_files.renewed(text, command, desktop_files.AT_LOGIN)
        files.write(path, text, record)
        return ""
    if text is not None:
        if desktop_files.edited(text, desktop_files.at_login, [desktop_files.AT_LOGIN]):
            files.write(path, desktop_files.changed(text, _HIDDEN), record)
            left = f"{path} has changes of yours: it stays, switched off by Hidden=true."
        else:
            files.remove(path)
    if autostart().on:  # one for all users of this machine, which only an entry of the same name switches off
        text = desktop_files.at_login(launch.command())
        files.write(path, desktop_files.changed(text, _HIDDEN), record)
    record.tidy()
    return left


def _autostart_entry() -> str:
    return os.path.join(paths.config_home(), "autostart", desktop_files.NAME)


def _why_off(values: Mapping[str, str]) -> str:
    """What keeps an entry from starting the program; empty for nothing."""
    if why := desktop_files.off_because(values):
        return f"says {why}"
    words = desktop_files.words_of(values)
    for program in (values.get("TryExec"), words[0] if words else ""):
        if program is not None and not shutil.which(program):
            return f"starts {program or 'nothing'}, which is not there"
    # Which key says that it is not for this desktop; none does where no desktop says its name.
    if desktops := set(filter(None, os.environ.get("XDG_CURRENT_DESKTOP", "").split(":"))):
        for key, wanted in (("OnlyShowIn", True), ("NotShowIn", False)):
            if key in values and bool(desktops & set(values[key].split(";"))) is not wanted:
                return f"says {key}={values[key]}"
    return ""


def integration() -> Status:
    """Whether the desktop knows the program."""
    path = _menu_entry()
    text = files.read(path)
    if desktop_entry.find(desktop_files.NAME, os.environ) is not None:
        return Status(True, f"by {path}" if text is not None else "by what is installed for all users")
    if text is None:
        return Status(False, "")
    values = desktop_entry.parse(text)
    if why := desktop_files.off_because(values):
        return Status(False, f"{path} says {why}")
    return Status(False, f"{path} starts {values.get('TryExec', 'nothing')}, which is not there")


def turn_integration(on: bool) -> str:
    """Put entry and icons there, or take them away.

    Returns:
        What was left as it is, and why; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    return _put() if on else _take()


def _put() -> str:
    path, record, command = _menu_entry(), Record(), launch.tried()
    text = files.read(path)
    if text is None and _is_installed(command):
        return "It is installed for all users of this machine, so there is nothing to do."
    if text is None or not desktop_files.edited(text, desktop_files.application):
        text = desktop_files.application(command)
    else:
        text = desktop_files.renewed(text, command)
    # Before the entry: a desktop that sees it looks for its icon at once.
    for size, icon in _icons(_theme()).items():
        files.write(icon, _drawn(size), record)
    files.write(path, text, record)
    record.wrote(*_icons(_theme()).values())
    _renew_caches()
    return ""


def _take() -> str:
    path, record, left = _menu_entry(), Record(), ""
    text = files.read(path)
    if text is not None:
        if desktop_files.edited(text, desktop_files.application):
            left = f"{path} has changes of yours, and is left as it is."
        else:
            files.remove(path)
    if not left:
        icons = _icons(_theme()).values()
        own = [icon for icon in icons if record.is_as_written(icon) is False and os.path.exists(icon)]
        for icon in icons:
            if icon not in own:
                files.remove(icon)
        if own:
            left = f"What is not as Telex Start drew it is left as it is: {', '.join(own)}."
    record.tidy()
    _renew_caches()
    return left


def _menu_entry() -> str:
    return os.path.join(paths.data_home(), "applications", desktop_files.NAME)


def _theme() -> str:
    """The folder of this user's icons that all themes fall back on."""
    return os.path.join(paths.data_home(), "icons", "hicolor")


def _icons(theme: str) -> dict[int, str]:
    """The icons' files by their size."""
    return {size: os.path.join(theme, f"{size}x{size}", "apps", "telex-start.png") for size in SIZES}


def _drawn(size: int) -> bytes:
    """An icon, as a PNG file.

    Raises:
        TelexStartError: it cannot be drawn.
    """
    from ..states import State

    try:
        from ..desktop import icons
    except ImportError as error:
        raise TelexStartError(f"the icons cannot be drawn ({error}).", files.NOT_DONE) from None
    file = io.BytesIO()
    icons.draw(State.ONLINE, 0, size).save(file, "PNG")
    return file.getvalue()


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
    applications, icons = os.path.dirname(_menu_entry()), _theme()
    for cache, words in (
        (os.path.join(applications, "mimeinfo.cache"), ["update-desktop-database", "-q", applications]),
        (os.path.join(icons, "icon-theme.cache"), ["gtk-update-icon-cache", "-q", "-f", "-t", icons]),
    ):
        if os.path.exists(cache):
            launch.succeeds(words, _RENEWED_WITHIN)
    with suppress(OSError):
        os.utime(icons)  # by which they see that there is something to look at


if __name__ == "__main__":
    for _size, _path in _icons(sys.argv[1]).items():
        with open(_path, "wb") as _file:
            _file.write(_drawn(_size))
