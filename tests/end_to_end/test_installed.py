"""What pip alone gives, with the locked libraries: an icon with a working menu, without a package of the system's."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from telex_start import __version__
from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus
from tests.process import ROOT, running

pytestmark = pytest.mark.desktop

LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"
SHIPPED = (
    *("share/man/man1/telex-start.1", "share/bash-completion/completions/telex-start"),
    *("share/zsh/site-functions/_telex-start", "share/fish/vendor_completions.d/telex-start.fish"),
)


@pytest.mark.timeout(180)
def test_an_empty_environment_and_pip_give_an_icon_with_a_menu(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False, system_site_packages=False)
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    # Built by this Python, with what it has: pip would fetch the newest for it.
    wheel = ["wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)]
    subprocess.run([*pip, *wheel], check=True)
    install = [*pip, "--python", str(folder), "install"]
    subprocess.run([*install, "--only-binary=:all:", "--require-hashes", "-r", str(LOCK)], check=True)
    subprocess.run([*install, "--no-index", "--no-deps", *map(str, tmp_path.glob("*.whl"))], check=True)
    python, program = folder / "bin" / "python", folder / "bin" / "telex-start"
    packaged = "from importlib.metadata import version; print(version('telex-start'))"
    assert subprocess.check_output([program, "--version"], text=True) == f"telex-start {__version__}\n"
    assert subprocess.check_output([python, "-c", packaged], text=True) == f"{__version__}\n"
    assert [shipped for shipped in SHIPPED if not (folder / shipped).is_file()] == []
    printed = subprocess.check_output([program, "completions", "zsh"], cwd=tmp_path)
    assert printed == (folder / "share/zsh/site-functions/_telex-start").read_bytes()
    seen = subprocess.run([python, "-c", "import gi"], stderr=subprocess.DEVNULL)
    assert seen.returncode != 0, "PyGObject is in this environment, which proves nothing then"
    with PrivateBus() as bus, FakePanel(bus) as panel, FakeNotificationDaemon(bus) as daemon:
        environ = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), **bus.environ}
        with running([str(program)], env=environ) as agent:
            item = panel.wait_for_item()
            panel.wait_until(lambda: "Exit" in item.labels(), "the menu")
            item.click("Test Notifications")
            daemon.wait_until(lambda: any("General" in toast.summary for toast in daemon.shown), "the sample toast")
            item.click("Exit")
            assert agent.wait(30) == 0
        the_doctor_tells_how_to_install_the_desktop_entry(folder, tmp_path, bus)


def the_doctor_tells_how_to_install_the_desktop_entry(environment: Path, home: Path, bus: PrivateBus) -> None:
    """Plasma 5.27 kept nothing of ours in its list of notifications."""
    (home / ".local" / "share").mkdir(parents=True, exist_ok=True)
    nobody = {"TELEX_START_API_URL": "https://127.0.0.1:9/api/v1", "TELEX_START_PUSH_URL": "wss://127.0.0.1:9/push"}
    path = f"{environment}/bin:{os.environ['PATH']}"
    environ = {"HOME": str(home), "PATH": path, **bus.environ, **nobody}

    def doctor() -> str:
        done = subprocess.run(["telex-start", "doctor"], env=environ, cwd=home, stdout=subprocess.PIPE, text=True)
        return next(line for line in done.stdout.splitlines() if "desktop entry" in line)

    _, none, remedy = doctor().partition("no menu has the program: ")
    assert none
    subprocess.run(["sh", "-c", remedy], env=environ, check=True)
    assert doctor().split() == ["ok", "desktop", "entry", "telex-start.desktop"]
    assert (home / ".local/share/icons/hicolor/48x48/apps/telex-start.png").exists()
