"""Where the program begins that PyInstaller makes: it is also the interpreter of its own modules."""

from __future__ import annotations

import sys

_OWN = "telex_start."


def main() -> int:
    """Run the command line, or one of this package's modules (``-m MODULE …``); gives the exit code."""
    if sys.argv[1:2] == ["-m"] and len(sys.argv) > 2 and sys.argv[2].startswith(_OWN):
        import runpy

        del sys.argv[1]
        runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
        return 0
    from .__main__ import main as command_line

    return command_line()
