"""Writes a Windows shortcut by the shell itself (``IShellLinkW`` and ``IPersistFile``, by ctypes).

:mod:`telex_start.desktop.main_app.shortcut` reads them.
"""

from __future__ import annotations

import ctypes
import uuid
from typing import Any

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
"""The module with what it has on Windows alone."""


def write(path: str, program: str, arguments: str, description: str, icon: str) -> None:
    """Write a shortcut, or replace it.

    Args:
        path: Where it is to be; its folder is there.
        program: What it opens.
        arguments: What follows the program, as on a command line.
        description: What it says under the pointer.
        icon: The file of its icon.

    Raises:
        OSError: it cannot be written.
    """
    ole = _WINDOWS.OleDLL("ole32")
    ole.CoInitializeEx(None, _APARTMENT)
    try:
        link, file = ctypes.c_void_p(), ctypes.c_void_p()
        ole.CoCreateInstance(_guid(_SHELL_LINK), None, _IN_PROCESS, _guid(_I_SHELL_LINK), ctypes.byref(link))
        try:
            _call(link, _SET_PATH, program)
            _call(link, _SET_ARGUMENTS, arguments)
            _call(link, _SET_DESCRIPTION, description)
            _call(link, _SET_ICON_LOCATION, icon, 0)
            _call(link, _QUERY_INTERFACE, _guid(_I_PERSIST_FILE), ctypes.byref(file))
            try:
                _call(file, _SAVE, path, 1)
            finally:
                _release(file)
        finally:
            _release(link)
    finally:
        ole.CoUninitialize()


def _guid(text: str) -> Any:
    return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)


def _call(interface: ctypes.c_void_p, place: int, *arguments: Any) -> None:
    """
    Raises:
        OSError: it answers with a failure.
    """
    kinds = {str: ctypes.c_wchar_p, int: ctypes.c_int}
    types = [kinds.get(type(argument), ctypes.c_void_p) for argument in arguments]
    _method(interface, place, _WINDOWS.HRESULT, *types)(interface, *arguments)


def _release(interface: ctypes.c_void_p) -> None:
    _method(interface, _RELEASE, ctypes.c_ulong)(interface)


def _method(interface: ctypes.c_void_p, place: int, answers: Any, *types: Any) -> Any:
    table = ctypes.cast(interface, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
    return _WINDOWS.WINFUNCTYPE(answers, ctypes.c_void_p, *types)(table[place])
