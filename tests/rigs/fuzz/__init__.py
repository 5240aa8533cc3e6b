"""Hostile input for every place where bytes from the network come in (``make fuzz``).

A *target* is one such place (``push``, ``answers``, ``connections``, ``publications``). A *case* is what it is given:
any JSON value that the target understands, so that each is a readable file. The cases in ``corpus/`` are tried first:
written by hand, or found by an earlier run. After them come changed copies of these.

What must hold for every case: no exception but those that the code under test declares, an end in bounded time, a
bounded outcome, and no secret in any text.
"""
