"""Reaches a server: opens connections (DNS, proxy, TLS), bounds their sockets, and sends HTTPS requests."""
