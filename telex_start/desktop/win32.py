"""Brings other processes' windows on Microsoft Windows to the front, asks them to close, and sees which is in front."""

from __future__ import annotations

import sys

_WM_CLOSE = 0x10
_SW_RESTORE = 9


def raise_window_of(pids: set[int]) -> bool:
    """Bring a window of these processes to the front. Returns whether there is one."""
    if sys.platform != "win32":
        return False
    import ctypes

    user32 = ctypes.windll.user32
    for window in _windows(pids):
        if user32.IsIconic(window):
            user32.ShowWindow(window, _SW_RESTORE)
        user32.SetForegroundWindow(window)
        return True
    return False


def window_in_front() -> tuple[int, tuple[str, ...]] | None:
    """The process whose window has the focus, in the form of :func:`telex_start.desktop.x11.window_in_front`; without
    classes, which say nothing on Windows. While the screen is locked it is a process of the system."""
    if sys.platform != "win32":
        return None
    import ctypes
    from ctypes import wintypes

    user32 = ctypes.windll.user32
    window = user32.GetForegroundWindow()
    if not window or user32.IsIconic(window):
        return None
    owner = wintypes.DWORD()
    user32.GetWindowThreadProcessId(window, ctypes.byref(owner))
    return owner.value, ()


def ask_to_close(pids: set[int]) -> None:
    """Send the close message to all windows of these processes."""
    if sys.platform == "win32":
        import ctypes

        for window in _windows(pids):
            ctypes.windll.user32.PostMessageW(window, _WM_CLOSE, 0, 0)


def _windows(pids: set[int]) -> list[int]:
    """The visible top-level windows of these processes, topmost first."""
    found: list[int] = []
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        user32 = ctypes.windll.user32

        def visit(window: int, _: int) -> bool:
            owner = wintypes.DWORD()
            user32.GetWindowThreadProcessId(window, ctypes.byref(owner))
            if owner.value in pids and user32.IsWindowVisible(window):
                found.append(window)
            return True

        user32.EnumWindows(ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)(visit), 0)
    return found
