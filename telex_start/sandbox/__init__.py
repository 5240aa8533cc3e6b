"""A Telex on this machine, to try the program and to test it: the API, a push server and a demo story.

It needs the extra ``telex-start[sandbox]`` (aiohttp, PyJWT, trustme). It imports nothing from the rest of
``telex_start``, not even to read JSON: a server that shared code with its client would share the client's faults. What
it does is taken from the Telex contract and from Centrifugo's client protocol.

- ``command``, ``service``: the command line, and the parts put together, started and stopped.
- ``telex``: all that this Telex knows, and what people do at it; ``publications`` is what is published for that.
- ``api``, ``api_calls``: the HTTP API; ``deployment``: what differs from one Telex to another, and what goes wrong.
- ``push_server``: the sandbox's own push server. ``push_connection`` answers a client's commands, ``push_hub`` sends
  what is published to the subscribed clients. ``centrifugo`` is a real Centrifugo in its place.
- ``control_api``: the orders by which tests make things happen, in ``orders_people`` and ``orders_service``.
- ``story``: what happens in the demo, by those orders.

``docs/sandbox.md`` has the orders and the calls.
"""
