"""Real desktops, each in a Debian of its own below a cache folder: ``python -m tests.desktops gnome43 --starts 30``.

Not part of ``make test``: a desktop is some 2 GB, takes two minutes to install, and wants root (``chroot``, ``mount``).
``known.py`` says what each desktop is made of, ``root.py`` makes its Debian, and ``inside.py`` is what runs in there: by
``session.py``, which has the desktop, and ``walk.py``.
"""
