"""A Telex on this machine, to try the program and to test it: the API, a push server and a demo story.

It needs the extra ``telex-start[sandbox]`` (aiohttp, PyJWT, trustme). It imports nothing from the rest of
``telex_start``, not even to read JSON: a server that shared code with its client would share the client's faults. What
it does is taken from the Telex contract and from Centrifugo's client protocol.

- ``command``, ``options``, ``service``: the command line, and the parts put together, started and stopped.
- ``backend/``: what Telex's own servers do. A login is answered in ``sign_in_calls``; ``activity`` is what people do,
  and what is published for it.
- ``push/``: the sandbox's own push server. ``client_connection`` answers a client's commands, ``hub`` sends what is
  published to the subscribed clients.
- ``centrifugo/``: a real Centrifugo in the place of ``push/``.
- ``control/``: the orders by which tests make things happen.
- ``story``: what happens in the demo.

``docs/sandbox.md`` has the orders and the calls.
"""
