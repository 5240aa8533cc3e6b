"""Tests the agent on Windows, as far as Wine can stand in for it: CPython for Windows under Debian's Wine 8.

``python -m tests.rigs.windows`` makes the machine if it is missing, and runs the scenarios: the files ``wine_*``, which
``make test`` does not collect. ``lacking.py`` adds what Wine itself lacks, and names it.
"""
