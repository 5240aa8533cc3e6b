"""A Telex on this machine: API, push server and demo story, for trying the program and for its tests.

It needs the extra `telex-start[sandbox]` (aiohttp, PyJWT, trustme) and imports nothing from the rest of `telex_start`:
what it does is taken from the Telex contract and from the Centrifugo client protocol, not from the client it tests.
"""
