"""Tries the program among random clicks, faults and recoveries (``make chaos``).

Two real agents, one headless and one with an icon on a private desktop, are signed in to one sandbox. A *round* is a
handful of random steps. Then all faults are taken back, a person does what a person would do, and all must be right:
both agents online with all organisations, each message told once, and nothing left over. The agents run with short
timings (in :mod:`.subject`), so that a round is long enough for polls that are refused for minutes.

A round's steps follow from the seed and its number alone, so that one round can be seen again by itself.
"""
