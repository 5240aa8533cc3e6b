"""Tests what depends on Windows itself: the proxy in its settings, and the click on a toast.

The click is simulated: Wine 8.0 shows a toast but never sends ``NIN_BALLOONUSERCLICK``, so the test posts that message
to the icon's window, as Windows does.
"""

from __future__ import annotations

from tests.servers import Sandbox

from .desktop import Desktop
from .machine import WITHIN, Windows, windows_path

SETTINGS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
NOWHERE = ("--api-url", "https://telex.example/api/v1", "--push-url", "wss://telex.example/push")
CLICK = """
import ctypes
user32 = ctypes.windll.user32
@ctypes.WINFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
def post(window, _):
    name = ctypes.create_unicode_buffer(200)
    user32.GetClassNameW(ctypes.c_void_p(window), name, 200)
    if name.value.endswith("SystemTrayIcon"):
        user32.PostMessageW(ctypes.c_void_p(window), 0x400 + 11, 0, 0x405)
        print(name.value)
    return True
user32.EnumWindows(post, None)
"""
"""pystray's message of the icon (WM_USER + 11), with NIN_BALLOONUSERCLICK."""


def registry(windows: Windows, *words: str) -> None:
    """Change the person's network settings by ``reg``."""
    assert windows.quietly(windows.command_of("reg", words[0], SETTINGS, *words[1:], "/f")).wait(WITHIN) == 0


def test_the_system_s_proxy_counts_and_its_script_does_not(windows: Windows) -> None:
    names = {
        "ProxyEnable": ("REG_DWORD", "1"),
        "ProxyServer": ("REG_SZ", "127.0.0.1:9"),
        "AutoConfigURL": ("REG_SZ", "x"),
    }
    try:
        for name, (kind, value) in names.items():
            registry(windows, "add", "/v", name, "/t", kind, "/d", value)
        _, lines, _ = windows.says("doctor", *NOWHERE)
        text = " ".join(" ".join(lines).split())
        assert "telex.example is looked up by the proxy 127.0.0.1:9 (by the system's proxy setting)" in text
        assert "the system names a proxy script (PAC), which is not followed" in text
    finally:
        for name in names:
            registry(windows, "delete", "/v", name)


def test_a_click_on_a_toast_opens_its_conversation(desktop: Desktop, empty_telex: Sandbox) -> None:
    opened = desktop.drive / "opened.txt"
    browser = desktop.drive / "browser.cmd"
    browser.write_text(f"@echo %1>{windows_path(opened)}\r\n")
    desktop.environ["BROWSER"] = "C:/browser.cmd %s &"
    try:
        with desktop.online(empty_telex) as agent:
            before = desktop.popups()
            empty_telex.message(organisation=0, name="General")
            desktop.wait_for(lambda: set(desktop.popups()) - set(before), "the toast")
            with desktop.python(CLICK) as click:
                assert click.ended(WITHIN) == 0 and click.output
            desktop.wait_for(lambda: opened.exists() and "/home/channels/" in opened.read_text(), "the conversation")
            agent.leave()
    finally:
        browser.unlink()
        opened.unlink(missing_ok=True)
