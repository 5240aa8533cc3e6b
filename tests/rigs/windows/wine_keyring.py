"""Tests the keyring on Windows, Wine's Credential Manager: keeps a password, on this machine alone, and removes it."""

from __future__ import annotations

import json
from typing import Any

from tests.process import Process

from .machine import WITHIN, Windows

API_URL = "https://api.telex.example/api/v1"
PERSISTS = """
import json, sys
from win32ctypes.pywin32 import win32cred
for line in sys.stdin:
    found = win32cred.CredRead("telex-start", win32cred.CRED_TYPE_GENERIC)
    print(json.dumps([found["UserName"], found["Persist"] == win32cred.CRED_PERSIST_LOCAL_MACHINE]), flush=True)
"""


def asked(machine: Windows, do: str, email: str = "Ada@example.org", **more: str) -> dict[str, Any]:
    request = {"do": do, "api_url": API_URL, "email": email, "prompt": False, **more}
    environ = machine.environ | {"KEYRING_PROPERTY_PERSIST": "enterprise", "PYTHON_KEYRING_BACKEND": "no.such"}
    with Process(machine.command("-m", "telex_start", "keyring"), environ) as process:
        process.tell(json.dumps(request))
        answer: dict[str, Any] = json.loads(process.next_line(WITHIN))
        assert process.ended(WITHIN) == 0
    return {name: value for name, value in answer.items() if name not in ("do", "email")}


def test_a_password_is_kept_on_this_machine_and_goes_without_rest(windows: Windows) -> None:
    for email in ("Ada@example.org", "grace@example.org"):
        asked(windows, "remove", email)  # whatever a run that failed has left
    assert asked(windows, "read") == {"keyring": "nothing"}
    assert asked(windows, "keep", password="höchst geheim") == {"keyring": "kept"}
    with windows.python(PERSISTS) as call:
        assert call("look") == [f"{API_URL} ada@example.org", True]
    assert asked(windows, "keep", "grace@example.org", password="hers") == {"keyring": "kept"}
    assert asked(windows, "read") == {"keyring": "found", "password": "höchst geheim"}
    assert asked(windows, "remove", "grace@example.org") == {"keyring": "removed"}
    assert asked(windows, "remove") == {"keyring": "removed"}
    assert asked(windows, "read") == {"keyring": "nothing"}
