"""The list of what cannot hold on Windows is held to."""

from __future__ import annotations

import os

import pytest

from tests.process import ROOT

pytest_plugins = ["pytester"]

TESTS = """
import pytest

def test_fails(): assert False
def test_passes(): pass
@pytest.mark.skip(reason="not here")
def test_skips(): pass
"""


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["fails"], "it skips itself, and tests/rigs/windows/pure.py does not say why: test_it.py::test_skips"),
        (["fails", "skips", "passes"], "[[]XPASS(strict)[]] reason"),
        (
            ["fails", "skips", "gone"],
            "pure.py names a test that is not there: test_it.py::test_gone",
        ),
    ],
)
def test_a_list_that_has_gone_stale_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, named: list[str], words: str
) -> None:
    listed = {f"test_it.py::test_{name}": "reason" for name in named}
    pytester.makepyfile(test_it=TESTS)
    # What runs the tests may be another process, which has a list of its own.
    pytester.makepyfile(
        its_list=f"from tests.rigs.windows import pure\npure.NOT_ON_WINDOWS = {listed!r}\n"
        "from tests.rigs.windows.pure import pytest_configure\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(pytester.path), str(ROOT)]))
    done = pytester.runpytest_subprocess("-p", "its_list", "-p", "no:cacheprovider", "-n", "1")
    assert done.ret == 1
    done.stdout.fnmatch_lines([f"*{words}*"])
