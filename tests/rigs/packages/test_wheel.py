"""Wheel and sdist: the same bytes twice, with all that is needed and nothing else."""

from __future__ import annotations

import email
import os
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

from telex_start import __version__
from tests.process import ROOT
from tests.rigs.packages.conftest import SHARED, Built, build, clone, tracked


def test_another_folder_umask_time_zone_and_rubbish_give_the_same_bytes(built: Built, tmp_path: Path) -> None:
    other = clone(tmp_path / "elsewhere" / "of another name")
    for folder, _, names in os.walk(other):
        for name in names:
            os.utime(Path(folder, name), (0x40000000, 0x40000000 + len(name)), follow_symlinks=False)
            if ".git" not in Path(folder, name).relative_to(other).parts:
                mode = Path(folder, name).stat().st_mode
                Path(folder, name).chmod(0o700 if mode & 0o100 else 0o600)
    for rubbish in (
        *("telex_start/__pycache__/agent.cpython-311.pyc", "telex_start/news/old.pyc", ".hypothesis/a", ".coverage"),
        *("build/lib/telex_start/a.py", "dist/telex_start-0.0.1.tar", "tests/__pycache__/b.pyc", "telex_start/.x.swp"),
        *(".venv-lean/lib/c.py", "telex_start.egg-info/PKG-INFO", ".mypy_cache/d", "tests/rigs/chaos/.pytest_cache/e"),
    ):
        (other / rubbish).parent.mkdir(parents=True, exist_ok=True)
        (other / rubbish).write_text("rubbish")
    (other / ".venv").symlink_to(ROOT / ".venv")
    far = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    again = build(other, far, umask=0o077)
    for first, second in zip(built, again, strict=True):
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes(), f"{first.name} is another one"


def test_the_sdist_is_the_source_and_gives_the_same_wheel(built: Built, source: Path, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        members = archive.getmembers()
    shutil.unpack_archive(built.sdist, tmp_path)
    top = f"telex_start-{__version__}"
    assert {member.name for member in members} == {f"{top}/{name}" for name in [*tracked(source), "PKG-INFO"]}
    times = {int(member.mtime) for member in members}
    assert len(times) == 1
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    without_git = build(tmp_path / top, {"SOURCE_DATE_EPOCH": str(times.pop())})
    assert without_git.wheel.read_bytes() == built.wheel.read_bytes()
    assert without_git.sdist.read_bytes() == built.sdist.read_bytes()


def test_the_wheel_has_the_program_and_what_a_desktop_wants_of_it(built: Built, source: Path) -> None:
    program = {name for name in tracked(source) if name.startswith("telex_start/")}
    completions = {f"telex_start/setup/completions/telex-start.{shell}" for shell in ("bash", "zsh", "fish")}
    data, about = (f"telex_start-{__version__}.{folder}/" for folder in ("data/data", "dist-info"))
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
        assert {info.external_attr >> 16 & 0o7777 for info in wheel.infolist()} == {0o644}
    assert sorted(name for name in names if not name.startswith((data, about))) == sorted(program | completions)
    assert {name.removeprefix(data) for name in names if name.startswith(data)} == {*SHARED}
    assert {name.removeprefix(about) for name in names if name.startswith(about)} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"),
    }


def test_an_index_can_show_what_the_wheel_says_of_itself(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        said = email.message_from_bytes(wheel.read(f"telex_start-{__version__}.dist-info/METADATA"))
    assert (said["Name"], said["Version"], said["License-Expression"]) == ("telex-start", __version__, "MIT")
    assert (said["License-File"], said["Requires-Python"]) == ("LICENSE", ">=3.11")
    text = bytes(said.get_payload(decode=True)).decode()
    assert text.startswith("# Telex Start\n") and len(text) > 8000
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")] == []
    assert "![" not in text
