"""``make test`` on a Debian of its own: ``python -m tests.rigs.debian trixie`` (``make test-debian RELEASE=trixie``).

Each run makes the Debian anew by debootstrap, copies this checkout into it, and runs ``make test`` there as a user who
may ask sudo for what is missing. Nothing of it is left: its mounts and processes are in namespaces that end with it.
"""
