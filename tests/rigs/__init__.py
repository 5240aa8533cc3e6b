"""The programs of ``make bench``, ``chaos``, ``fleet`` and the like: measurements and long tests."""
