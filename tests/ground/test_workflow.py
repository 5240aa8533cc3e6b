"""The hosted workflow names only make targets and files that exist. `make lint-workflows` checks its syntax."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXT = "\n".join(path.read_text("utf-8") for path in WORKFLOWS)
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
MAKES = re.compile(r"\bmake ([a-z][a-z0-9-]*)")
PINNED = re.compile(r"^(?:actions/[a-z-]+@v\d+|[\w./-]+@[0-9a-f]{40})$")


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_each_target_that_is_named_exists(path: Path) -> None:
    lines = [line.partition(" # ")[0] for line in path.read_text("utf-8").splitlines() if "#" not in line.lstrip()[:1]]
    named = set(MAKES.findall("\n".join(lines)))
    assert named and named <= TARGETS, named - TARGETS


def test_there_is_a_run_for_each_python_and_system_that_we_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pythons = {each.rpartition(" ")[2] for each in project["classifiers"] if re.search(r":: 3\.\d+$", each)}
    linux = TEXT[TEXT.index("  linux:") : TEXT.index("  macos:")]
    assert pythons == set(re.findall(r'python: "(3\.\d+)"', linux))
    runners = {"Linux": "ubuntu-", "MacOS": "macos-", "Windows": "windows-"}
    for system, runner in runners.items():
        assert any(f":: {system}" in each for each in project["classifiers"]) and runner in TEXT


def test_it_may_read_the_code_and_nothing_else() -> None:
    for path in WORKFLOWS:
        text = path.read_text("utf-8")
        assert re.findall(r"^ *permissions:\n(?: +.*\n)+", text, re.MULTILINE) == ["permissions:\n  contents: read\n"]
        assert "secrets" not in text and "pull_request_target" not in text
        assert "\nconcurrency:" in text


def test_actions_are_pinned() -> None:
    """GitHub's own actions are pinned to a major version, others to a commit."""
    used = re.findall(r"uses: *(\S+)", TEXT)
    assert used and [each for each in used if not PINNED.match(each)] == []


def test_each_file_that_is_named_exists() -> None:
    named = set(re.findall(r"(?:packaging|tests|\.ci)/[\w/.-]+", TEXT))
    assert {"packaging/windows/build.py", ".ci/set-up"} <= named
    assert [path for path in named if not (ROOT / path.rstrip(".")).exists()] == []


def test_each_job_ends() -> None:
    assert TEXT.count("runs-on:") == TEXT.count("timeout-minutes:")
