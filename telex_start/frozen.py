"""Where the program begins that PyInstaller makes: it is also the interpreter of its own modules."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line, or a module of this program (``-m MODULE …``, see :mod:`.process.itself`).

    Returns:
        The exit code.
    """
    _leave_nothing_to_others()
    if sys.argv[1:2] == ["-m"] and len(sys.argv) > 2 and sys.argv[2].partition(".")[0] == __package__:
        import runpy

        del sys.argv[1]
        runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
        return 0
    from .__main__ import main as command_line

    return command_line()


def _leave_nothing_to_others() -> None:
    """Undo what each program that is started from here would inherit: the Telex client, a viewer of the log.

    PyInstaller 6 has Windows look for libraries in this program's folder (``SetDllDirectory``), and has variables for
    its own processes, of which a folder with the programs beside it has no need.
    """
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]
    if sys.platform == "win32":
        import ctypes

        os.add_dll_directory(sys._MEIPASS)  # type: ignore[attr-defined]
        ctypes.windll.kernel32.SetDllDirectoryW(None)
