"""What reaches a server at all: TLS and its sockets, HTTPS requests that end, and the pace of trying."""
