"""Libraries without what they import and never use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from telex_start.net import http_client
from telex_start.stand_ins import StandIn, standing_in

ROOT = Path(__file__).parent.parent.parent
BARE = "import sys; before = set(sys.modules); "


def _run(code: str) -> str:
    # -S: what site imports here for coverage and editable packages is not looked for.
    folders = [str(ROOT), *(path for path in sys.path if path.endswith("-packages"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    return subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=50
    ).stdout


def test_who_wants_more_of_it_gets_the_module_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    stand_in = StandIn("colorsys", ONE_SIXTH=6.0)
    with standing_in(stand_in):
        import colorsys

        assert colorsys is stand_in
        assert colorsys.ONE_SIXTH == 6.0
        assert "colorsys" in sys.modules

    assert "colorsys" not in sys.modules
    assert stand_in.rgb_to_hsv(1, 0, 0) == (0, 1, 1)
    assert sys.modules["colorsys"] is not stand_in


def test_a_module_that_is_there_stays() -> None:
    with standing_in(StandIn("subprocess")):
        assert sys.modules["subprocess"] is subprocess
    assert sys.modules["subprocess"] is subprocess


def test_http_comes_without_email_and_leaves_nothing_behind() -> None:
    code = (
        "from telex_start.net import http_client; print(*set(sys.modules) - before); import http.client; "
        "assert http.client.HTTPException is not http_client.HTTPException; import email.message; "
        "assert issubclass(http.client.HTTPMessage, email.message.Message)"
    )
    loaded = _run(BARE + code).split()

    assert [name for name in loaded if name.partition(".")[0] == "email"] == []
    assert "http.client" not in loaded


def test_the_websocket_comes_without_what_is_not_used() -> None:
    loaded = set(_run(BARE + "import telex_start.push.websocket; print(*set(sys.modules) - before)").split())

    assert "websocket" in loaded
    assert not {"websocket._app", "http.cookies"} & loaded


def test_header_fields_are_found_by_any_case_and_joined() -> None:
    fields = http_client.Fields()
    fields.read("Connection: keep-alive\r\nVary: a\r\nvary:  b \r\n\r\n")
    assert fields.get("connection") == "keep-alive"
    assert fields.get("VARY") == "a, b"
    assert fields.get("Server", "none") == "none"
    assert dict(fields.items()) == {"connection": "keep-alive", "vary": "a, b"}
