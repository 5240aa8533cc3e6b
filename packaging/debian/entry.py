#!/usr/bin/python3 -IS
"""The entry of the Debian package: /usr/lib/telex-start/__main__.py, to which /usr/bin/telex-start is a link.

``-m MODULE`` before all else runs a module of the program, as it does itself for a window (process/itself.py).
"""

import os
import sys

# Without the module site (-S), which reads each .pth file of the system's before the icon. Of the system's packages,
# which come after those that this version is made with, only PyGObject, keyring and the sandbox's are wanted.
sys.path += [os.path.dirname(os.path.realpath(__file__)), "/usr/lib/python3/dist-packages"]

if sys.argv[1:2] == ["-m"] and sys.argv[2].startswith("telex_start"):
    import runpy

    del sys.argv[1]
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
else:
    from telex_start.__main__ import main

    sys.exit(main())
