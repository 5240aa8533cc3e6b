"""Builds the Debian package for each release, in a Debian of that release: ``python3 packaging/build_deb.py RELEASE``.

The result is ``dist/telex-start_VERSION+debN_amd64.deb``: the same bytes from the same commit. That Debian is made
once, below the cache folder of the tests (``TELEX_START_ROOTS``), and stays as it is. The libraries are those locked
(``packaging/requirements/runtime.txt``), fetched and checked before; the build itself has no network. Needs root and
debootstrap. ``DEBFULLNAME`` and ``DEBEMAIL`` name who publishes the package.
"""

from __future__ import annotations

import argparse
import email.utils
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from this_release import DIST, ROOT, commit_time, version
from wheel import source

from tests import roots
from tests.roots import Bind, NoRoot

SUITES = {"bookworm": "12", "trixie": "13"}
"""The releases of Debian, and what the version of a package says of each."""
_PARTS = ("telex_start", "assets", "CHANGELOG.md", "LICENSE")
"""What is packaged."""
_HERE = ROOT / "packaging" / "debian"
_LOCKED = {name: ROOT / "packaging" / "requirements" / f"{name}.txt" for name in ("runtime", "debian")}
_ENVIRON = roots.ENVIRON | {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "DEB_BUILD_OPTIONS": "noautodbgsym",
}
# Pillow's source is fetched, as the build compiles it (debian/rules says why); all else comes as wheels for this
# Python. The tools by which that source tells its version are fetched first.
_FETCH = """
set -e
get="python3 -m pip --quiet download --require-hashes --no-deps --find-links /known"
$get --only-binary :all: --dest /fetched/tools --requirement /locked/debian.txt
python3 -m pip --quiet install --no-index --no-deps --target /tmp/tools /fetched/tools/*.whl
export PYTHONPATH=/tmp/tools
$get --no-build-isolation --only-binary :all: --no-binary pillow --dest /fetched --requirement /locked/runtime.txt
"""


def main(argv: list[str]) -> int:
    """Build for each release that is named, or for all."""
    parser = argparse.ArgumentParser(prog="make deb", description="The Debian package, for each release of Debian.")
    parser.add_argument("suites", nargs="*", metavar="RELEASE", help=f"{', '.join(SUITES)}; left out: all")
    parser.add_argument("--output", type=Path, default=DIST, help="folder for the packages (dist)")
    options = parser.parse_args(argv)
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"no release {', '.join(unknown)}; there are {', '.join(SUITES)}")
    try:
        roots.needs()
        for suite in options.suites or SUITES:
            began = time.monotonic()
            package, said = build(suite, options.output)
            print(said, end="")
            size, took = package.stat().st_size / 1e6, time.monotonic() - began
            print(f"{os.path.relpath(package)}  {size:.2f} MB, in {took:.0f} s", flush=True)
    except NoRoot as wrong:
        print(f"make deb: {wrong}", file=sys.stderr)
        return 1
    return 0


def build(suite: str, output: Path) -> tuple[Path, str]:
    """Build the package for a release of Debian.

    Args:
        suite: That release's name.
        output: The folder for the package.

    Returns:
        The package, and what lintian says of it.

    Raises:
        NoRoot: it cannot be built, or lintian finds an error; says what went wrong.
    """
    root = roots.kept(f"build-{suite}", suite, ["build-essential", "lintian", *_build_depends()])
    full = f"{version()}+deb{SUITES[suite]}"
    fetched = _fetched(root, suite)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="deb-") as folder:
        build_folder = Path(folder, "build")
        _lay_out(build_folder / "telex-start", full, fetched, Path(folder, "checkout"))
        binds = [Bind(build_folder, "/build", writable=True)]

        def inside(*command: str, in_folder: str) -> str:
            words = ["/usr/bin/env", f"--chdir={in_folder}", *command]
            return roots.must(
                roots.enter(root, words, _ENVIRON, binds=binds, network=False, scratch=True, untouched=True)
            )

        inside("dpkg-buildpackage", "--build=binary", "--no-sign", in_folder="/build/telex-start")
        [package] = build_folder.glob("*.deb")
        said = inside("lintian", "--allow-root", "--fail-on=error", f"/build/{package.name}", in_folder="/build")
        return Path(shutil.copy(package, output / package.name)), said


def _build_depends() -> list[str]:
    found = re.search(r"^Build-Depends: (.+)$", (_HERE / "control").read_text(), re.MULTILINE)
    assert found is not None
    names = [name.split()[0] for name in found[1].split(",")]
    return ["debhelper" if name.startswith("debhelper-compat") else name for name in names]


def _fetched(root: Path, suite: str) -> Path:
    """The folder of the locked libraries for this Debian's Python; fetches them if it is not there yet."""
    known = roots.ROOTS.parent / "python-packages"
    locked = hashlib.sha256(b"".join(path.read_bytes() for path in _LOCKED.values())).hexdigest()[:16]
    target = known / f"{suite}-{locked}"
    if target.exists():
        return target
    print(f"{target}: the libraries of {_LOCKED['runtime'].name}", flush=True)
    half = target.with_name(target.name + ".part")
    shutil.rmtree(half, ignore_errors=True)
    (half / "tools").mkdir(parents=True)
    binds = [Bind(half, "/fetched", writable=True), Bind(_LOCKED["runtime"].parent, "/locked"), Bind(known, "/known")]
    trusted = {"PIP_CERT": roots.AUTHORITIES} if (root / roots.AUTHORITIES.lstrip("/")).exists() else {}
    words = ["/bin/sh", "-c", _FETCH]
    roots.must(roots.enter(root, words, _ENVIRON | trusted, binds=binds, scratch=True, untouched=True))
    for path in (*half.glob("*.*"), *half.glob("tools/*")):
        if path.is_file() and not (known / path.name).exists():
            os.link(path, known / path.name)  # for the other releases
    half.rename(target)
    return target


def _lay_out(folder: Path, full: str, fetched: Path, checkout: Path) -> None:
    """Fill the source package's folder with the files as the commit has them, and with what was fetched."""
    checkout.mkdir()
    checkout = source(checkout)
    for part in _PARTS:
        copy = shutil.copytree if (checkout / part).is_dir() else shutil.copy
        folder.mkdir(parents=True, exist_ok=True)
        copy(checkout / part, folder / part)
    shutil.copytree(checkout / "packaging" / "debian", folder / "debian")
    shutil.copytree(fetched, folder / "debian" / "fetched")
    (folder / "debian" / "source").mkdir(exist_ok=True)
    (folder / "debian" / "source" / "format").write_text("3.0 (native)\n")
    control = folder / "debian" / "control"
    given = f"{os.environ.get('DEBFULLNAME', '')} <{os.environ.get('DEBEMAIL', '')}>"
    if "DEBFULLNAME" in os.environ and "DEBEMAIL" in os.environ:
        control.write_text(re.sub(r"^Maintainer: .+$", f"Maintainer: {given}", control.read_text(), flags=re.M))
    maintainer = re.search(r"^Maintainer: (.+)$", control.read_text(), re.MULTILINE)
    assert maintainer is not None
    epoch = int(commit_time())
    (folder / "debian" / "changelog").write_text(
        f"telex-start ({full}) unstable; urgency=medium\n\n"
        f"  * What is new for users: /usr/share/doc/telex-start/CHANGELOG.md.gz\n\n"
        f" -- {maintainer[1]}  {email.utils.formatdate(epoch)}\n"
    )
    # dpkg-deb moves only younger files to the changelog's time; a checkout's may be older, so all are moved here.
    for path in folder.rglob("*"):
        os.utime(path, (epoch, epoch), follow_symlinks=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
