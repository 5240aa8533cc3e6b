"""What is left out of the program for Windows is not missed, and what stays goes where it is looked for."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

from tests.process import ROOT

WITHOUT = """
import importlib, pkgutil, sys
import contents

def is_left_out(name):
    excluded = any(name == one or name.startswith(f"{one}.") for one in contents.EXCLUDED)
    return excluded or bool(list(contents.pictures([name])))

class Without:
    def find_spec(self, name, path=None, target=None):
        if is_left_out(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Without())
for name in [name for name in sys.modules if is_left_out(name)]:
    del sys.modules[name]
import telex_start
elsewhere = ("telex_start.sandbox", "telex_start.setup.macos")
for module in pkgutil.walk_packages(telex_start.__path__, "telex_start.", onerror=lambda name: None):
    if not module.name.startswith(elsewhere) and not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if is_left_out(error.name):
                print(module.name, error)
import websocket, tktooltip, tomlkit, truststore, multiprocessing.connection, plyer.platforms, webbrowser
import keyring.backends.Windows, keyring.backends.fail
from telex_start.desktop import icons
from telex_start.states import State
assert len(icons.ico(State.ONLINE)) > 1000
print(*(name for name in sys.modules if is_left_out(name) and sys.modules[name] is not None))
"""


def run(code: str) -> str:
    """Run it with the module `contents`; what it prints."""
    path = os.pathsep.join([str(ROOT / "packaging" / "windows"), str(ROOT)])
    command = [sys.executable, "-c", code]
    return subprocess.check_output(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, text=True)


def test_every_module_of_the_program_does_without_what_is_left_out() -> None:
    """Without one that a library needs the program had an icon, and no session."""
    assert run(WITHOUT).strip() == ""


PLACES = {
    r"_tcl_data\init.tcl": "tcl/tcl8.6/init.tcl",
    r"_tk_data\ttk\button.tcl": "tcl/tk8.6/ttk/button.tcl",
    r"tcl8\8.5\msgcat-1.6.1.tm": "tcl/tcl8/8.5/msgcat-1.6.1.tm",
    "_tcl_data/tcl8/msgcat-1.6.1.tm": "tcl/tcl8.6/tcl8/msgcat-1.6.1.tm",
    "_tcl_data/encoding/cp932.enc": "tcl/tcl8.6/encoding/cp932.enc",
    "_tcl_data/encoding/big5.enc": None,
    "_tcl_data/tzdata/Europe/Berlin": None,
    "_tcl_data/tcl8/tcltest-2.5.5.tm": None,
    "_tk_data/demos/widget": None,
    "tkinter_tooltip-3.1.2.dist-info/METADATA": "tkinter_tooltip-3.1.2.dist-info/METADATA",
    "tkinter_tooltip-3.1.2.dist-info/RECORD": None,
    "PIL/_imaging.cp312-win_amd64.pyd": "PIL/_imaging.cp312-win_amd64.pyd",
}


def test_where_a_file_goes() -> None:
    said = run(f"import contents; print({{found: contents.place(found, '8.6') for found in {list(PLACES)!r}}})")
    assert ast.literal_eval(said) == PLACES
