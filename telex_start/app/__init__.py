"""Runs the main thread: the dispatch loop, a controller for each matter, and the interfaces to session and desktop."""
