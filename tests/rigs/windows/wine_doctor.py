"""``telex-start doctor`` on Windows."""

from __future__ import annotations

from tests.servers import Sandbox

from .machine import Windows


def test_it_finds_all_well_and_advises_in_words_of_windows(windows: Windows, telex: Sandbox) -> None:
    with windows.telex_start("doctor", telex=telex) as doctor:
        assert doctor.ended() == 0, doctor.output
        lines = [line for line in doctor.output if line]
        assert lines[-1] == "Telex Start works here."
        [main_app] = [line for line in lines if "main app" in line]
        assert main_app.endswith(r"set [main_app] command = 'C:\Program Files\Telex\telex.exe' in the configuration"), (
            main_app
        )
        assert not any("XDG_" in line or "/path/" in line or line.startswith("missing") for line in lines)
