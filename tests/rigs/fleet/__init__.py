"""Ten thousand agents in one process and in virtual time: how many connections and calls a second they make together.

``python -m tests.rigs.fleet [AGENTS]`` (``make fleet``). Each agent is a real
:class:`~telex_start.session.session.Session` with all that is below it: upkeep, pacing, protocol, tokens. Three things
are replaced: the clock, the two ends of the network (:class:`Https`, :class:`WebSocket`), and the thread, which is a
greenlet, so that each wait gives way to whoever is next. ``world.py`` is time, ``telex.py`` the server, ``agents.py``
the sessions and what is between, ``__main__.py`` what happens."""
