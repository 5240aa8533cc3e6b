"""Mends faults of Wine that Windows does not have. The machine's Python runs this as ``sitecustomize``.

All are faults of Wine 8.0 (Debian 12); each mend says what Windows does instead. If Wine does the same as Windows, a
mend changes nothing. Four more faults cannot be mended here; other modules avoid them, and say so:

- Wine 8.0 does not match an IP address in a certificate, and Windows does: ``machine.py`` uses ``localhost``.
- Wine 8.0 takes one ECDSA signature in 128 for false, and Windows does not: ``machine.py`` makes other certificates.
- CPython 3.12 does not start under Wine 8.0 with a write-only file as a standard stream, and does on Windows:
  ``machine.py`` gives it pipes.
- Wine 8.0 gives a menu no keys if none of the program's windows is mapped, and Windows does: ``desktop.py`` clicks.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from collections.abc import Callable
from ctypes import wintypes
from importlib.abc import MetaPathFinder
from typing import Any

_FIRST_INSTANCE = 0x80000
_FILE_NOT_FOUND = 2
_QUERY_LIMITED_INFORMATION = 0x1000
_IS_PARTIAL_CHAIN = 0x10000
_E_CHAINING = 0x800B010A


def _truststore(module: Any) -> None:
    """Mends the verification of certificate chains.

    Wine 8.0: CERT_CHAIN_ENGINE_CONFIG ends before dwExclusiveFlags, and any other size is refused. Windows 8 and newer:
    it has that field, and truststore gives its size.

    Wine 8.0: the SSL policy takes a chain whose issuer is unknown for a good one. Windows: CERT_E_CHAINING.
    """
    make = module.CertCreateCertificateChainEngine

    def create(config: Any, engine: Any) -> Any:
        config.contents.cbSize -= 8
        return make(config, engine)

    module.CertCreateCertificateChainEngine = create

    verify = module.CertVerifyCertificateChainPolicy

    def policy(which: Any, chain: Any, parameters: Any, status: Any) -> Any:
        done = verify(which, chain, parameters, status)
        if not status.contents.dwError and chain.contents.TrustStatus.dwErrorStatus & _IS_PARTIAL_CHAIN:
            status.contents.dwError = _E_CHAINING
        return done

    module.CertVerifyCertificateChainPolicy = policy


def _psutil(module: Any) -> None:
    """Mends the look-up of a process's program path.

    Wine 8.0: has no NtQuerySystemInformation(SystemProcessIdInformation). Windows: has it, and psutil uses it.
    """
    kernel32 = _kernel32()
    kernel32.OpenProcess.restype = wintypes.HANDLE
    kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
    query = kernel32.QueryFullProcessImageNameW
    query.argtypes = (wintypes.HANDLE, wintypes.DWORD, ctypes.c_wchar_p, ctypes.POINTER(wintypes.DWORD))

    def exe(self: Any) -> str:
        handle = kernel32.OpenProcess(_QUERY_LIMITED_INFORMATION, False, self.pid)
        if not handle:
            raise module.AccessDenied(self.pid)
        try:
            size = wintypes.DWORD(1024)
            text = ctypes.create_unicode_buffer(size.value)
            if not query(handle, 0, text, ctypes.byref(size)):
                raise module.AccessDenied(self.pid)
            return text.value
        finally:
            kernel32.CloseHandle(handle)

    module.Process.exe = exe


def _first_pipe() -> None:
    """Mends the refusal to make a named pipe that exists already.

    Wine 8.0: ignores FILE_FLAG_FIRST_PIPE_INSTANCE, so that every process could be the first. Windows: access is denied
    to the second.
    """
    winapi: Any = importlib.import_module("_winapi")
    make = winapi.CreateNamedPipe
    kernel32 = _kernel32()

    def create(name: str, open_mode: int, *rest: Any) -> Any:
        first = open_mode & _FIRST_INSTANCE
        if first and (kernel32.WaitNamedPipeW(ctypes.c_wchar_p(name), 1) or _last_error() != _FILE_NOT_FOUND):
            raise PermissionError(13, "Access is denied", name, 5)
        return make(name, open_mode, *rest)

    winapi.CreateNamedPipe = create


def _wmi() -> None:
    """Mends what `platform` says of the system, for which Python 3.12 and newer asks WMI.

    Wine 8.0: propsys.VariantToString is missing, and the process is aborted. Windows: WMI answers. Without the module
    ``_wmi``, `platform` asks in another way, as it does if WMI is switched off.
    """
    sys.modules["_wmi"] = None  # type: ignore[assignment]


def _kernel32() -> Any:
    return ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]


def _last_error() -> int:
    return int(ctypes.get_last_error())  # type: ignore[attr-defined]


_MENDED: dict[str, Callable[[Any], None]] = {"truststore._windows": _truststore, "psutil._pswindows": _psutil}


class _Finder(MetaPathFinder):
    """Mends a module when it is imported."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in _MENDED:
            return None
        sys.meta_path.remove(self)
        try:
            spec: Any = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        run = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            _MENDED[name](module)

        spec.loader.exec_module = exec_module
        return spec


def mend() -> None:
    """Make all mends, in this process."""
    sys.meta_path.insert(0, _Finder())
    _first_pipe()
    _wmi()


if __name__ == "sitecustomize":
    mend()
