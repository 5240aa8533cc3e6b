"""D-Bus: one thread that serves all connections to buses, and the messages on them. Linux only."""
