"""The agent on Windows, as far as Wine is that: CPython for Windows and its packages, under Debian's Wine 8.

``python -m tests.rigs.windows`` makes the machine where it is missing, and runs the scenarios: the files ``wine_*``,
which ``make test`` does not take for tests. What Wine itself lacks is mended in ``lacking.py``, and named there.
"""
