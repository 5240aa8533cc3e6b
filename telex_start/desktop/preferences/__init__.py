"""The preferences window (Tk), in a process of its own, and what it changes."""
