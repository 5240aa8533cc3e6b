"""Tests of other keyrings than GNOME Keyring: ``make test-keyrings``, as they are slow and need a quiet machine."""
