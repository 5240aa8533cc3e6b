"""A session that lives for a long time on tokens of four seconds, while everything goes wrong around it.

``python -m tests.rigs.soak [MINUTES]`` (``make soak``): three organisations, a steady stream of numbered messages, and
every few seconds another fault. ``subject.py`` is the session and what comes of each message, up to the toast;
``tests/rigs/faults.py`` is what happens to it; ``__main__.py`` sends, counts and measures."""
