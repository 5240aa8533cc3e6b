"""D-Bus: one thread for every connection to a bus, and the messages on it. Linux alone."""
