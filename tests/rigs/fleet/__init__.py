"""Simulates ten thousand agents in one process, in virtual time: how many connections and calls a second do they make?

``python -m tests.rigs.fleet [AGENTS]`` (``make fleet``). Each agent is a real
:class:`~telex_start.session.session.Session` with all that is below it: upkeep, pacing, protocol, tokens. Three things
are replaced: the clock, the two ends of the network (:class:`Https`, :class:`WebSocket`), and the thread: a greenlet
takes its place, so that each wait lets others run. ``world.py`` has the time, ``telex.py`` the servers, ``agents.py``
the sessions and their network, ``__main__.py`` the scenarios."""
