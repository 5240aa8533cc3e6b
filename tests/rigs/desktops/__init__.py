"""Tests the agent on real desktops, each in a Debian of its own in a folder: ``make test-desktops NAMES=gnome43``.

Not part of ``make test``: a desktop takes some 2 GB and two minutes to install, and needs root (``chroot``, ``mount``).
``known.py`` has the table of desktops; ``__main__.py`` makes their Debians and runs ``inside.py`` in each of them. That
starts the desktop (``session.py``) and runs the checks (``checks/``) on what all of them share (``stage.py``).
"""
