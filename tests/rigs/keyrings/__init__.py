"""What people have in GNOME Keyring's place: ``make test-keyrings``, as they are slow and want a quiet machine."""
