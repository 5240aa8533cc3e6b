"""Makes ``dist/telex-start-VERSION-windows-x64.zip``: ``python packaging/windows/build.py``, with a Python for Windows.

It has what ``packaging/requirements/runtime.txt`` and ``windows.txt`` say. The same commit, Python and packages
give the same bytes.

Environment:
    SOURCE_DATE_EPOCH: The time of all that is made, in seconds since 1970; without it, that of the last commit.
    TELEX_START_RUNTIME_HOOK: See ``telex-start.spec``. The second folder is in ``build/windows/made``, and in no zip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from this_release import DIST, ROOT, commit_time, version

_SPEC = ROOT / "packaging" / "windows" / "telex-start.spec"
_NAME = "telex-start"
_EARLIEST = 315532800
"""1980, as early as a zip can have it."""
_MS_DOS = 0


def main() -> None:
    """Build it all; ends the program where PyInstaller fails."""
    epoch = int(commit_time())
    made, work = ROOT / "build" / "windows" / "made", ROOT / "build" / "windows" / "work"
    shutil.rmtree(made.parent, ignore_errors=True)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(made), "--workpath", str(work), str(_SPEC)]
    # Sets are written in the order that they have in memory.
    environ = {**os.environ, "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(epoch), "PYTHONDONTWRITEBYTECODE": "1"}
    if subprocess.run(command, env=environ, cwd=ROOT, check=False).returncode:
        raise SystemExit("build: PyInstaller failed; what it said is above")
    target = DIST / f"{_NAME}-{version()}-windows-x64.zip"
    target.parent.mkdir(exist_ok=True)
    pack(made / _NAME, target, epoch)
    size = sum(file.stat().st_size for file in (made / _NAME).rglob("*") if file.is_file())
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, unpacked {size / 1e6:.1f} MB")


def pack(folder: Path, target: Path, epoch: int) -> None:
    """Zip a folder, with itself as the only entry at the top.

    Args:
        folder: What to zip.
        target: The zip's path.
        epoch: The time of each file in it, in seconds since 1970.
    """
    files = sorted((file.relative_to(folder.parent).as_posix(), file) for file in folder.rglob("*") if file.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in files:
            entry = zipfile.ZipInfo(name, time.gmtime(max(epoch, _EARLIEST))[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, _MS_DOS
            archive.writestr(entry, file.read_bytes(), compresslevel=9)


if __name__ == "__main__":
    main()
