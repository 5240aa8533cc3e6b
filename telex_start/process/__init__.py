"""The process itself: one instance, signals, the log, and where files live."""
