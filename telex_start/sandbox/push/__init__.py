"""The sandbox's own push server, which answers as Centrifugo v6 does, and what is asked of any push server."""
