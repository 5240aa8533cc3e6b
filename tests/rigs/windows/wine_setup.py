"""The start at log-in and the entry in the Start menu on Windows: the registry and the shell as Wine has them."""

from __future__ import annotations

from telex_start.desktop.main_app import shortcut

from .desktop import Desktop

CALLS = """
import json, sys, winreg
from telex_start.setup import autostart, launch, windows
launch.tried = launch.command  # this machine finds the package by PYTHONPATH alone, which a desktop does not have


def command():
    try:
        key = winreg.OpenKey(winreg.HKEY_CURRENT_USER, windows.RUN)
        return winreg.QueryValueEx(key, "Telex Start")[0]
    except OSError:
        return None


for line in sys.stdin:
    word, _, argument = line.strip().partition(" ")
    answer = None
    if word == "autostart":
        autostart.turn(argument == "on")
    elif word == "integrate":
        autostart.platform().turn_integration(argument == "on")
    elif word == "disable":  # as Task Manager does
        key = winreg.CreateKey(winreg.HKEY_CURRENT_USER, windows.APPROVED)
        winreg.SetValueEx(key, "Telex Start", 0, winreg.REG_BINARY, bytes([3] + 11 * [0]))
    elif word == "look":
        answer = [*windows.autostart(), *windows.integration(), command(), windows.shortcut()]
    print(json.dumps(answer), flush=True)
"""


def test_it_is_switched_on_and_off_without_rest(desktop: Desktop) -> None:
    menu = desktop.roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Telex Start.lnk"
    with desktop.python(CALLS) as call:
        for what in ("autostart", "integrate"):
            call(f"{what} off")  # whatever a run that failed has left
        assert call("look")[:3] == [False, "", False]
        call("autostart on")
        on, words, integrated, _, command, file = call("look")
        assert (on, words.startswith("by HKCU"), integrated) == (True, True, True)
        assert command.endswith("python.exe -m telex_start --at-login") or "pythonw.exe" in command
        assert file.endswith(r"Start Menu\Programs\Telex Start.lnk")
        [target] = shortcut.targets(menu.read_bytes(), file, {}, "cp1252")[:1]
        assert target.lower().endswith((r"\python.exe", r"\pythonw.exe"))
        call("disable")
        on, words, *_ = call("look")
        assert (on, words) == (False, "it is switched off in Task Manager or Settings")
        call("autostart on")
        assert call("look")[0] is True
        call("autostart off")
        assert call("look")[:3] == [False, "", False]
        assert not menu.exists()
        call("integrate on")
        assert call("look")[:3] == [False, "", True]
        call("integrate off")
        assert not menu.exists()
