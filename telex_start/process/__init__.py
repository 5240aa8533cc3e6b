"""The process itself: one instance, signals, streams, the log, where files live, and what is remembered."""
