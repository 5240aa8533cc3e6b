"""What Wine 8 lacks, mended: each is Wine's own fault and works on Windows. Its Python runs this as `sitecustomize`."""

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
    # Wine 8's CERT_CHAIN_ENGINE_CONFIG ends before dwExclusiveFlags (Windows 8), and it refuses any other size.
    make = module.CertCreateCertificateChainEngine

    def create(config: Any, engine: Any) -> Any:
        config.contents.cbSize -= 8
        return make(config, engine)

    module.CertCreateCertificateChainEngine = create

    # Wine 8's SSL policy takes a chain whose issuer is unknown for a good one.
    verify = module.CertVerifyCertificateChainPolicy

    def policy(which: Any, chain: Any, parameters: Any, status: Any) -> Any:
        done = verify(which, chain, parameters, status)
        if not status.contents.dwError and chain.contents.TrustStatus.dwErrorStatus & _IS_PARTIAL_CHAIN:
            status.contents.dwError = _E_CHAINING
        return done

    module.CertVerifyCertificateChainPolicy = policy


def _psutil(module: Any) -> None:
    # Wine 8 has no NtQuerySystemInformation(SystemProcessIdInformation).
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
    # Wine 8 ignores FILE_FLAG_FIRST_PIPE_INSTANCE: every process could be the first.
    winapi: Any = importlib.import_module("_winapi")
    make = winapi.CreateNamedPipe
    kernel32 = _kernel32()

    def create(name: str, open_mode: int, *rest: Any) -> Any:
        first = open_mode & _FIRST_INSTANCE
        if first and (kernel32.WaitNamedPipeW(ctypes.c_wchar_p(name), 1) or _last_error() != _FILE_NOT_FOUND):
            raise PermissionError(13, "Access is denied", name, 5)
        return make(name, open_mode, *rest)

    winapi.CreateNamedPipe = create


def _kernel32() -> Any:
    return ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]


def _last_error() -> int:
    return int(ctypes.get_last_error())  # type: ignore[attr-defined]


_MENDED: dict[str, Callable[[Any], None]] = {"truststore._windows": _truststore, "psutil._pswindows": _psutil}


class _Finder(MetaPathFinder):
    """Mends each module when it is imported."""

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


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, _Finder())
    _first_pipe()
