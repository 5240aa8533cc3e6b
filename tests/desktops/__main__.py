"""``python -m tests.desktops DESKTOP --starts 30 --restarts 5 --walk --toasts --window --pictures FOLDER``.

Each option may be left out. Runs the agent on a real desktop, signed in to a sandbox, and looks at the screen. Ends
with 1 where an icon was missing or a window does not stand where it should, or a step of the walk or a toast has not
shown what it should.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.process import ROOT
from tests.roots import NoRoot
from tests.servers import Sandbox

from .known import DESKTOPS
from .root import CHECKOUT, SHARE, Root


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.desktops", description="The agent on a real desktop.")
    parser.add_argument("desktop", choices=DESKTOPS, help="which desktop")
    parser.add_argument("--starts", type=int, default=0, help="start the agent so often, and look for its icon")
    parser.add_argument("--restarts", type=int, default=0, help="crash the desktop so often, and look for the icon")
    parser.add_argument("--walk", action="store_true", help="icon, menu, toast, Exit, and the hint when signed out")
    parser.add_argument("--toasts", action="store_true", help="a direct message, a channel's, a mention, a call")
    parser.add_argument("--window", action="store_true", help="open the login window, and see where it stands")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the screen")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the source to run (this one)")
    options = parser.parse_args()
    desktop = DESKTOPS[options.desktop]
    root = Root(desktop.root or options.desktop, desktop, options.checkout.resolve())
    with tempfile.TemporaryDirectory(prefix="desktop-") as folder, Sandbox("--rate", "0", "--no-story") as telex:
        share = Path(folder)
        try:
            root.make(share)
        except NoRoot as missing:
            print(f"tests.desktops: {missing}", file=sys.stderr)
            return 2
        # What runs inside is this checkout's; what is tried may be another's.
        shutil.copytree(Path(__file__).parent, share / "tests" / "desktops")
        for name in (
            "__init__.py",
            "fake_bus.py",
            "panel_item.py",
            "process.py",
            "roots.py",
            "servers.py",
            "x_windows.py",
        ):
            shutil.copy(ROOT / "tests" / name, share / "tests")
        shutil.copy(telex.ca_file, share / "ca.pem")
        environ = telex.environ | {
            "TELEX_START_CA_FILE": f"{SHARE}/ca.pem",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{SHARE}:{CHECKOUT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = root.python("-m", "tests.desktops.inside", options.desktop)
        command += [f"--{name}={getattr(options, name)}" for name in ("starts", "restarts")]
        command += [f"--{name}" for name in ("walk", "toasts", "window") if getattr(options, name)]
        code = subprocess.run(root.enter(share, command, environ), stdin=subprocess.DEVNULL).returncode
        if options.pictures is not None:
            options.pictures.mkdir(parents=True, exist_ok=True)
            for picture in (share / "pictures").glob("*"):
                shutil.copy(picture, options.pictures)
        return code


if __name__ == "__main__":
    sys.exit(main())
