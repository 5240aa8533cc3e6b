"""The control API: orders that make things happen in the sandbox."""
