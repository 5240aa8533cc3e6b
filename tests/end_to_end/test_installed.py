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
from tests.process import ROOT

pytestmark = pytest.mark.desktop

LOCK = ROOT / "packaging" / "requirements" / "runtime.txt"


@pytest.mark.timeout(180)
def test_an_empty_environment_and_pip_give_an_icon_with_a_menu(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True, system_site_packages=False)
    pip = ["-m", "pip", "-q", "--disable-pip-version-check"]
    # Built by this Python, with what it has: pip would fetch the newest for it.
    wheel = [sys.executable, *pip, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*wheel, str(ROOT)], check=True)
    install = [str(folder / "bin" / "python"), *pip, "install"]
    subprocess.run([*install, "--only-binary=:all:", "--require-hashes", "-r", str(LOCK)], check=True)
    subprocess.run([*install, "--no-index", "--no-deps", *map(str, tmp_path.glob("*.whl"))], check=True)
    said = subprocess.run(
        [folder / "bin" / "telex-start", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    packaged = "from importlib.metadata import version; print(version('telex-start'))"
    listed = subprocess.run([folder / "bin" / "python", "-c", packaged], capture_output=True, text=True, check=True)
    assert (said.stdout, listed.stdout) == (f"telex-start {__version__}\n", f"{__version__}\n")
    for shipped in (
        *("share/man/man1/telex-start.1", "share/bash-completion/completions/telex-start"),
        *("share/zsh/site-functions/_telex-start", "share/fish/vendor_completions.d/telex-start.fish"),
    ):
        assert (folder / shipped).is_file()
    printed = subprocess.check_output([folder / "bin" / "telex-start", "completions", "zsh"], cwd=tmp_path)
    assert printed == (folder / "share/zsh/site-functions/_telex-start").read_bytes()
    with PrivateBus() as bus:
        the_desktop_entry_is_shipped_and_the_doctor_tells_how_to_install_it(folder, tmp_path, bus)
    seen = subprocess.run([folder / "bin" / "python", "-c", "import gi"], stderr=subprocess.DEVNULL)
    assert seen.returncode != 0, "PyGObject is in this environment, which proves nothing then"
    with PrivateBus() as bus, FakePanel(bus) as panel, FakeNotificationDaemon(bus) as daemon:
        runtime = tmp_path / "run"
        runtime.mkdir(mode=0o700)
        environ = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), **bus.environ}
        with subprocess.Popen([folder / "bin" / "telex-start"], env=environ, cwd=tmp_path) as agent:
            try:
                item = panel.wait_for_item()
                panel.wait_until(lambda: "Exit" in item.labels(), "the menu")
                item.click("Test Notifications")
                daemon.wait_until(lambda: any("General" in toast.summary for toast in daemon.shown), "the sample toast")
                item.click("Exit")
                assert agent.wait(30) == 0
            finally:
                agent.kill()


def the_desktop_entry_is_shipped_and_the_doctor_tells_how_to_install_it(
    environment: Path, home: Path, bus: PrivateBus
) -> None:
    """Plasma 5.27 kept nothing of ours in its list of notifications."""
    (home / ".local" / "share").mkdir(parents=True)
    nobody = {"TELEX_START_API_URL": "https://127.0.0.1:9/api/v1", "TELEX_START_PUSH_URL": "wss://127.0.0.1:9/push"}
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], **bus.environ, **nobody}

    def doctor() -> str:
        command = [str(environment / "bin" / "telex-start"), "doctor"]
        done = subprocess.run(command, env=environ, cwd=home, stdout=subprocess.PIPE, text=True)
        return next(line for line in done.stdout.splitlines() if "desktop entry" in line)

    _, none, remedy = doctor().partition("no menu has the program: ")
    assert none
    subprocess.run(["sh", "-c", remedy], env=environ | {"PATH": f"{environment}/bin:{environ['PATH']}"}, check=True)
    assert doctor().split() == ["ok", "desktop", "entry", "telex-start.desktop"]
    assert (home / ".local/share/icons/hicolor/48x48/apps/telex-start.png").exists()
