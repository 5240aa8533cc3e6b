"""Which tests a platform runs: see `tests/left_out.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import left_out

MODULES = sorted((left_out.ROOT / "tests").rglob("test_*.py"))
UNIX = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
"""Modules of the standard library that Windows has not."""


def test_on_linux_nothing_is_left_out() -> None:
    assert left_out.all_of_them("linux") == {}
    assert not any(left_out.why(module, "linux") for module in MODULES)


def test_on_macos_the_reason_is_what_a_module_imports() -> None:
    out = left_out.all_of_them("darwin")
    assert set(out) <= set(left_out.PACKAGES.values())
    assert "toasts/test_bus.py" in out["it speaks D-Bus"]
    assert not left_out.why(Path(__file__), "darwin")
    assert sum(map(len, out.values())) < len(MODULES) / 2


@pytest.mark.parametrize("module", sorted(left_out.PURE.glob("*.py")), ids=lambda path: path.stem)
def test_windows_has_all_that_the_pure_tests_import(module: Path) -> None:
    assert left_out.needs(module, "win32") & (UNIX | set(left_out.PACKAGES)) == set()


def test_on_windows_the_pure_tests_run_and_no_others() -> None:
    (modules,) = left_out.all_of_them("win32").values()
    others = [path.relative_to(left_out.ROOT / "tests") for path in MODULES if not path.is_relative_to(left_out.PURE)]
    assert modules == [path.as_posix() for path in others]
