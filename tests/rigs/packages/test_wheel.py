"""Wheel and sdist: the same bytes twice, with all that is needed and nothing else."""

from __future__ import annotations

import base64
import csv
import email
import hashlib
import os
import re
import shutil
import tarfile
import time
import zipfile
from pathlib import Path

from telex_start import __version__
from tests.process import ROOT
from tests.rigs.packages.conftest import Built, build, clone, tracked


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
    data = f"telex_start-{__version__}.data/data/share/"
    about = f"telex_start-{__version__}.dist-info/"
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
        record = {row[0]: row[1:] for row in csv.reader(wheel.read(about + "RECORD").decode().splitlines())}
        for name in names:
            digest = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).rstrip(b"=").decode()
            size = len(wheel.read(name))
            assert record[name] == (["", ""] if name.endswith("/RECORD") else [f"sha256={digest}", str(size)])
        modes = {info.external_attr >> 16 & 0o7777 for info in wheel.infolist()}
        (moment,) = {info.date_time for info in wheel.infolist()}
    assert len(names) == len(set(names))
    assert set(record) == set(names)
    completions = {f"telex_start/setup/completions/telex-start.{shell}" for shell in ("bash", "zsh", "fish")}
    assert {name for name in names if not name.startswith((data, about))} == program | completions
    assert {name.removeprefix(data) for name in names if name.startswith(data)} == {
        "applications/telex-start.desktop",
        "icons/hicolor/scalable/apps/telex-start.svg",
        "man/man1/telex-start.1",
        "bash-completion/completions/telex-start",
        "zsh/site-functions/_telex-start",
        "fish/vendor_completions.d/telex-start.fish",
    }
    assert {name.removeprefix(about) for name in names if name.startswith(about)} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"),
    }
    assert modes == {0o644}
    # A zip has steps of two seconds.
    with tarfile.open(built.sdist) as archive:
        when = time.gmtime(archive.next().mtime)[:6]  # type: ignore[union-attr]
    assert moment == (*when[:5], when[5] // 2 * 2)


def test_an_index_can_show_what_the_wheel_says_of_itself(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        said = email.message_from_bytes(wheel.read(f"telex_start-{__version__}.dist-info/METADATA"))
    assert (said["Name"], said["Version"], said["License-Expression"]) == ("telex-start", __version__, "MIT")
    assert said["License-File"] == "LICENSE"
    assert said["Requires-Python"] == ">=3.11"
    shown = said.get_payload(decode=True)
    assert isinstance(shown, bytes)
    text = shown.decode()
    assert text.startswith("# Telex Start\n")
    assert len(text) > 8000
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")] == []
    assert "![" not in text
