"""The main thread: the dispatch loop, and what it asks of session and desktop."""
