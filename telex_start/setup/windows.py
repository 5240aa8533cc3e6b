"""Windows: the start at log-in (registry: ``HKEY_CURRENT_USER``, key ``Run``), and the Start menu's shortcut.

The shortcut is written by the shell itself (``IShellLinkW`` and ``IPersistFile``, by ctypes);
:mod:`telex_start.desktop.main_app.shortcut` reads shortcuts.

Task Manager and Settings switch a start off without touching ``Run``: by a value of the same name under
``StartupApproved\\Run``, whose first byte is odd then. Microsoft does not document this; it was seen on Windows 10 and
11 (https://renenyffenegger.ch/notes/Windows/registry/tree/HKEY_CURRENT_USER/Software/Microsoft/Windows/CurrentVersion/Explorer/StartupApproved).
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import uuid
from contextlib import ExitStack, suppress
from typing import Any

from ..process import itself, paths
from . import desktop_files, files, launch
from .files import Record, Status

_VALUE = "Telex Start"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
_OURS = re.compile(rf'("[^"]*"|[^" ]*)( -m telex_start)? {desktop_files.AT_LOGIN}')
"""Matches a command as it is written here."""
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
# The places of the methods in the two interfaces, after those of IUnknown (ShObjIdl_core.h, ObjIdl.h).
_QUERY_INTERFACE, _RELEASE = 0, 2
_SET_DESCRIPTION, _SET_ARGUMENTS, _SET_ICON_LOCATION, _SET_PATH = 7, 11, 17, 20
_SAVE = 6
_SHELL_LINK = "00021401-0000-0000-C000-000000000046"
_I_SHELL_LINK = "000214F9-0000-0000-C000-000000000046"
_I_PERSIST_FILE = "0000010B-0000-0000-C000-000000000046"
_IN_PROCESS = 1
_APARTMENT = 2
_WINDOWS: Any = ctypes
"""``ctypes``, for its functions that exist on Windows alone."""


def autostart() -> Status:
    """Whether the program starts at log-in."""
    command = _value(RUN)
    if not isinstance(command, str):
        return Status(False, "")
    program = _program(command)
    if not os.path.isfile(program):
        return Status(False, f"HKCU\\{RUN} starts {program or 'nothing'}, which is not there")
    approved = _value(APPROVED)
    if isinstance(approved, bytes) and approved[:1] and approved[0] & 1:
        return Status(False, "it is switched off in Task Manager or Settings")
    return Status(True, f"by HKCU\\{RUN}")


def turn_autostart(on: bool) -> str:
    """Have the program started at log-in, or not.

    Returns:
        A sentence on what was left, switched off, because it is the person's own; empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    winreg, known = _registry(), _value(RUN)
    own = isinstance(known, str) and _OURS.fullmatch(known) is None
    with files.changing(f"HKCU\\{RUN}"):
        if own and not on:
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, APPROVED, 0, winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, _VALUE, 0, winreg.REG_BINARY, bytes([3, *[0] * 11]))
            return f"HKCU\\{RUN} has a command of yours: it stays, switched off as Task Manager does it."
        if on and not (own and os.path.isfile(_program(known))):
            command = subprocess.list2cmdline([*launch.tried(), desktop_files.AT_LOGIN])
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, RUN, 0, winreg.KEY_SET_VALUE) as key:
                winreg.SetValueEx(key, _VALUE, 0, winreg.REG_SZ, command)
        elif not on:
            _delete(RUN)
        _delete(APPROVED)  # the person has just said otherwise
    return ""


def integration() -> Status:
    """Whether the Start menu has the program."""
    there = os.path.isfile(shortcut())
    return Status(there, f"by {shortcut()}" if there else "")


def turn_integration(on: bool) -> str:
    """Put the program into the Start menu, or take it away.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    record, path = Record(), shortcut()
    icon = os.path.join(paths.state_folder(), "telex-start.ico")  # the shortcut names it
    if not on:
        files.remove(path)
        files.remove(icon)
        record.tidy()
        return ""
    words = launch.tried()
    if itself.is_frozen():
        icon = words[0]  # that program has its icon in itself
    else:
        from ..desktop import icons
        from ..states import State

        files.write(icon, icons.ico(State.ONLINE), record)
    record.make_folder(os.path.dirname(path))
    with files.changing(path):
        write_shortcut(path, words[0], subprocess.list2cmdline(words[1:]), icon)
    return ""


def _program(command: str) -> str:
    """The program of a command."""
    return command[1:].partition('"')[0] if command.startswith('"') else command.partition(" ")[0]


def shortcut() -> str:
    """The shortcut's file."""
    roaming = os.environ.get("APPDATA") or os.path.expanduser(r"~\AppData\Roaming")
    return os.path.join(roaming, "Microsoft", "Windows", "Start Menu", "Programs", "Telex Start.lnk")


def _value(key: str) -> Any:
    """Our value under a key of this user; ``None`` if there is none."""
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
    """The module ``winreg``, which only Windows has."""
    import winreg

    return winreg


def write_shortcut(path: str, program: str, arguments: str, icon: str) -> None:
    """Write a shortcut, or replace it.

    Args:
        path: Where to write it; the folder must exist.
        program: What it opens.
        arguments: What follows the program, as on a command line.
        icon: The file of its icon.

    Raises:
        OSError: it cannot be written.
    """
    ole = _WINDOWS.OleDLL("ole32")
    ole.CoInitializeEx(None, _APARTMENT)
    with ExitStack() as stack:
        stack.callback(ole.CoUninitialize)
        link, file = ctypes.c_void_p(), ctypes.c_void_p()
        ole.CoCreateInstance(_guid(_SHELL_LINK), None, _IN_PROCESS, _guid(_I_SHELL_LINK), ctypes.byref(link))
        stack.callback(_release, link)
        _call(link, _SET_PATH, program)
        _call(link, _SET_ARGUMENTS, arguments)
        _call(link, _SET_DESCRIPTION, "Telex Start")
        _call(link, _SET_ICON_LOCATION, icon, 0)
        _call(link, _QUERY_INTERFACE, _guid(_I_PERSIST_FILE), ctypes.byref(file))
        stack.callback(_release, file)
        _call(file, _SAVE, path, 1)


def _guid(text: str) -> Any:
    return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)


def _call(interface: ctypes.c_void_p, place: int, *arguments: Any) -> None:
    """Call a method of a COM interface, by the method's place in the interface's table.

    Raises:
        OSError: the method answers with a failure.
    """
    kinds = {str: ctypes.c_wchar_p, int: ctypes.c_int}
    types = [kinds.get(type(argument), ctypes.c_void_p) for argument in arguments]
    _method(interface, place, _WINDOWS.HRESULT, *types)(interface, *arguments)


def _release(interface: ctypes.c_void_p) -> None:
    _method(interface, _RELEASE, ctypes.c_ulong)(interface)


def _method(interface: ctypes.c_void_p, place: int, answers: Any, *types: Any) -> Any:
    table = ctypes.cast(interface, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
    return _WINDOWS.WINFUNCTYPE(answers, ctypes.c_void_p, *types)(table[place])
