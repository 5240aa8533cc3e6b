"""The Debian package on a Debian of each release: installed, used, upgraded, removed and purged.

`make test-packages-deb`; wants root and debootstrap. ``machine.py`` is that Debian, ``proof.py`` what is done on it.
"""
