"""`make release`: what it refuses, and that the same commit gives the same sums."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from telex_start import __version__
from tests.rigs.packages.conftest import TOOLS, clone

ME = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
RELEASED = f"""# Changelog

## [Unreleased]

## [{__version__}] - 2026-11-27

- It works.

## 0.0.9

- It did not.
"""


def step(source: Path, script: str, *arguments: str, **environ: str) -> tuple[int, str]:
    """Run a script of that source's packaging/, with more in its environment; its exit code, and what it says."""
    command = [str(TOOLS), str(source / "packaging" / script), *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=source, env={**os.environ, **environ}
    )
    return done.returncode, done.stdout


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A clone that can be changed, of a commit that is a release."""
    source = clone(tmp_path / "telex-start")
    commit(source, RELEASED)
    return source


def commit(source: Path, changelog: str) -> None:
    """Commit another changelog."""
    (source / "CHANGELOG.md").write_text(changelog)
    subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-am", "x"], cwd=source, env={**os.environ, **ME}, check=True
    )


@pytest.mark.parametrize(
    ("changelog", "complaint"),
    [
        ("# Changelog\n\n## [Unreleased]\n\n- New.\n\n## 0.0.9\n", "has no section"),
        (RELEASED.replace("2026-11-27", "soon"), "the date is missing"),
        (RELEASED.replace(" - 2026-11-27", ""), "the date is missing"),
        (RELEASED.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"), "something under Unreleased"),
        (RELEASED.replace("[Unreleased]", "[9.9.9] - 2026-11-28"), f"has 9.9.9 above {__version__}"),
        (RELEASED.replace(__version__, __version__ + ".1"), "has no section"),
    ],
)
def test_a_changelog_that_tells_of_something_else_is_refused(ours: Path, changelog: str, complaint: str) -> None:
    assert step(ours, "release.py", "check") == (0, ""), "it tells of this version"
    commit(ours, changelog)
    code, said = step(ours, "release.py", "check")
    assert code == 1
    assert complaint in said
    assert "Traceback" not in said


def test_what_is_not_committed_is_refused(ours: Path) -> None:
    (ours / "telex_start" / "agent.py").write_text("")
    (ours / "telex_start" / "another.py").write_text("")
    code, said = step(ours, "release.py", "check")
    assert (code, said) == (
        1,
        "release: not committed: telex_start/agent.py\nrelease: not committed: telex_start/another.py\n",
    )


def test_sums_are_of_what_there_is_and_of_this_commit(ours: Path) -> None:
    dist = ours / "dist"
    dist.mkdir()
    code, said = step(ours, "release.py", "sums")
    assert code == 1
    assert said.count("has not been built") == 5
    for name in (f"telex_start-{__version__}-py3-none-any.whl", f"telex_start-{__version__}.tar.gz"):
        (dist / name).write_text(name)
    for debian in ("deb12", "deb13"):
        (dist / f"telex-start_{__version__}+{debian}_amd64.deb").write_text(debian)
    (dist / f"telex-start-{__version__}.cdx.json").write_text("{}")
    (dist / "telex_start-0.0.9.tar.gz").write_text("of yesterday")
    code, said = step(ours, "release.py", "sums")
    assert code == 0, said
    assert said.startswith("release: without a program for Windows\n")
    assert "0.0.9" not in (dist / "SHA256SUMS").read_text()
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    program = dist / f"telex-start-{__version__}-windows-x64.zip"
    zip_as_of(program, 1_000_000_000)
    code, said = step(ours, "release.py", "sums")
    assert (code, "is of another commit" in said) == (1, True)
    zip_as_of(program, commit_time(ours))
    code, said = step(ours, "release.py", "sums")
    assert code == 0, said
    assert program.name in (dist / "SHA256SUMS").read_text()


def test_the_program_for_windows_is_made_where_it_is_asked_for_and_none_is_there(ours: Path) -> None:
    """The program was made and tried wherever there was a Wine, unasked."""
    dist = ours / "dist"
    dist.mkdir()
    program = dist / f"telex-start-{__version__}-windows-x64.zip"
    none, other = f"dist/ has no {program.name}; WINDOWS=1 makes one", "is of another commit"
    for moment, make, asked, code, words in (
        (0, "echo", "", 0, none),
        (0, "echo", "1", 0, "\nwindows\n"),
        (0, "false", "1", 1, "`make windows` failed"),
        (1_000_000_000, "echo", "", 1, other),
        (1_000_000_000, "echo", "1", 0, "\nwindows\n"),
        (commit_time(ours), "echo", "", 0, f"release: with dist/{program.name} as it is there\n"),
        (commit_time(ours), "echo", "1", 0, f"release: with dist/{program.name} as it is there\n"),
    ):
        if moment:
            zip_as_of(program, moment)
        found, said = step(ours, "release.py", "windows", MAKE=make, WINDOWS=asked)
        assert (found, words in said) == (code, True), said


def commit_time(source: Path) -> int:
    """When its last commit was, in seconds since 1970."""
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=source, capture_output=True, text=True, check=True).stdout)


def zip_as_of(target: Path, moment: int) -> None:
    """A zip whose only file has that time, in seconds since 1970."""
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("telex-start.exe", time.gmtime(moment)[:6]), "MZ")


def test_the_bill_of_materials_names_each_locked_package_and_is_the_same_twice(ours: Path) -> None:
    file = ours / "dist" / f"telex-start-{__version__}.cdx.json"
    lock = (ours / "packaging" / "requirements" / "runtime.txt").read_text()
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    bills = []
    for _ in range(2):
        assert step(ours, "sbom.py") == (0, f"dist/{file.name}  {len(pins)} packages\n")
        bills.append(file.read_bytes())
        file.unlink()
    assert bills[0] == bills[1]
    bill = json.loads(bills[0])
    assert {component["name"]: component["version"] for component in bill["components"]} == pins
    assert bill["metadata"]["component"]["version"] == __version__
    assert str(ours) not in bills[0].decode()
    for component in bill["components"]:
        assert component["licenses"]
        assert component["description"]
    needed = {ref for entry in bill["dependencies"] for ref in entry.get("dependsOn", ())}
    assert needed == {component["bom-ref"] for component in bill["components"]}
