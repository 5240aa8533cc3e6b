"""Tries hostile input in every place where bytes from the network come in (``make fuzz``).

A *target* is one such place (``push``, ``answers``, ``connections``, ``publications``). A *case* is one input: any JSON
value that the target understands, so that each case is a readable file. The cases in ``corpus/``, written by hand or
found by an earlier run, are tried first, then changed copies of them.

What must hold for every case: no exception but those that the code under test declares, an end in bounded time, a
bounded outcome, and no secret in any text.
"""
