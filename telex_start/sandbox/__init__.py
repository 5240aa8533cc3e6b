"""A Telex on this machine, to try the program and to test it: the API, a push server and a demo story.

It needs the extra ``telex-start[sandbox]`` (aiohttp, PyJWT, trustme). It imports nothing from the rest of
``telex_start``, not even to read JSON: a server that shared code with its client would share the client's faults. Its
behaviour follows the Telex contract and Centrifugo's client protocol.

- ``command``, ``service``: the command line; the parts are built, started and stopped.
- ``telex``: all that this Telex knows (``accounts``, ``conversations``), and what people do there; ``publications``
  builds what is then published.
- ``api``, ``api_calls``: the HTTP API; ``deployment``: settings in which one Telex differs from another, and faults.
- ``push_server``: the sandbox's own push server. ``push_connection`` answers a client's commands, ``push_hub`` sends
  what is published to the subscribed clients. ``centrifugo`` runs a real Centrifugo in its place.
- ``signing``: certificates, tokens and the server's clock. ``traffic_log``: counts and logs that tests read.
- ``control_api``: serves the orders by which tests make things happen: ``orders_people`` and ``orders_service``.
- ``story``: plays the demo by those orders.

``docs/sandbox.md`` has the orders and the calls.
"""
