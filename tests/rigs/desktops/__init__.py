"""Real desktops, each in a Debian of its own below a cache folder: ``make test-desktops NAMES=gnome43``.

Not part of ``make test``: a desktop is some 2 GB, takes two minutes to install, and wants root (``chroot``, ``mount``).
``known.py`` has their table, ``__main__.py`` makes their Debians. In there runs ``inside.py``, with ``session.py``,
which has the desktop, and the list of checks (``checks/``) on what they share (``stage.py``).
"""
