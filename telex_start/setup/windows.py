"""The start at log-in on Windows (the key ``Run`` of this user), and the shortcut in the Start menu.

Task Manager and Settings switch a start off without touching ``Run``: by a value of the same name under
``StartupApproved\\Run``, whose first byte is odd then. Microsoft does not document it; so it was seen on Windows 10 and
11 (https://renenyffenegger.ch/notes/Windows/registry/tree/HKEY_CURRENT_USER/Software/Microsoft/Windows/CurrentVersion/Explorer/StartupApproved).
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from typing import Any

from ..errors import TelexStartError
from ..process import itself, paths
from . import desktop_files, draw_icons, files, launch, shell_link
from .record import Record
from .status import Status

_VALUE = "Telex Start"
_RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
_OURS = re.compile(rf'("[^"]*"|[^" ]*)( -m telex_start)? {desktop_files.AT_LOGIN}')
"""The command as it is written here."""
_APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"


def autostart() -> Status:
    """Whether the program starts at log-in."""
    command = _value(_RUN)
    if not isinstance(command, str):
        return Status(False, "")
    program = _program(command)
    if not os.path.isfile(program):
        return Status(False, f"HKCU\\{_RUN} starts {program or 'nothing'}, which is not there")
    approved = _value(_APPROVED)
    if isinstance(approved, bytes) and approved[:1] and approved[0] & 1:
        return Status(False, "it is switched off in Task Manager or Settings")
    return Status(True, f"by HKCU\\{_RUN}")


def turn_autostart(on: bool) -> str:
    """Have the program started at log-in, or not.

    Returns:
        What was left, switched off, as it is the person's own; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    winreg, known = _registry(), _value(_RUN)
    own = isinstance(known, str) and _OURS.fullmatch(known) is None
    try:
        if own and not on:
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, _APPROVED, 0, winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, _VALUE, 0, winreg.REG_BINARY, bytes([3, *[0] * 11]))
            return f"HKCU\\{_RUN} has a command of yours: it stays, switched off as Task Manager does it."
        if on and not (own and os.path.isfile(_program(known))):
            command = subprocess.list2cmdline([*launch.tried(), desktop_files.AT_LOGIN])
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, _RUN, 0, winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, _VALUE, 0, winreg.REG_SZ, command)
        elif not on:
            _delete(_RUN)
        _delete(_APPROVED)  # the person has just said otherwise
    except OSError as error:
        raise TelexStartError(f"HKCU\\{_RUN} cannot be written ({error.strerror}).", launch.NOT_DONE) from None
    return ""


def _program(command: str) -> str:
    """The program of a command."""
    return command[1:].partition('"')[0] if command.startswith('"') else command.partition(" ")[0]


def shortcut() -> str:
    """The shortcut's file."""
    roaming = os.environ.get("APPDATA") or os.path.expanduser(r"~\AppData\Roaming")
    return os.path.join(roaming, "Microsoft", "Windows", "Start Menu", "Programs", "Telex Start.lnk")


def icon() -> str:
    """The icon's file, which the shortcut names, where the program has none in itself."""
    return os.path.join(paths.state_folder(), "telex-start.ico")


def integration() -> Status:
    """Whether the Start menu has the program."""
    there = os.path.isfile(shortcut())
    return Status(there, f"by {shortcut()}" if there else "")


def turn_integration(on: bool) -> str:
    """Put the program into the Start menu, or take it away.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    record = Record()
    if not on:
        files.remove(shortcut())
        files.remove(icon())
        record.tidy()
        return ""
    words = launch.tried()
    picture = words[0] if itself.is_frozen() else icon()  # that program has its icon in itself
    try:
        record.make_folder(os.path.dirname(shortcut()))
        if picture == icon():
            record.make_folder(os.path.dirname(picture))
            draw_icons.draw_elsewhere(picture)
        shell_link.write(shortcut(), words[0], subprocess.list2cmdline(words[1:]), "Telex Start", picture)
    except OSError as error:
        raise files.failed(shortcut(), error) from None
    return ""


def _value(key: str) -> Any:
    """Our value under a key of this user; ``None`` where there is none."""
    winreg = _registry()
    with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
        return winreg.QueryValueEx(opened, _VALUE)[0]
    return None


def _delete(key: str) -> None:
    winreg = _registry()
    with (
        suppress(FileNotFoundError),
        winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened,
    ):
        winreg.DeleteValue(opened, _VALUE)


def _registry() -> Any:
    """The module, of which only Windows has the functions."""
    import winreg

    return winreg
